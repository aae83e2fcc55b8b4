/**
 * Timecode as editors count frames, `HH:MM:SS:FF`: SMPTE ST 12-1. Rates of 1000/1001 are counted as the whole number above
 * them; where that is 30 or 60, drop-frame counting, `HH:MM:SS;FF`, leaves out numbers so that an hour of timecode is one of time.
 */
import {InvalidArgumentError} from '../../../util/errors';

/** How frames are counted. */
export interface FrameClock {
  /** Frames per second, such as 30000 / 1001. */
  readonly rate: number;
  /** Frame numbers in a second of timecode, such as 30. */
  readonly base: number;
  /** Numbers that every minute begins without, but each tenth: 2, 4, or 0 for non-drop. */
  readonly dropped: number;
  /** Frames from midnight, as the timecode counts, to the start of the video. */
  readonly offset: number;
}

/** Two digits have room for the frames of so many in a second. */
const HIGHEST_BASE = 100;

/** Rates that editors know. */
const STANDARD_RATES = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60];

/** Relative. Containers and people write 29.97 or 23.98 for 30000/1001 and 24000/1001. */
const NEAR = 2e-4;

/** The rate that is meant by a number; undefined if editors count no such one. */
function countedRate(rate: number): {rate: number; base: number} | undefined {
  const base = Math.ceil(rate - 1e-3 * NEAR);
  if (!(base >= 1 && base <= HIGHEST_BASE)) return undefined;
  const exact = [base, (base * 1000) / 1001].find((candidate) => Math.abs(candidate / rate - 1) < NEAR);
  return exact === undefined ? undefined : {rate: exact, base};
}

/** For a video of another rate the next higher one that editors know, so that frames keep numbers of their own. */
function rateForVideo(rate: number): {rate: number; base: number} {
  const standard = STANDARD_RATES.find((candidate) => candidate >= rate) ?? STANDARD_RATES.at(-1)!;
  return countedRate(rate) ?? countedRate(standard)!;
}

/**
 * The clock for a video.
 *
 * @param videoRate its nominal frames per second
 * @param frameRate the rate to count at; absent: the video's, or the next higher that editors know
 * @param startTimecode timecode of the start of the video; a `;` before the frames asks for drop-frame, a `:` for non-drop.
 *   Absent: 0, counted drop-frame where the rate knows it
 * @throws InvalidArgumentError for a rate that timecode cannot count, or no timecode of that rate
 */
export function frameClock(videoRate: number, frameRate?: number, startTimecode?: string): FrameClock {
  const counted = frameRate === undefined ? rateForVideo(videoRate) : countedRate(frameRate);
  if (counted === undefined) {
    throw new InvalidArgumentError(
      `exportTimeline: frameRate is ${frameRate}; timecode counts whole numbers of frames a second up to ${HIGHEST_BASE}, ` +
        'or those divided by 1.001, such as 25 and 29.97',
    );
  }
  const {rate, base} = counted;
  // 23.976 has none: its hour of timecode is 3.6 s too long, and nobody minds.
  const droppable = rate !== base && base % 30 === 0 ? base / 15 : 0;
  if (startTimecode === undefined) return {rate, base, dropped: droppable, offset: 0};
  const dropped = startTimecode.includes(';') ? droppable : 0;
  return {rate, base, dropped, offset: parsed(startTimecode, {rate, base, dropped})};
}

/** The number of frames from midnight of a timecode. */
function parsed(text: string, {rate, base, dropped}: Omit<FrameClock, 'offset'>): number {
  const refuse = (why: string): never => {
    throw new InvalidArgumentError(`exportTimeline: startTimecode is ${JSON.stringify(text)}; ${why}`);
  };
  const parts = /^(\d\d):(\d\d):(\d\d)([:;])(\d\d)$/.exec(text);
  if (parts === null) return refuse('it must be HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame');
  const [hours, minutes, seconds, frames] = [1, 2, 3, 5].map((at) => Number(parts[at])) as [
    number,
    number,
    number,
    number,
  ];
  if (parts[4] === ';' && dropped === 0)
    return refuse(`there is no drop-frame at ${+rate.toFixed(3)} frames/s; write a : before the frames`);
  if (hours > 23 || minutes > 59 || seconds > 59 || frames >= base)
    return refuse(`at ${+rate.toFixed(3)} frames/s it ends at 23:59:59${parts[4]}${base - 1}`);
  if (seconds === 0 && frames < dropped && minutes % 10 !== 0)
    return refuse(`drop-frame has no such number; the minute begins with ${text.slice(0, 9)}0${dropped}`);
  const wholeMinutes = hours * 60 + minutes;
  const left = dropped * (wholeMinutes - Math.floor(wholeMinutes / 10));
  return (wholeMinutes * 60 + seconds) * base + frames - left;
}

/** The frame that is shown at a time from the start of the video. */
export const frameAt = (seconds: number, {rate}: Pick<FrameClock, 'rate'>): number =>
  Math.round(seconds * rate);

/** Timecode of a frame counted from the start of the video. It begins anew at midnight. */
export function timecode(frame: number, {base, dropped, offset}: FrameClock): string {
  const minute = base * 60 - dropped;
  const tenMinutes = minute * 10 + dropped;
  const day = tenMinutes * 6 * 24;
  const counted = (((offset + frame) % day) + day) % day;
  const [tens, rest] = [Math.floor(counted / tenMinutes), counted % tenMinutes];
  // The first of ten minutes is longer, as it drops nothing.
  const minutesBegun = Math.max(0, Math.floor((rest - dropped) / minute));
  const number = counted + dropped * (9 * tens + minutesBegun);
  const part = (size: number, modulus: number) =>
    String(Math.floor(number / size) % modulus).padStart(2, '0');
  const separator = dropped > 0 ? ';' : ':';
  return `${part(base * 3600, 24)}:${part(base * 60, 60)}:${part(base, 60)}${separator}${part(1, base)}`;
}

/** A span of frames: the first, and the one behind the last. */
export interface FrameSpan {
  readonly from: number;
  readonly to: number;
}

/** Times as spans of at least a frame that do not overlap, which a lower rate than the video's could make them do. */
export function frameSpans(
  times: readonly {readonly start: number; readonly end: number}[],
  clock: Pick<FrameClock, 'rate'>,
): FrameSpan[] {
  let reached = 0;
  return times.map(({start, end}) => {
    const from = Math.max(reached, frameAt(start, clock));
    reached = Math.max(from + 1, frameAt(end, clock));
    return {from, to: reached};
  });
}
