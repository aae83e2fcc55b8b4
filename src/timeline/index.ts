/** Films over their time. Exports only. */
export {
  type Segment,
  type SegmentLabel,
  type Shot,
  type ShotTransition,
  TIMELINE_VERSION,
  type Timeline,
  type TimelineVideo,
} from './timeline';
