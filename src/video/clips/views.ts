/**
 * The views of a video that the published accuracies of the networks were measured with: clips spread over its length,
 * crops spread over its width (or height), as mmaction's test pipelines cut them. No model is asked here.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions} from '../../util/names';
import {checkStream} from './check_stream';
import {assembleClips} from './clips';
import type {SeekableVideo} from './frames';
import {MODEL_INFO, type ShortVideoPolicy, sampleClips} from './sampling';
import {
  type CropPosition,
  type FrameTransform,
  frameTransform,
  TRANSFORM_OPTIONS,
  transformedSize,
} from './transforms';

export interface ViewOptions extends Omit<FrameTransform, 'cropPosition'> {
  /** Frames in a view. */
  readonly frames: number;
  /** Distance between neighbouring frames, or `'uniform'`: spread over the whole video. Default `'uniform'`. */
  readonly interval?: number | 'uniform';
  /** How many clips, spread over the video. Default 1. */
  readonly clips?: number;
  /**
   * 1: the middle. 3: left, right and middle, or top, bottom and middle of a video in portrait format, which together
   * are all of it if its sides are not further apart than 3 to 1. Default 1.
   */
  readonly crops?: 1 | 3;
  /** Default `'loop'`, as the authors test. */
  readonly shortVideo?: ShortVideoPolicy;
}

const OPTIONS = [
  ...['frames', 'interval', 'clips', 'crops', 'shortVideo'],
  ...TRANSFORM_OPTIONS.filter((name) => name !== 'cropPosition'),
];

/** How many views the authors test with, by data set; frames, interval, size and crop are the network's. */
export const TEST_VIEWS = {
  /** 10 clips of fixed interval x 3 crops. */
  kinetics400: {clips: 10, crops: 3},
  /** 1 clip over the whole video x 3 crops. */
  somethingSomethingV2: {interval: 'uniform', clips: 1, crops: 3},
  /** One clip, its middle: a thirtieth of the work. */
  single: {clips: 1, crops: 1},
} as const satisfies Readonly<Record<string, Partial<ViewOptions>>>;

/** mmaction's order. */
const THREE_CROPS: readonly CropPosition[] = ['start', 'end', 'center'];

/**
 * The frames of each clip.
 *
 * @param total frames in the video
 * @returns `clips` lists of `frames` indices; with one uniform clip frame i is `floor((i + 0.5) * total / frames)`, also
 *   when the video is shorter than the clip, where frames then repeat (the authors' segments of one frame)
 * @throws InvalidArgumentError for a number that is no whole number, or a short video with `shortVideo: 'error'`
 *
 * ```ts
 * viewIndices(300, {frames: 8, interval: 8, clips: 10}).map(([first]) => first);
 * ```
 */
export function viewIndices(total: number, options: ViewOptions): number[][] {
  checkOptions('viewIndices', options, OPTIONS, MODEL_INFO);
  return indicesOf(total, options);
}

function indicesOf(
  total: number,
  {frames, interval = 'uniform', clips = 1, shortVideo = 'loop'}: ViewOptions,
): number[][] {
  const isShort = total < frames && shortVideo === 'error';
  if (interval === 'uniform' && clips === 1 && !isShort)
    return [sampleClips({total, frames: 1, interval: 1, clips: frames}).flat()];
  return sampleClips({total, frames, interval, clips, shortVideo});
}

/**
 * Reads the views of a video, clip by clip. The frames of all clips are read in one pass, each decoded once; a frame waits in
 * memory until the last clip that it belongs to is complete, at the size that the source delivers or of its crops, whichever is smaller.
 *
 * With three crops the crop must be as long as the shorter side, as in mmaction: give `size` and `crop` alike, of the `info` of
 * `loadModel` as `{...info, size: info.crop}`. Scaling is
 * bilinear in floating point; OpenCV, which the authors used, rounds to 8 bits in between.
 *
 * A video that turns out to hold fewer frames than its container says is counted by reading it through, and the clips not
 * yet delivered are chosen anew.
 *
 * @param video where the frames come from; it is not closed
 * @returns views `[1, frames, height, width, 3]`, clip by clip, crops in the order start, end, middle; whoever takes
 *   them disposes of them (`recognize` does)
 * @throws InvalidArgumentError for options that make no sense or are unknown, or a crop that does not fit; FormatError for a
 *   video without a readable frame, or that changes while it is read
 *
 * ```ts
 * for await (const view of readViews(video, {...TEST_VIEWS.somethingSomethingV2, frames: 8, size: 224, crop: 224}))
 *   view.dispose();
 * ```
 */
export async function* readViews(
  video: SeekableVideo,
  options: ViewOptions,
): AsyncGenerator<tf.Tensor5D, void, void> {
  checkStream('readViews', video);
  checkOptions('readViews', options, OPTIONS, MODEL_INFO);
  const transform = frameTransform(options);
  const reading = {
    caller: 'readViews',
    choose: (total: number) => indicesOf(total, options),
    transforms: cropPositions(video, options).map((cropPosition) => ({...transform, cropPosition})),
  };
  for await (const views of assembleClips(video, reading)) for (const view of views) yield view();
}

function cropPositions({info}: SeekableVideo, options: ViewOptions): readonly CropPosition[] {
  const {crops = 1, crop, size} = options;
  if (crops === 1) return ['center'];
  const whole = transformedSize(info.width, info.height, size === undefined ? {} : {size});
  const cut = transformedSize(info.width, info.height, frameTransform(options));
  if (crops === 3 && crop !== undefined && (cut.height === whole.height || cut.width === whole.width))
    return THREE_CROPS;
  throw new InvalidArgumentError(
    `readViews: ${crops} crops of ${cut.height} rows x ${cut.width} columns out of frames of ${whole.height} x ` +
      `${whole.width}; crops is 1, or 3 with crop and size of one length.`,
  );
}
