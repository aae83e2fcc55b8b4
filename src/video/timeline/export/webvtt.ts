/** WebVTT, what the <track> of a page loads: a cue for each segment with its labels, or for each shot. */
import type {Timeline} from '../timeline';
import {labelText, shotsOf, shotText} from './text';

/** What a cue is made of. */
export type Cues = 'shots' | 'segments';

const ESCAPES: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;'};

/** Text of a cue: marks of the format as characters, so that no label ends a cue or begins a tag. */
const escaped = (text: string) => text.replace(/[&<>]/g, (mark) => ESCAPES[mark]!);

/** @returns the file as text */
export function webvtt(timeline: Timeline, kind: Cues): string {
  const cues =
    kind === 'shots'
      ? shotsOf(timeline).map((shot, i) => ({...shot, text: `Shot ${i + 1}, ${shotText(shot)}`}))
      : timeline.segments.map((segment) => ({...segment, text: segment.labels.map(labelText).join('\n')}));
  const blocks = cues.flatMap(({start, end, text}, i) => {
    if (text === '') return [];
    const from = Math.round(start * 1000);
    // A cue must end behind its start.
    const to = Math.max(from + 1, Math.round(end * 1000));
    return [`${kind.slice(0, -1)}-${i + 1}\n${clockTime(from)} --> ${clockTime(to)}\n${escaped(text)}\n`];
  });
  return ['WEBVTT\n', ...blocks].join('\n');
}

/** `01:02:03.456`; hours may have more digits. */
function clockTime(milliseconds: number): string {
  const part = (size: number, modulus: number, digits = 2) =>
    String(Math.floor(milliseconds / size) % modulus).padStart(digits, '0');
  return `${part(3_600_000, Infinity)}:${part(60_000, 60)}:${part(1000, 60)}.${part(1, 1000, 3)}`;
}
