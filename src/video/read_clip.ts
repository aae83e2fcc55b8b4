/**
 * From a frame source to the input tensor of a video network: one clip, of the whole video or of a span of it. Knows nothing
 * of where frames come from nor of which network takes them.
 */
import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../util/errors';
import {checkOptions} from '../util/names';
import type {FrameSource} from './frame_source';
import {readClips} from './read_clips';
import {type ClipSampling, clipIndices, SAMPLING_OPTIONS} from './sampling';
import {type FrameTransform, frameTransform, TRANSFORM_OPTIONS} from './transforms';

export interface ReadClipOptions extends Omit<ClipSampling, 'total'>, FrameTransform {
  /** Seconds from the start of the video at which the span begins that the clip is taken from. Default 0. */
  readonly start?: number;
  /** Seconds at which the span ends. Default: the end of the video. */
  readonly end?: number;
  /** Called after each frame that was read, with how many of how many different frames are there. */
  readonly onFrame?: (done: number, total: number) => void;
}

const OPTIONS = [...SAMPLING_OPTIONS, ...TRANSFORM_OPTIONS, 'start', 'end', 'onFrame'];

/** Containers round times to milliseconds. */
const ROUNDING = 0.0005;

/**
 * Reads one clip of a video.
 *
 * Only the frames of the clip are held in memory, one at a time as bytes. When a video turns out to hold fewer frames
 * than its container says, the clip is chosen anew from the frames that can be read.
 *
 * @param source where the frames come from; it is not closed.
 * @param options `frames` and how they are spread (see `sampleClip`), `size`, `crop`, `mean`, `std` (see `writeFrame`). With
 *   `start` and `end` the clip is chosen among the frames on the screen from the one time to the other, as if they were the
 *   whole video.
 * @returns the clip `[1, time, height, width, 3]`, float32; the caller disposes of it.
 * @throws InvalidArgumentError for a video shorter than the clip without `shortVideo`, a crop that does not fit, a span outside
 *   the video, or an unknown option.
 * @throws FormatError for a video without a readable frame.
 *
 * ```ts
 * const clip = await readClip(source, {frames: 8, size: 256, crop: 224, mean: 127, std: 128});
 * const later = await readClip(source, {frames: 8, interval: 2, start: 60, end: 70});
 * ```
 */
export async function readClip(source: FrameSource, options: ReadClipOptions): Promise<tf.Tensor5D> {
  checkOptions('readClip', options, OPTIONS);
  const {start, end, onFrame} = options;
  const isWhole = start === undefined && end === undefined;
  const reading = {
    caller: 'readClip',
    async choose(total: number, exact: boolean) {
      const [first, last] = isWhole ? [0, total - 1] : await framesBetween(source, start, end, exact);
      const what = isWhole ? 'the video' : `the video from ${start ?? 0} s to ${end ?? 'its end'}`;
      const indices = clipIndices('readClip', {...options, total: last - first + 1}, what);
      return [indices.map((index) => first + index)];
    },
    transforms: [frameTransform(options)],
    onFrame,
  };
  for await (const {views, frames, height, width} of readClips(source, reading)) {
    return tf.tensor5d(views[0]!, [1, frames, height, width, 3], 'float32');
  }
  throw new Error('readClip: a reading without a clip');
}

/** First and last of the frames that are on the screen at any time between start and end. */
async function framesBetween(
  source: FrameSource,
  start = 0,
  end: number | undefined,
  exact: boolean,
): Promise<[number, number]> {
  const times = await source.timestamps(exact);
  const frameLength = times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : 0;
  const duration = Math.max(source.info.duration ?? 0, times.at(-1)! + frameLength);
  const until = end ?? duration;
  const isInside = start >= 0 && start < until && until <= duration + ROUNDING;
  if (!isInside) {
    throw new InvalidArgumentError(
      `readClip: start is ${start} and end is ${until}; the video lasts ${Number(duration.toFixed(3))} s, and ` +
        '0 <= start < end <= its length is needed, in seconds.',
    );
  }
  // A frame stays until the next one comes.
  const first = times.filter((time) => time <= start + ROUNDING).length - 1;
  const last = times.filter((time) => time < until - ROUNDING).length - 1;
  return [Math.max(0, first), Math.max(0, first, last)];
}
