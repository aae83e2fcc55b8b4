/**
 * A film over its time, from one pass over its frames: shots, and what a model says of each or of every few seconds. Options and the
 * pass are here; what is done with frames as they come is in analysis.ts.
 */
import {checkCount} from '../../../util/counts';
import {FormatError, InvalidArgumentError} from '../../../util/errors';
import {checkOptions, optionNames} from '../../../util/names';
import {checkStream} from '../../clips/check_stream';
import type {FrameStream, SeekableVideo} from '../../clips/frames';
import {sizedFrames} from '../../clips/sized_frames';
import type {PictureSize} from '../../clips/transforms';
import {FilmClock, type FilmProgress, ShotFinder, type ShotOptions} from '../../shots';
import {TIMELINE_VERSION, type Timeline} from '../timeline';
import {Analysis} from './analysis';
import {type ClipModel, type OpenClipModel, openClipModel} from './clip_model';
import {ClipTrack, type ClipWork, type Grouping} from './clip_track';
import type {MergeOptions} from './segments';

/** How it is said what the camera does. */
export interface CameraOptions {
  /** A model of clips, such as `loadModel('camera_movement')` gives, asked about every 2 seconds of a shot. It stays the caller's. */
  readonly model: ClipModel;
  /** Probability, 0 to 1, below which nothing is said of a shot. Default 0.8. */
  readonly threshold?: number;
}

export interface AnalyzeOptions {
  /** Says what is on: what `loadModel` gives. It stays the caller's. Without it the timeline has shots alone. */
  readonly model?: ClipModel;
  /** How shots are found, as in `detectShots`. Without it there are none. */
  readonly shots?: ShotOptions;
  /**
   * Says what the camera does in each shot, as `camera` of the shots. Needs `shots`, whose small pictures the model reads where they are
   * of its size.
   */
  readonly camera?: CameraOptions;
  /**
   * Seconds: the model is asked about a clip in each span of so many, within a shot where there are shots, and spans of one label
   * become one segment. Absent with `shots`: a segment for each shot, of clips every 2 seconds. Absent without: 2. Frames of two
   * spans are in memory.
   */
  readonly every?: number;
  /** How spans of `every` seconds become segments; false: each is one. */
  readonly merge?: MergeOptions | false;
  /** Whether segments get a feature vector: what the classifier of the model reads, mean over the clips. Default false. */
  readonly features?: boolean;
  /** Labels for each segment; all of them when there are fewer. Default 5. */
  readonly top?: number;
  /** What the timeline calls the video: its file name. Default `video`. */
  readonly name?: string;
  /** Called as the film is read. */
  readonly onProgress?: (progress: FilmProgress) => void;
  /** Ends the work; its reason is thrown. */
  readonly signal?: AbortSignal;
}

const OPTIONS = optionNames<AnalyzeOptions>({
  model: true,
  shots: true,
  camera: true,
  every: true,
  merge: true,
  features: true,
  top: true,
  name: true,
  onProgress: true,
  signal: true,
});
const SHOT_OPTIONS = optionNames<ShotOptions>({model: true, threshold: true, window: true, step: true});
const CAMERA_OPTIONS = optionNames<CameraOptions>({model: true, threshold: true});
const MERGE_OPTIONS = optionNames<MergeOptions>({hysteresis: true, maxGap: true, minLength: true});

/** Seconds for which one clip stands. */
const EVERY = 2;

/** Chosen for camera_movement of the zoo, by windows that it was not tested on. */
const CAMERA_THRESHOLD = 0.8;

/** Frames from one report to the next. */
const PROGRESS_FRAMES = 25;

