/** The shots of a film of any length, from one pass over its frames. Windows are in windows.ts, boundaries in scenes.ts. */
import {InvalidArgumentError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';
import type {FrameStream, SeekableVideo} from '../video/frames';
import {sizedFrames} from '../video/sized_frames';
import {openNetwork, type ShotModel} from './network';
import {type FrameAnswer, ShotScan} from './scan';
import {ShotWalk} from './scenes';
import type {Shot} from './shot';
import {checkLengths, type WindowLengths} from './windows';

/** How far a film is read. */
export interface FilmProgress {
  /** Frames that were read. */
  readonly frames: number;
  /** Seconds of the film up to the last of them. */
  readonly seconds: number;
  /** Seconds of the whole film by its container's word; absent where nobody knows. */
  readonly duration?: number;
}

export interface DetectShotsOptions extends Partial<WindowLengths> {
  /** Tells where shots end: TransNetV2 of the zoo, or any function of windows of frames. It stays the caller's. */
  readonly model: ShotModel;
  /** A shot ends where the probability exceeds it. More finds fewer shots. Default 0.5. */
  readonly threshold?: number;
  /** Frames that the model sees at once. Default 100, what TransNetV2 was trained and measured with. */
  readonly window?: number;
  /**
   * Frames from one window to the next. Default half a window: each frame is seen in two of them. Windows of 200 with a step of 150
   * are a third less work and give slightly other probabilities.
   */
  readonly step?: number;
  /** Called after each window. */
  readonly onProgress?: (progress: FilmProgress) => void;
  /** Ends the work; its reason is thrown. */
  readonly signal?: AbortSignal;
}

const OPTIONS = optionNames<DetectShotsOptions>({
  model: true,
  threshold: true,
  window: true,
  step: true,
  onProgress: true,
  signal: true,
});

/** Frames in a window of TransNetV2. */
const WINDOW = 100;

/** What is chosen for the detection of shots, checked and complete. */
export function shotSettings(
  caller: string,
  {threshold = 0.5, window = WINDOW, step}: Omit<DetectShotsOptions, 'model'>,
): {threshold: number; lengths: WindowLengths} {
  const lengths = {window, step: step ?? window - 2 * Math.floor(window / 4)};
  checkLengths(caller, lengths);
  if (!(threshold >= 0 && threshold < 1)) {
    throw new InvalidArgumentError(
      `${caller}: threshold is ${threshold}; it is a probability, at least 0 and less than 1.`,
    );
  }
  return {threshold, lengths};
}

/** Seconds that one frame of a video lasts, by its container's word. */
export function frameLength(video: FrameStream | SeekableVideo): number {
  const {framesPerSecond = 25} = 'info' in video ? video.info : {};
  return 1 / framesPerSecond;
}

/**
 * Finds the shots of a film.
 *
 * Frames are read once, scaled by the decoder, and seen in overlapping windows; memory does not grow with the film. A shot ends
 * with the first frame whose probability exceeds the threshold, and the next begins with the first one behind that does not:
 * frames between them, of a gradual transition, belong to neither. Times are those at which frames are shown, whatever the rate.
 *
 * @param video a file, or any stream of frames that ends; it is not closed
 * @returns shots in their order; none for a stream without frames
 * @throws InvalidArgumentError for an option that is unknown or makes no sense, or a model of another kind; the reason of the signal
 *   when that is aborted; what reading the video throws
 *
 * Source: Soucek and Lokoc, TransNet V2 (2020), and the windows and scenes of their code.
 *
 * ```ts
 * const {model} = await loadModel('transnet_v2');
 * const video = await ffmpegSource('film.mp4');
 * for (const {start, end, transition} of await detectShots(video, {model})) console.log(start, end, transition);
 * await video.close();
 * ```
 */
export async function detectShots(video: FrameStream, options: DetectShotsOptions): Promise<Shot[]> {
  checkOptions('detectShots', options, OPTIONS);
  const {onProgress, signal} = options;
  const {threshold, lengths} = shotSettings('detectShots', options);
  const network = openNetwork('detectShots', options.model);
  try {
    const scan = new ShotScan('detectShots', network, lengths);
    const walk = new ShotWalk(threshold);
    const duration = 'info' in video ? (video as SeekableVideo).info.duration : undefined;
    const times: number[] = [];
    let [frames, seconds] = [0, 0];
    const take = (answers: readonly FrameAnswer[]) => {
      if (answers.length === 0) return;
      for (const {single, many} of answers) walk.add(times.shift()!, single, many);
      onProgress?.({frames, seconds, ...(duration !== undefined && {duration})});
    };
    signal?.throwIfAborted();
    for await (const {pictures, timestamp} of sizedFrames(video, [network.size])) {
      signal?.throwIfAborted();
      frames++;
      seconds = timestamp;
      times.push(timestamp);
      take(await scan.add(pictures[0]!.data));
    }
    take(await scan.end());
    return walk.end(frameLength(video));
  } finally {
    network.dispose();
  }
}
