/** The shots of a film of any length, from one pass over its frames. How they are found is in finder.ts. */
import {checkOptions, optionNames} from '../../util/names';
import {checkStream} from '../clips/check_stream';
import type {FrameStream} from '../clips/frames';
import {sizedFrames} from '../clips/sized_frames';
import {FilmClock, type FilmProgress} from './film_clock';
import {ShotFinder, type ShotOptions} from './finder';
import type {Shot} from './shot';

export interface DetectShotsOptions extends ShotOptions {
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
 * const model = await loadModel('transnet_v2');
 * const video = await ffmpegSource('film.mp4');
 * for (const {start, end, transition} of await detectShots(video, {model})) console.log(start, end, transition);
 * await video.close();
 * ```
 */
export async function detectShots(video: FrameStream, options: DetectShotsOptions): Promise<Shot[]> {
  checkStream('detectShots', video);
  checkOptions('detectShots', options, OPTIONS);
  const {onProgress, signal} = options;
  const finder = new ShotFinder('detectShots', options);
  const clock = new FilmClock(video);
  try {
    signal?.throwIfAborted();
    for await (const {pictures, timestamp} of sizedFrames(video, [finder.size])) {
      signal?.throwIfAborted();
      const placed = await finder.add(pictures[0]!.data, clock.tick(timestamp));
      if (placed.length > 0) onProgress?.(clock.progress);
    }
    await finder.end();
    if (clock.count > 0) onProgress?.(clock.progress);
    return finder.shots(clock.end);
  } finally {
    finder.dispose();
  }
}
