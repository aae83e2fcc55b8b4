/**
 * The one way from frames to clips as tensors. The frames of all clips of a video are read in one pass, each once, and wait until
 * their last clip is complete. Which frames make a clip is the caller's choice.
 */
import * as tf from '@tensorflow/tfjs-core';
import {FormatError} from '../../util/errors';
import type {Frame, SeekableVideo} from './frames';
import {type FrameTransform, type RgbImage, transformedSize, writeFrame} from './transforms';

/** The frame numbers of each clip. */
type Choice = readonly (readonly number[])[];

export interface ClipsReading {
  /** Begins the errors. */
  readonly caller: string;
  /**
   * The frame numbers of each clip, given how many frames there are. Asked once more, with `exact`, if the video turns out to
   * hold fewer frames than were announced.
   */
  choose(total: number, exact: boolean): Promise<Choice> | Choice;
  /** What is made of each frame of a clip: one view for each transform, all of one size. */
  readonly transforms: readonly FrameTransform[];
  /** Called after each frame, with how many of how many different frames are there. */
  readonly onFrame?: ((done: number, total: number) => void) | undefined;
}

/** A clip whose frames are there. Its tensors `[1, frames, height, width, 3]` are made as they are asked for. */
export type ClipView = () => tf.Tensor5D;

/** A frame that waits until its last clip is complete. */
interface Waiting {
  /** Writes what the transform of this number makes of it. */
  write(view: number, out: Float32Array): void;
  /** The last clip that it belongs to. */
  readonly lastClip: number;
}

/** The video holds fewer frames than were announced. */
class EndedEarly extends Error {}

/**
 * A clip of frames that are there.
 *
 * @param frames of one size, at least one
 * @returns `[1, frames, height, width, 3]`, float32; the caller disposes of it
 */
export function clipTensor(frames: readonly RgbImage[], transform: FrameTransform): tf.Tensor5D {
  const {width, height} = transformedSize(frames[0]!.width, frames[0]!.height, transform);
  return fill([frames.length, height, width], (place, out) => writeFrame(frames[place]!, transform, out));
}

function fill(
  [frames, height, width]: readonly [number, number, number],
  write: (place: number, out: Float32Array) => void,
): tf.Tensor5D {
  const length = height * width * 3;
  const values = new Float32Array(frames * length);
  for (let place = 0; place < frames; place++)
    write(place, values.subarray(place * length, (place + 1) * length));
  return tf.tensor5d(values, [1, frames, height, width, 3], 'float32');
}

/**
 * Reads clips, in their order.
 *
 * @returns for each clip one view for each transform
 * @throws FormatError for a video without a readable frame, of changing frame size, or that changes while it is read; what
 *   `choose` throws
 */
export async function* assembleClips(
  video: SeekableVideo,
  reading: ClipsReading,
): AsyncGenerator<readonly ClipView[], void, void> {
  let done = 0;
  let total = 0;
  for (const exact of [false, true]) {
    total = await video.countFrames(exact);
    if (total < 1) continue;
    const clips = (await reading.choose(total, exact)).slice(done);
    try {
      for await (const views of onePass(video, clips, reading)) {
        done++;
        yield views;
      }
      return;
    } catch (error) {
      if (!(error instanceof EndedEarly)) throw error;
    }
  }
  throw new FormatError(
    total < 1
      ? `${reading.caller}: no frame of the video can be read; it may be damaged`
      : `${reading.caller}: the video ends before frame ${total}, or changes while it is read`,
  );
}

async function* onePass(
  video: SeekableVideo,
  clips: Choice,
  {caller, transforms, onFrame}: ClipsReading,
): AsyncGenerator<readonly ClipView[], void, void> {
  const {width, height} = transformedSize(video.info.width, video.info.height, transforms[0]!);
  const lastClips = new Map<number, number>();
  for (const index of clips.flat().sort((a, b) => a - b)) lastClips.set(index, 0);
  clips.forEach((indices, clip) => {
    for (const index of indices) lastClips.set(index, clip);
  });
  const waiting = new Map<number, Waiting>();
  let done = 0;
  let next = 0;
  for await (const frame of video.frames([...lastClips.keys()])) {
    const lastClip = lastClips.get(frame.index);
    if (lastClip === undefined) continue;
    requireSize(frame, video, caller);
    waiting.set(frame.index, wait(frame, lastClip, transforms, height * width * 3));
    onFrame?.(++done, lastClips.size);
    for (; next < clips.length && clips[next]!.every((index) => waiting.has(index)); next++) {
      const frames = clips[next]!.map((index) => waiting.get(index)!);
      yield transforms.map(
        (_, view) => () => fill([frames.length, height, width], (at, out) => frames[at]!.write(view, out)),
      );
      for (const [index, {lastClip}] of waiting) if (lastClip <= next) waiting.delete(index);
    }
  }
  if (next < clips.length) throw new EndedEarly();
}

/** Keeps whichever is smaller of a frame, its bytes or what becomes of them: many frames may wait at once. */
function wait(
  frame: Frame,
  lastClip: number,
  transforms: readonly FrameTransform[],
  length: number,
): Waiting {
  if (frame.data.length <= transforms.length * length * Float32Array.BYTES_PER_ELEMENT)
    return {lastClip, write: (view, out) => writeFrame(frame, transforms[view]!, out)};
  const views = transforms.map((transform) => {
    const values = new Float32Array(length);
    writeFrame(frame, transform, values);
    return values;
  });
  return {lastClip, write: (view, out) => out.set(views[view]!)};
}

function requireSize({width, height, index}: Frame, {info}: SeekableVideo, caller: string): void {
  if (width === info.width && height === info.height) return;
  throw new FormatError(
    `${caller}: frame ${index} is ${width} x ${height} but the video said ${info.width} x ${info.height}; ` +
      'a source must deliver frames of one size',
  );
}
