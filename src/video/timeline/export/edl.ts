/**
 * Edit decision lists of CMX 3600: an event for each shot, as cuts, source and record times alike, so that an editor divides
 * the film where it lies. Transitions are in the picture already and are told as comments, labels as locators.
 */
import type {Timeline} from '../timeline';
import {labelText, oneLine, shotsOf, shotText} from './text';
import {type FrameClock, frameAt, frameSpans, timecode} from './timecode';

/** A reel without a name: the film is named in a comment, where there is room for it. */
const REEL = 'AX';

/** Lines end as the format's first machines ended them. */
const LINE_END = '\r\n';

/** Locators have colours; editors show this one well. */
const COLOUR = 'GREEN';

/** @returns the list as text */
export function edl(timeline: Timeline, clock: FrameClock): string {
  const name = oneLine(timeline.video.name);
  const shots = shotsOf(timeline);
  const spans = frameSpans(shots, clock);
  const at = (frame: number) => timecode(frame, clock);
  const locators = timeline.segments.map(({start, labels}) => ({
    frame: frameAt(start, clock),
    text: labels.map(labelText).join(', '),
  }));
  const events = spans.flatMap(({from, to}, i) => {
    // What begins between two shots stands with the one before, and nothing gets lost before the first.
    const begins = i === 0 ? -Infinity : from;
    const next = spans[i + 1]?.from ?? Infinity;
    const inside = locators.filter(({frame, text}) => text !== '' && frame >= begins && frame < next);
    const number = String(i + 1).padStart(3, '0');
    const times = [from, to, from, to].map(at).join(' ');
    return [
      `${number}  ${REEL.padEnd(8)} V     C        ${times}`,
      `* FROM CLIP NAME: ${name}`,
      `* COMMENT: ${shotText(shots[i]!)}`,
      ...inside.map(({frame, text}) => `* LOC: ${at(frame)} ${COLOUR.padEnd(7)} ${text}`),
    ];
  });
  const mode = clock.dropped > 0 ? 'DROP FRAME' : 'NON-DROP FRAME';
  return [`TITLE: ${name}`, `FCM: ${mode}`, '', ...events].map((line) => `${line}${LINE_END}`).join('');
}
