/**
 * Entry "tfjs-sts/timeline": films over their time. Shots, what a model says of them, the nearest of many feature vectors, and the
 * files that editors and browsers read. No effect on import.
 */
export type * from '../inference/freeze/frozen_data';
export type * from '../inference/freeze/frozen_model';
export type {WarmUpOptions} from '../inference/freeze/warm_up';
export type {OutputKind} from '../layers';
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
} from '../video/clips';
export {
  type DetectShotsOptions,
  detectShots,
  type FilmProgress,
  type ShotModel,
  type ShotNetwork,
  type ShotOptions,
} from '../video/shots';
export * from '../video/timeline';
export type {Cues} from '../video/timeline/export/webvtt';