function checkAll(options: AnalyzeOptions): void {
  checkOptions('analyze', options, OPTIONS);
  const {model, shots, camera, every, merge, features, top = 5} = options;
  if (shots !== undefined) checkOptions('analyze, shots', shots, SHOT_OPTIONS);
  if (model === undefined && shots === undefined)
    throw new InvalidArgumentError('analyze: there is neither model nor shots; give one of them, or both.');
  if (camera !== undefined && shots === undefined)
    throw new InvalidArgumentError(
      'analyze: camera is about shots, but there are none; give shots too, or leave it out.',
    );
  if (camera !== undefined) checkCamera(camera);
  const needsModel = Object.entries({every, merge, features, top: options.top}).find(
    ([, value]) => value !== undefined,
  );
  if (model === undefined && needsModel !== undefined)
    throw new InvalidArgumentError(
      `analyze: ${needsModel[0]} is about what a model says; give a model too, or leave it out.`,
    );
  if (every !== undefined && !(every > 0 && every < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError(`analyze: every is ${every}; it is a number of seconds, more than 0.`);
  checkCount('analyze', 'top', top);
  checkMerge(merge, shots !== undefined && every === undefined);
}

function checkCamera(camera: CameraOptions): void {
  checkOptions('analyze, camera', camera, CAMERA_OPTIONS);
  const {threshold = 0} = camera;
  if (!(typeof threshold === 'number' && threshold >= 0 && threshold <= 1))
    throw new InvalidArgumentError(
      `analyze: threshold of camera is ${threshold}; it is a probability, from 0 to 1.`,
    );
}

function checkMerge(merge: AnalyzeOptions['merge'], isByShot: boolean): void {
  if (merge === undefined) return;
  if (isByShot) {
    throw new InvalidArgumentError(
      'analyze: merge is about spans of time, but each shot is one segment; give every too, or leave merge out.',
    );
  }
  if (merge === false) return;
  checkOptions('analyze, merge', merge, MERGE_OPTIONS);
  for (const [name, value] of Object.entries(merge)) {
    if (!(value >= 0))
      throw new InvalidArgumentError(`analyze: ${name} of merge is ${value}; it must be at least 0.`);
  }
}

/**
 * Says what is in a film over its time.
 *
 * Frames are decoded once, in the sizes that both models want; memory does not grow with the film but by what is found. Times are
 * those at which frames are shown, whatever the rate.
 *
 * @param video a file, or any stream of frames that ends; it is not closed
 * @returns shots and segments, plain data for `exportTimeline`
 * @throws InvalidArgumentError for an option that is unknown or makes no sense, a model of another kind, or features of a model that is
 *   frozen; FormatError for a video without a frame; the reason of the signal when that is aborted; what reading the video throws
 *
 * ```ts
 * const video = await ffmpegSource('film.mp4');
 * const shots = await loadModel('transnet_v2');
 * const model = await loadModel('efficientnet_lite0_sts');
 * const timeline = await analyze(video, {model, shots: {model: shots}, name: 'film.mp4'});
 * for (const {start, end, labels} of timeline.segments) console.log(start, end, labels[0].label);
 * ```
 */
export async function analyze(
  video: FrameStream | SeekableVideo,
  options: AnalyzeOptions,
): Promise<Timeline> {
  checkStream('analyze', video);
  checkAll(options);
  const {model, shots, camera, features = false, name = 'video', onProgress, signal} = options;
  const finder = shots && new ShotFinder('analyze', shots);
  const opened: OpenClipModel[] = [];
  const sizes = new Sizes();
  if (finder !== undefined) sizes.placeOf(finder.size);
  try {
    const track = (given: ClipModel, hasFeatures: boolean, work: TrackWork) => {
      const open = openClipModel('analyze', given, hasFeatures);
      opened.push(open);
      const {size, frames, interval = 'uniform'} = given.info;
      const {every, ...rest} = work;
      const lengths = {every, frames, interval};
      return new ClipTrack({...rest, model: open, picture: sizes.placeOf(size), lengths});
    };
    const clock = new FilmClock(video);
    const analysis = new Analysis(clock, finder, {
      labels: model && track(model, features, labelWork(options)),
      camera: camera && {
        track: track(camera.model, false, CAMERA_WORK),
        threshold: camera.threshold ?? CAMERA_THRESHOLD,
      },
    });
    signal?.throwIfAborted();
    for await (const frame of sizedFrames(video, sizes.list)) {
      signal?.throwIfAborted();
      await analysis.add(frame);
      if (clock.count % PROGRESS_FRAMES === 0) onProgress?.(clock.progress);
    }
    const found = await analysis.end(name);
    if (found === undefined)
      throw new FormatError('analyze: the video has no frame that can be read; it may be damaged.');
    onProgress?.(clock.progress);
    const modelName = model?.info.name;
    return {version: TIMELINE_VERSION, ...found, ...(modelName !== undefined && {model: modelName})};
  } finally {
    finder?.dispose();
    for (const one of opened) one.dispose();
  }
}

/** The sizes in which frames are wanted, each once. */
class Sizes {
  readonly list: (PictureSize | undefined)[] = [];

  /** Where among the pictures of a frame the one of this size is. */
  placeOf(size: PictureSize | undefined): number {
    const known = this.list.findIndex((other) => String(other) === String(size));
    return known >= 0 ? known : this.list.push(size) - 1;
  }
}

/** What a model is asked, but for what its own `info` says. */
type TrackWork = Pick<ClipWork, 'grouping' | 'top' | 'hasShots'> & {readonly every: number};

function labelWork(options: AnalyzeOptions): TrackWork {
  const {shots, every = EVERY, merge, top = 5} = options;
  const isByShot = shots !== undefined && options.every === undefined;
  const merging = {hysteresis: 0.1, maxGap: every, minLength: every, ...(merge || {})};
  const grouping: Grouping = isByShot ? 'shot' : merge === false ? 'span' : merging;
  return {every, grouping, top, hasShots: shots !== undefined};
}

const CAMERA_WORK: TrackWork = {every: EVERY, grouping: 'shot', top: 1, hasShots: true};
