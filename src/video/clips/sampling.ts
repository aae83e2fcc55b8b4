/**
 * Which frames of a video make a clip: pure numbers, no decoding and no tensors. The rules are those of mmaction's
 * SampleFrames in test mode, which the published accuracies of the video networks were measured with.
 */
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions} from '../../util/names';

/** What to do when a video has fewer frames than the clip needs. */
export type ShortVideoPolicy = 'error' | 'loop' | 'repeat-last';

export interface ClipSampling {
  /** Frames in the video. */
  readonly total: number;
  /** Frames in a clip. */
  readonly frames: number;
  /**
   * Distance between neighbouring frames of a clip, 1 for consecutive frames; or `'uniform'`: the video is cut into
   * as many equal segments as the clip has frames and the middle frame of each is taken. Default `'uniform'`.
   */
  readonly interval?: number | 'uniform';
  /** Where a single clip of fixed interval lies: in the middle of the video, or from its first frame on. Default `'center'`. */
  readonly position?: 'center' | 'start';
  /** Default `'error'`. */
  readonly shortVideo?: ShortVideoPolicy;
}

/** What `loadModel` tells of a model besides its input. Passed over where a clip is read, so that all of it may be given there. */
export const MODEL_INFO = ['name', 'network', 'labels', 'output'] as const;

/** What a clip is chosen by, besides the length of the video. */
export const SAMPLING_OPTIONS = ['frames', 'interval', 'position', 'shortVideo'] as const;

function requireWhole(name: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError(`${name}: ${what} is ${value}; it must be a whole number from 1 on`);
  }
}

function check(name: string, {total, frames, interval = 'uniform'}: ClipSampling): void {
  requireWhole(name, 'the number of frames in the video (total)', total);
  requireWhole(name, 'the number of frames in a clip (frames)', frames);
  if (interval !== 'uniform') requireWhole(name, 'the interval between frames', interval);
}

/** Brings indices beyond the end back into the video, or throws when the caller did not say how. */
function applyShortVideo(
  name: string,
  indices: number[],
  total: number,
  policy: ShortVideoPolicy,
  what = 'the video',
): number[] {
  const needed = indices[indices.length - 1]! + 1;
  if (needed <= total) return indices;
  switch (policy) {
    case 'loop':
      return indices.map((index) => index % total);
    case 'repeat-last': {
      const last = indices.reduce((best, index) => (index < total ? index : best), 0);
      return indices.map((index) => Math.min(index, last));
    }
    default:
      throw new InvalidArgumentError(
        `${name}: ${what} has ${total} ${total === 1 ? 'frame' : 'frames'} but a clip of ${indices.length} frames ` +
          `needs ${needed}; ask for fewer frames, or set shortVideo to 'loop' or 'repeat-last'`,
      );
  }
}

/** Frames of clip `clip` of `clips`, spread over the whole video; `phase` shifts the clips against each other. */
function uniformIndices(total: number, frames: number, clip: number, clips: number): number[] {
  // Fewer frames than segments: the first `frames` indices, which the short-video policy then treats.
  if (total < frames) return Array.from({length: frames}, (_, i) => i);
  const phase = (clip + 0.5) / clips;
  return Array.from({length: frames}, (_, i) =>
    Math.min(total - 1, Math.floor(((i + phase) * total) / frames)),
  );
}

function fixedIndices(offset: number, frames: number, interval: number): number[] {
  return Array.from({length: frames}, (_, i) => offset + i * interval);
}

/**
 * Frame indices of one clip.
 *
 * With a fixed interval the clip lies in the middle: it starts at `floor((total - frames * interval + 1) / 2)`, or at 0
 * when the video is too short for that. With `'uniform'` frame i is `floor((i + 0.5) * total / frames)`.
 *
 * @returns `frames` indices in rising order (a looped short video starts again at 0).
 * @throws InvalidArgumentError when the video is shorter than the clip and `shortVideo` is `'error'`.
 *
 * ```ts
 * sampleClip({total: 100, frames: 4});               // [12, 37, 62, 87]
 * sampleClip({total: 100, frames: 4, interval: 2});  // [46, 48, 50, 52]
 * ```
 */
export function sampleClip(options: ClipSampling): number[] {
  checkOptions('sampleClip', options, ['total', ...SAMPLING_OPTIONS]);
  return clipIndices('sampleClip', options);
}

/**
 * `sampleClip` for another function, which has options of its own beside these.
 *
 * @param what the frames are of, for errors
 */
export function clipIndices(name: string, options: ClipSampling, what?: string): number[] {
  check(name, options);
  const {total, frames, interval = 'uniform', position = 'center', shortVideo = 'error'} = options;
  if (interval === 'uniform')
    return applyShortVideo(name, uniformIndices(total, frames, 0, 1), total, shortVideo, what);
  const offset = position === 'start' ? 0 : clipOffset(total, frames, interval, 0, 1);
  return applyShortVideo(name, fixedIndices(offset, frames, interval), total, shortVideo, what);
}

/** First frame of clip `clip` of `clips`: mmaction's `_get_test_clips`. */
function clipOffset(total: number, frames: number, interval: number, clip: number, clips: number): number {
  const span = frames * interval;
  if (total < span) return 0;
  const distance = (total - span + 1) / clips;
  return Math.floor(clip * distance + distance / 2);
}

/**
 * Frame indices of several clips of one video, as for testing with ten views.
 *
 * With a fixed interval the clips start at equal distances; with `'uniform'` every clip spans the whole video and the
 * clips take different frames of each segment.
 *
 * @returns `clips` lists of `frames` indices.
 * @throws InvalidArgumentError as `sampleClip` does.
 */
export function sampleClips(options: Omit<ClipSampling, 'position'> & {readonly clips: number}): number[][] {
  checkOptions('sampleClips', options, ['total', 'frames', 'interval', 'clips', 'shortVideo']);
  check('sampleClips', options);
  const {total, frames, interval = 'uniform', clips, shortVideo = 'error'} = options;
  requireWhole('sampleClips', 'the number of clips', clips);
  return Array.from({length: clips}, (_, clip) => {
    const indices =
      interval === 'uniform'
        ? uniformIndices(total, frames, clip, clips)
        : fixedIndices(clipOffset(total, frames, interval, clip, clips), frames, interval);
    return applyShortVideo('sampleClips', indices, total, shortVideo);
  });
}
