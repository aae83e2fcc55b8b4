/**
 * From a frame source to the input tensor of a video network: chooses the frames, reads only those, and turns each
 * into numbers as it comes. Knows nothing of where frames come from nor of which network takes them.
 */
import * as tf from '@tensorflow/tfjs-core';
import {FormatError} from '../util/errors';
import type {FrameSource, VideoFrame} from './frame_source';
import {type ClipSampling, sampleClip} from './sampling';
import {type FrameTransform, transformedSize, writeFrame} from './transforms';

export interface ReadClipOptions extends Omit<ClipSampling, 'total'>, FrameTransform {
  /** Called after each frame that was read, with how many of how many different frames are there. */
  readonly onFrame?: (done: number, total: number) => void;
}

/** A clip that does not fit the video as it turned out to be: fewer frames could be read than were announced. */
class EndedEarly extends Error {}

async function fillClip(
  source: FrameSource,
  indices: readonly number[],
  options: ReadClipOptions,
): Promise<tf.Tensor5D> {
  const wanted = [...new Set(indices)].sort((a, b) => a - b);
  const {width, height} = transformedSize(source.info.width, source.info.height, options);
  const frameLength = width * height * 3;
  const values = new Float32Array(indices.length * frameLength);
  let done = 0;
  for await (const frame of source.frames(wanted)) {
    requireSize(frame, source);
    const slots = indices.flatMap((index, slot) => (index === frame.index ? [slot] : []));
    const [first, ...others] = slots;
    if (first === undefined) continue;
    writeFrame(frame, options, values, first * frameLength);
    for (const slot of others)
      values.copyWithin(slot * frameLength, first * frameLength, (first + 1) * frameLength);
    done++;
    options.onFrame?.(done, wanted.length);
  }
  if (done < wanted.length) throw new EndedEarly();
  return tf.tensor5d(values, [1, indices.length, height, width, 3], 'float32');
}

function requireSize({width, height, index}: VideoFrame, {info}: FrameSource): void {
  if (width === info.width && height === info.height) return;
  throw new FormatError(
    `readClip: frame ${index} is ${width} x ${height} but the video said ${info.width} x ${info.height}; ` +
      'a source must deliver frames of one size',
  );
}

/**
 * Reads one clip of a video.
 *
 * Only the frames of the clip are held in memory, one at a time as bytes. When a video turns out to hold fewer frames
 * than its container says, the clip is chosen anew from the frames that can be read.
 *
 * @param source where the frames come from; it is not closed.
 * @param options `frames` and how they are spread (see `sampleClip`), `size`, `crop`, `mean`, `std` (see `writeFrame`).
 * @returns the clip `[1, time, height, width, 3]`, float32; the caller disposes of it.
 * @throws InvalidArgumentError for a video shorter than the clip without `shortVideo`, or a crop that does not fit.
 * @throws FormatError for a video without a readable frame.
 *
 * ```ts
 * const clip = await readClip(source, {frames: 8, size: 256, crop: 224, mean: 127, std: 128});
 * ```
 */
export async function readClip(source: FrameSource, options: ReadClipOptions): Promise<tf.Tensor5D> {
  const total = await source.countFrames();
  if (total > 0) {
    try {
      return await fillClip(source, sampleClip({...options, total}), options);
    } catch (error) {
      if (!(error instanceof EndedEarly)) throw error;
    }
  }
  const readable = await source.countFrames(true);
  if (readable < 1) throw new FormatError('readClip: no frame of the video can be read; it may be damaged');
  try {
    return await fillClip(source, sampleClip({...options, total: readable}), options);
  } catch (error) {
    if (!(error instanceof EndedEarly)) throw error;
    throw new FormatError(`readClip: the video ends before frame ${readable}, or changes while it is read`);
  }
}
