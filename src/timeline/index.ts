/** Films over their time. Exports only. */
export {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  exportTimeline,
} from './export/export_timeline';
export {readTimeline} from './export/read_timeline';
export {shotThumbnails, type ThumbnailOptions} from './thumbnails/thumbnails';
export {
  type Segment,
  type SegmentLabel,
  type Shot,
  type ShotTransition,
  TIMELINE_VERSION,
  type Timeline,
  type TimelineVideo,
} from './timeline';
