/** How far a film is, how fast, how long it takes yet: by a clock that the test moves. */
import {describe, expect, it} from 'vitest';
import {clock, filmProgress} from '../../src/cli/output/film_progress';

describe('filmProgress', () => {
  /** What is shown after each of some steps `[milliseconds that pass, seconds of the film]`. */
  function shown(steps: readonly [number, number][], duration?: number) {
    let now = 1000;
    const seen: unknown[][] = [];
    const progress = {
      stage() {},
      finish() {},
      clear() {},
      advance: (...args: unknown[]) => void seen.push(args),
    };
    const show = filmProgress(progress, () => now);
    for (const [passed, seconds] of steps) {
      now += passed;
      show({seconds, ...(duration !== undefined && {duration})});
    }
    return seen;
  }

  it('tells speed in times real time, and what is left at that', () => {
    expect(
      shown(
        [
          [2000, 10],
          [2000, 30],
          [4000, 60],
        ],
        60,
      ),
    ).toEqual([
      [10, 60, '0:10 of 1:00, 5.0x real time, 0:10 left'],
      [30, 60, '0:30 of 1:00, 7.5x real time, 0:04 left'],
      [60, 60, '1:00 of 1:00, 7.5x real time, 0:00 left'],
    ]);
  });

  it('says less where the length is not known, or no time has passed', () => {
    expect(shown([[1000, 4]])).toEqual([[0, 1, '0:04, 4.0x real time']]);
    expect(shown([[0, 4]], 8)).toEqual([[4, 8, '0:04 of 0:08']]);
  });
});

it.each([
  [0, '0:00'],
  [59.6, '1:00'],
  [3599, '59:59'],
  [7325, '2:02:05'],
  [-3, '0:00'],
])('%f seconds are %s', (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});
