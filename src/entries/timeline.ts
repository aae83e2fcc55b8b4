/**
 * Entry "tfjs-sts/timeline": films over their time. Shots, what a model says of them, the nearest of many feature vectors, and the
 * files that editors and browsers read. No effect on import.
 */
export type * from '../freeze/frozen_data';
export type * from '../freeze/frozen_model';
export type {OutputKind} from '../layers';
export {
  type DetectShotsOptions,
  detectShots,
  type FilmProgress,
  type ShotModel,
  type ShotNetwork,
  type ShotOptions,
} from '../shots';
export * from '../timeline';
export type {Cues} from '../timeline/export/webvtt';
export type {PartialShape} from '../util/shapes';
export type {
  CropPosition,
  Frame,
  FrameStream,
  FrameTransform,
  PerChannel,
  Picture,
  PictureSize,
  SeekableVideo,
  SizedFrame,
  VideoInfo,
} from '../video';
