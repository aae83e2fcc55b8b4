/**
 * From a video to the input tensors of a video network: one clip, of the whole video or of a span of it, or any number of clips.
 * Knows nothing of where frames come from nor of which network takes them.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions} from '../../util/names';
import {checkStream} from './check_stream';
import {assembleClips} from './clips';
import type {SeekableVideo} from './frames';
import {framesBetween} from './frames_at';
import {type ClipSampling, clipIndices, MODEL_INFO, SAMPLING_OPTIONS} from './sampling';
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

/**
 * Reads one clip of a video.
 *
 * Only the frames of the clip are held in memory. When a video turns out to hold fewer frames than its container says, the clip
 * is chosen anew from the frames that can be read.
 *
 * @param video where the frames come from; it is not closed.
 * @param options `frames` and how they are spread (see `sampleClip`), `size`, `crop`, `mean`, `std` (see `writeFrame`): the `info`
 *   of `loadModel` has them, and may be given as it is. With
 *   `start` and `end` the clip is chosen among the frames on the screen from the one time to the other, as if they were the
 *   whole video.
 * @returns the clip `[1, time, height, width, 3]`, float32; the caller disposes of it.
 * @throws InvalidArgumentError for a video shorter than the clip without `shortVideo`, a crop that does not fit, a span outside
 *   the video, or an unknown option.
 * @throws FormatError for a video without a readable frame.
 *
 * ```ts
 * const clip = await readClip(video, {frames: 8, size: 256, crop: 224, mean: 127, std: 128});
 * const later = await readClip(video, {frames: 8, interval: 2, start: 60, end: 70});
 * const {model, info} = await loadModel('efficientnet_lite0_sts');
 * const input = await readClip(video, info);
 * ```
 */
export async function readClip(video: SeekableVideo, options: ReadClipOptions): Promise<tf.Tensor5D> {
  checkStream('readClip', video);
  checkOptions('readClip', options, OPTIONS, MODEL_INFO);
  const {start, end, onFrame} = options;
  const isWhole = start === undefined && end === undefined;
  const reading = {
    caller: 'readClip',
    async choose(total: number, exact: boolean) {
      const [first, last] = isWhole
        ? [0, total - 1]
        : await framesBetween('readClip', video, start, end, exact);
      const what = isWhole
        ? 'the video'
        : `the video from ${start ?? 0} s to ${end === undefined ? 'its end' : `${end} s`}`;
      const indices = clipIndices('readClip', {...options, total: last - first + 1}, what);
      return [indices.map((index) => first + index)];
    },
    transforms: [frameTransform(options)],
    onFrame,
  };
  for await (const [view] of assembleClips(video, reading)) return view!();
  throw new Error('readClip: a reading without a clip');
}

export interface ReadClipsOptions extends FrameTransform {
  /** Called after each frame that was read, with how many of how many different frames are there. */
  readonly onFrame?: (done: number, total: number) => void;
}

/**
 * Reads clips of a video, whichever frames they are made of, in one pass: each frame is decoded once, however many clips it
 * belongs to, and waits in memory until the last of them is complete.
 *
 * @param video where the frames come from; it is not closed.
 * @param clips the frame numbers of each clip, or a function that gives them for the number of frames of the video. The function
 *   is asked once more if the video turns out to hold fewer frames than its container says, and clips that were not delivered
 *   by then are read anew.
 * @param options `size`, `crop`, `cropPosition`, `mean`, `std` (see `writeFrame`).
 * @returns the clips in their order, `[1, frames, height, width, 3]`, float32; whoever takes them disposes of them.
 * @throws InvalidArgumentError for an empty clip, a frame that the video does not have, a crop that does not fit, or an unknown
 *   option; FormatError for a video without a readable frame.
 *
 * ```ts
 * const clips = (total: number) => sampleClips({total, frames: 8, interval: 2, clips: 10});
 * for await (const clip of readClips(video, clips, {size: 256, crop: 224})) clip.dispose();
 * ```
 */
export async function* readClips(
  video: SeekableVideo,
  clips: readonly (readonly number[])[] | ((total: number) => readonly (readonly number[])[]),
  options: ReadClipsOptions = {},
): AsyncGenerator<tf.Tensor5D, void, void> {
  checkStream('readClips', video);
  checkOptions(
    'readClips',
    options,
    [...TRANSFORM_OPTIONS, 'onFrame'],
    ['frames', 'interval', ...MODEL_INFO],
  );
  const choose = (total: number) => {
    const chosen = typeof clips === 'function' ? clips(total) : clips;
    for (const indices of chosen) requireFrames(indices, total);
    return chosen;
  };
  const {onFrame} = options;
  const reading = {caller: 'readClips', choose, transforms: [frameTransform(options)], onFrame};
  for await (const [view] of assembleClips(video, reading)) yield view!();
}

function requireFrames(indices: readonly number[], total: number): void {
  const bad = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= total);
  if (indices.length > 0 && bad === undefined) return;
  const what = indices.length === 0 ? 'a clip has no frames' : `a clip has frame ${bad}`;
  throw new InvalidArgumentError(
    `readClips: ${what}; each clip is a list of whole numbers from 0 to ${total - 1}, the last frame of the video.`,
  );
}
