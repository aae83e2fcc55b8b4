/** A timeline as a table for a terminal: a row for each shot with what is said of it, or for each segment. */
import type {SegmentLabel, Timeline} from '../../video/timeline';
import {oneLine} from './one_line';
import {alignedTable, type Column} from './table';

/** `1:02:03.45`, or `2:03.45` in the first hour. */
export function time(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const [hours, minutes] = [Math.floor(hundredths / 360_000), Math.floor(hundredths / 6000) % 60];
  const rest = `${String(Math.floor(hundredths / 100) % 60).padStart(2, '0')}.${String(hundredths % 100).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

const label = (best: SegmentLabel | undefined) =>
  best === undefined ? ['', ''] : [oneLine(best.label), best.score.toFixed(2)];

const SPAN: readonly Column[] = [
  {title: 'start', align: 'right'},
  {title: 'end', align: 'right'},
];
const LABEL: readonly Column[] = [{title: 'label'}, {title: 'score', align: 'right'}];

/** There where a model was asked about the camera. */
const CAMERA: readonly Column[] = [{title: 'camera'}, {title: 'score', align: 'right'}];

/**
 * The table. Where each segment is a shot both are one row; segments of other lengths are a table of their own behind that of
 * the shots.
 */
export function timelineTable({shots, segments}: Timeline): string {
  const best = new Map(segments.map(({shot, labels}) => [shot, labels[0]]));
  const isByShot = segments.length > 0 && segments.length === best.size && !best.has(undefined);
  const hasCamera = shots.some(({camera}) => camera !== undefined);
  const shotTable = alignedTable(
    [
      {title: 'shot', align: 'right'},
      ...SPAN,
      {title: 'begins with'},
      {title: 'confidence', align: 'right'},
      ...(hasCamera ? CAMERA : []),
      ...(isByShot ? LABEL : []),
    ],
    shots.map(({start, end, transition, confidence, camera}, i) => [
      String(i + 1),
      time(start),
      time(end),
      transition === 'start' ? 'the film' : transition,
      transition === 'start' ? '' : confidence.toFixed(2),
      ...(hasCamera ? label(camera) : []),
      ...(isByShot ? label(best.get(i)) : []),
    ]),
  );
  if (isByShot || segments.length === 0) return shotTable;
  const rows = segments.map(({start, end, labels}) => [time(start), time(end), ...label(labels[0])]);
  return `${shotTable}\n${alignedTable([...SPAN, ...LABEL], rows)}`;
}
