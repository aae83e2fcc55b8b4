/**
 * OpenTimelineIO's JSON: one video track with a clip for each shot and a gap for each transition between two, labels as markers
 * on the stack of tracks. Schemas of the oldest version that has them, which newer ones upgrade when they read.
 */
import type {Segment, Shot, Timeline} from '../timeline';
import {labelText, oneLine, shotsOf} from './text';
import {type FrameClock, type FrameSpan, frameAt, frameSpans} from './timecode';

/** Under this name lies what OpenTimelineIO has no field for. */
const METADATA = 'tfjs-sts';

const time = (value: number, rate: number) => ({OTIO_SCHEMA: 'RationalTime.1', rate, value});

const range = (from: number, frames: number, rate: number) => ({
  OTIO_SCHEMA: 'TimeRange.1',
  start_time: time(from, rate),
  duration: time(frames, rate),
});

/**
 * @param target address of the film as editors are to look for it
 * @returns the file as text
 */
export function otio(timeline: Timeline, clock: FrameClock, target: string): string {
  const {rate, offset} = clock;
  const shots = shotsOf(timeline);
  const spans = frameSpans(shots, clock);
  const frames = Math.max(frameAt(timeline.video.duration, clock), spans.at(-1)!.to);
  const media = {
    OTIO_SCHEMA: 'ExternalReference.1',
    metadata: {},
    name: oneLine(timeline.video.name),
    target_url: target,
    available_range: range(offset, frames, rate),
  };
  const clip = (span: FrameSpan, shot: Shot, number: number) => ({
    OTIO_SCHEMA: 'Clip.1',
    metadata: {[METADATA]: shot},
    name: `shot ${number}`,
    source_range: range(offset + span.from, span.to - span.from, rate),
    effects: [],
    markers: [],
    media_reference: media,
  });
  const gap = (length: number) => ({
    OTIO_SCHEMA: 'Gap.1',
    metadata: {},
    name: '',
    source_range: range(0, length, rate),
    effects: [],
    markers: [],
  });
  const children = spans.flatMap((span, i) => {
    const before = span.from - (spans[i - 1]?.to ?? 0);
    return [...(before > 0 ? [gap(before)] : []), clip(span, shots[i]!, i + 1)];
  });
  const track = {
    OTIO_SCHEMA: 'Track.1',
    metadata: {},
    name: 'shots',
    kind: 'Video',
    source_range: null,
    effects: [],
    markers: [],
    children,
  };
  const file = {
    OTIO_SCHEMA: 'Timeline.1',
    metadata: {
      [METADATA]: {video: timeline.video, ...(timeline.model !== undefined && {model: timeline.model})},
    },
    name: oneLine(timeline.video.name),
    global_start_time: time(offset, rate),
    tracks: {
      OTIO_SCHEMA: 'Stack.1',
      metadata: {},
      name: 'tracks',
      source_range: null,
      effects: [],
      markers: timeline.segments.flatMap((segment) => marker(segment, clock)),
      children: [track],
    },
  };
  return `${JSON.stringify(file, wholeText, 2)}\n`;
}

/** Half a surrogate pair, which JSON could write as an escape, but for which OpenTimelineIO refuses the file, is replaced. */
const wholeText = (_: string, value: unknown) =>
  typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : value;

function marker({start, end, labels}: Segment, clock: FrameClock) {
  if (labels.length === 0) return [];
  const from = frameAt(start, clock);
  const length = Math.max(1, frameAt(end, clock) - from);
  return [
    {
      OTIO_SCHEMA: 'Marker.2',
      metadata: {[METADATA]: {labels}},
      name: labelText(labels[0]!),
      color: 'GREEN',
      marked_range: range(from, length, clock.rate),
    },
  ];
}
