/** Timecode against counting: label by label, leaving out what drop-frame leaves out. */
import {describe, expect, it} from 'vitest';
import {frameClock, frameSpans, timecode} from '../../../../src/video/timeline/export/timecode';

/** The label behind another one, as the standard words it: each minute but each tenth begins without its first numbers. */
function next([h, m, s, f]: readonly number[], base: number, dropped: number): number[] {
  if (f! + 1 < base) return [h!, m!, s!, f! + 1];
  if (s! + 1 < 60) return [h!, m!, s! + 1, 0];
  const minute = m! + 1;
  if (minute < 60) return [h!, minute, 0, minute % 10 === 0 ? 0 : dropped];
  return [(h! + 1) % 24, 0, 0, 0];
}
const text = (parts: readonly number[], separator: string) => {
  const [h, m, s, f] = parts.map((part) => String(part).padStart(2, '0'));
  return `${h}:${m}:${s}${separator}${f}`;
};

describe('timecode counts as by hand', () => {
  it.each([
    [30000 / 1001, 30, 2],
    [60000 / 1001, 60, 4],
    [24000 / 1001, 24, 0],
    [25, 25, 0],
    [30, 30, 0],
    [50, 50, 0],
  ])('%f frames/s', (rate, base, dropped) => {
    const clock = frameClock(rate);
    const separator = dropped > 0 ? ';' : ':';
    let label = [0, 0, 0, 0];
    const wrong: string[] = [];
    // Over two tenth minutes.
    for (let frame = 0; frame < base * 60 * 21; frame++) {
      if (timecode(frame, clock) !== text(label, separator))
        wrong.push(`${frame}: ${timecode(frame, clock)}`);
      label = next(label, base, dropped);
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});

describe('known timecodes', () => {
  it.each([
    [29.97, 1799, '00:00:59;29'],
    [29.97, 1800, '00:01:00;02'],
    [29.97, 17982, '00:10:00;00'],
    [29.97, 107892, '01:00:00;00'],
    [59.94, 3600, '00:01:00;04'],
    [59.94, 215784, '01:00:00;00'],
    [23.976, 86400, '01:00:00:00'],
    [25, 90000, '01:00:00:00'],
    [29.97, 107892 * 24, '00:00:00;00'],
  ])('at %f frames/s frame %i is %s', (rate, frame, expected) => {
    expect(timecode(frame, frameClock(rate))).toBe(expected);
  });

  it('an hour of drop-frame is an hour but for 3.6 ms, of non-drop 3.6 s too much', () => {
    const frames = Math.round((3600 * 30000) / 1001);
    expect(timecode(frames, frameClock(29.97))).toBe('01:00:00;00');
    expect(timecode(frames, frameClock(29.97, undefined, '00:00:00:00'))).toBe('00:59:56:12');
  });
});

describe('a start', () => {
  it.each([
    [29.97, '01:00:00;00', 0, '01:00:00;00'],
    [29.97, '09:59:59;29', 1, '10:00:00;00'],
    [29.97, '00:01:59;29', 1, '00:02:00;02'],
    [29.97, '01:00:00:00', 1800, '01:01:00:00'],
    [25, '10:00:00:00', 26, '10:00:01:01'],
    [59.94, '23:59:59;59', 1, '00:00:00;00'],
  ])('at %f frames/s of %s, frame %i is %s', (rate, start, frame, expected) => {
    expect(timecode(frame, frameClock(rate, undefined, start))).toBe(expected);
  });

  it.each([
    [29.97, '00:01:00;00', /drop-frame has no such number; the minute begins with 00:01:00;02/],
    [25, '00:00:00;00', /no drop-frame at 25 frames\/s/],
    [24000 / 1001, '00:00:00;00', /no drop-frame at 23\.976 frames\/s/],
    [25, '00:00:00:25', /ends at 23:59:59:24/],
    [25, '24:00:00:00', /ends at/],
    [25, '00:60:00:00', /ends at/],
    [25, '1:00:00:00', /must be HH:MM:SS:FF/],
    [25, '01:00:00.00', /must be HH:MM:SS:FF/],
  ])('at %f frames/s %s is refused', (rate, start, message) => {
    expect(() => frameClock(rate, undefined, start)).toThrow(message);
  });
});

describe('the rate', () => {
  it.each([
    [29.97, 30000 / 1001],
    [29.97003, 30000 / 1001],
    [23.98, 24000 / 1001],
    [23.976, 24000 / 1001],
    [15, 15],
    [12.5, 24000 / 1001],
    [29.8, 30000 / 1001],
    [29.99, 30],
    [120, 60],
    [240, 60],
  ])('of a video of %f frames/s is counted as %f', (rate, expected) => {
    expect(frameClock(rate).rate).toBeCloseTo(expected, 9);
  });

  it.each([12.5, 29.5, 0, -25, 101, Number.NaN])('%f, asked for, is refused', (frameRate) => {
    expect(() => frameClock(25, frameRate)).toThrow(/frameRate is .* whole numbers/);
  });
});

it('shots of a film of a higher rate keep a frame each, and do not overlap', () => {
  const times = [0, 1, 2, 3, 60].map((frame, i, all) => ({start: frame / 60, end: (all[i + 1] ?? 70) / 60}));
  expect(frameSpans(times, {rate: 25})).toEqual([
    {from: 0, to: 1},
    {from: 1, to: 2},
    {from: 2, to: 3},
    {from: 3, to: 25},
    {from: 25, to: 29},
  ]);
});
