/** Films over their time. Exports only. */
export {type AnalyzeOptions, analyze, type CameraOptions} from './analyze/analyze';
export type {ClipModel, ClipModelInfo} from './analyze/clip_model';
export {
  type FeatureMatrix,
  type FindSimilarOptions,
  findSimilar,
  type Similar,
} from './analyze/find_similar';
export type {MergeOptions} from './analyze/segments';
export {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  exportTimeline,
} from './export/export_timeline';
export {readTimeline} from './export/read_timeline';
export {shotThumbnails, type ThumbnailOptions} from './thumbnails/thumbnails';
export {
  type CameraMovement,
  type Segment,
  type SegmentLabel,
  type Shot,
  type ShotTransition,
  TIMELINE_VERSION,
  type Timeline,
  type TimelineVideo,
} from './timeline';
