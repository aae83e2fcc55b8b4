/**
 * The one way from a frame source to the numbers of clips: the frames of all clips are read in one pass, each once, and put
 * where they belong as they come. Knows nothing of tensors; which frames make a clip is the caller's choice.
 */
import {FormatError} from '../util/errors';
import type {FrameSource, VideoFrame} from './frame_source';
import {type FrameTransform, transformedSize, writeFrame} from './transforms';

export interface ClipsReading {
  /** Begins the errors. */
  readonly caller: string;
  /**
   * The frame numbers of each clip, given how many frames there are. Asked once more, with `exact`, if the video turns out to
   * hold fewer frames than were announced.
   */
  choose(total: number, exact: boolean): Promise<readonly number[][]> | readonly number[][];
  /** What is made of each frame of a clip: one view for each transform, all of one size. */
  readonly transforms: readonly FrameTransform[];
  /** Called after each frame, with how many of how many different frames are there. */
  readonly onFrame?: ((done: number, total: number) => void) | undefined;
}

/** A clip in one or several views. */
export interface ClipViews {
  /** `[frames, height, width, 3]`, one for each transform. */
  readonly views: readonly Float32Array[];
  readonly frames: number;
  readonly height: number;
  readonly width: number;
}

/**
 * As much as clips that are read at once may take. Clips that follow each other are delivered one by one and take the room of
 * one; those that span the same part of a video all wait for its end, and go into several passes if there are too many.
 */
const MOST_BYTES = 256 * 1024 ** 2;

/** The video holds fewer frames than were announced. */
class EndedEarly extends Error {}

/**
 * Reads clips, in their order.
 *
 * @throws FormatError for a video without a readable frame, of changing frame size, or that changes while it is read; what
 *   `choose` throws
 */
export async function* readClips(
  source: FrameSource,
  reading: ClipsReading,
): AsyncGenerator<ClipViews, void, void> {
  let done = 0;
  let total = 0;
  for (const exact of [false, true]) {
    total = await source.countFrames(exact);
    if (total < 1) continue;
    const clips = (await reading.choose(total, exact)).slice(done);
    try {
      for (const pass of passes(clips, clipBytes(source, clips, reading.transforms))) {
        for await (const views of onePass(source, pass, reading)) {
          done++;
          yield views;
        }
      }
      return;
    } catch (error) {
      if (!(error instanceof EndedEarly)) throw error;
    }
  }
  if (total < 1)
    throw new FormatError(`${reading.caller}: no frame of the video can be read; it may be damaged`);
  throw new FormatError(
    `${reading.caller}: the video ends before frame ${total}, or changes while it is read`,
  );
}

function clipBytes(
  {info}: FrameSource,
  [clip]: readonly number[][],
  transforms: readonly FrameTransform[],
): number {
  const {width, height} = transformedSize(info.width, info.height, transforms[0]!);
  return (clip?.length ?? 0) * transforms.length * width * height * 3 * Float32Array.BYTES_PER_ELEMENT;
}

/** Cuts a list of clips where more of them would be under way at once than there is room for. */
export function passes(clips: readonly number[][], bytes: number): number[][][] {
  const atOnce = Math.max(1, Math.floor(MOST_BYTES / bytes));
  const result: number[][][] = [];
  for (const clip of clips) {
    const pass = result.at(-1);
    // A clip begins no earlier than those before it: those that have not ended by then are under way with it.
    const underWay = pass?.filter((other) => Math.max(...other) >= Math.min(...clip)).length ?? 0;
    if (pass === undefined || underWay >= atOnce) result.push([clip]);
    else pass.push(clip);
  }
  return result;
}

/** Where a frame belongs. */
interface Place {
  readonly clip: number;
  readonly slot: number;
}

async function* onePass(
  source: FrameSource,
  clips: readonly number[][],
  {caller, transforms, onFrame}: ClipsReading,
): AsyncGenerator<ClipViews, void, void> {
  const {width, height} = transformedSize(source.info.width, source.info.height, transforms[0]!);
  const length = width * height * 3;
  const places = placesOf(clips);
  const missing = clips.map((indices) => new Set(indices).size);
  const open = new Map<number, Float32Array[]>();
  const viewsOf = (clip: number): Float32Array[] => {
    const views = open.get(clip) ?? transforms.map(() => new Float32Array(clips[clip]!.length * length));
    open.set(clip, views);
    return views;
  };
  let done = 0;
  let next = 0;
  for await (const frame of source.frames([...places.keys()])) {
    const own = places.get(frame.index);
    if (own === undefined) continue;
    requireSize(frame, source, caller);
    transforms.forEach((transform, view) => {
      const [first, ...others] = own.map(({clip, slot}) =>
        viewsOf(clip)[view]!.subarray(slot * length, (slot + 1) * length),
      );
      writeFrame(frame, transform, first!);
      for (const other of others) other.set(first!);
    });
    for (const clip of new Set(own.map((place) => place.clip))) missing[clip]!--;
    onFrame?.(++done, places.size);
    for (; missing[next] === 0; next++) {
      yield {views: viewsOf(next), frames: clips[next]!.length, height, width};
      open.delete(next);
    }
  }
  if (next < clips.length) throw new EndedEarly();
}

/** The places of each frame, frames in rising order. */
function placesOf(clips: readonly number[][]): Map<number, Place[]> {
  const places = new Map<number, Place[]>();
  for (const index of clips.flat().sort((a, b) => a - b)) places.set(index, []);
  clips.forEach((indices, clip) => {
    indices.forEach((index, slot) => {
      places.get(index)!.push({clip, slot});
    });
  });
  return places;
}

function requireSize({width, height, index}: VideoFrame, {info}: FrameSource, caller: string): void {
  if (width === info.width && height === info.height) return;
  throw new FormatError(
    `${caller}: frame ${index} is ${width} x ${height} but the video said ${info.width} x ${info.height}; ` +
      'a source must deliver frames of one size',
  );
}
