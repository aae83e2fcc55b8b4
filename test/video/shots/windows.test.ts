/** Windows against the authors' counts (test/golden/transnetv2/windows.json) and against slices of a film padded as a whole. */
import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import {checkLengths, FilmWindows} from '../../../src/video/shots/windows';

interface Cutting {
  readonly frames: number;
  readonly before: number;
  readonly after: number;
  readonly windows: number;
}
const golden: Cutting[] = JSON.parse(
  readFileSync(new URL('../../golden/transnetv2/windows.json', import.meta.url), 'utf8'),
);

/** Windows of a film whose frame N is the byte N mod 251. */
function windowsOf(frames: number, window: number, step: number): number[][] {
  const windows = new FilmWindows({window, step}, 1);
  const all: number[][] = [];
  for (let frame = 0; frame < frames; frame++)
    for (const bytes of windows.add(Uint8Array.of(frame % 251))) all.push([...bytes]);
  for (const bytes of windows.end()) all.push([...bytes]);
  return all;
}

/** The whole film with copies of its ends, cut by slicing. */
function sliced(frames: number, window: number, step: number, before: number, after: number): number[][] {
  const at = (i: number) => Math.min(Math.max(i - before, 0), frames - 1) % 251;
  const padded = Array.from({length: before + frames + after}, (_, i) => at(i));
  const all: number[][] = [];
  for (let start = 0; start + window <= padded.length; start += step)
    all.push(padded.slice(start, start + window));
  return all;
}

describe('windows', () => {
  it.each(golden)('of $frames frames are as the authors cut them', ({frames, before, after, windows}) => {
    const found = windowsOf(frames, 100, 50);
    expect(found).toHaveLength(windows);
    expect(found).toEqual(sliced(frames, 100, 50, before, after));
  });

  it('of other lengths: each step of the film is the middle of one', () => {
    const lengths = fc.tuple(
      fc.integer({min: 1, max: 9}),
      fc.integer({min: 0, max: 5}),
      fc.integer({min: 1, max: 60}),
    );
    fc.assert(
      fc.property(lengths, ([step, margin, frames]) => {
        const after = margin + ((step - (frames % step)) % step);
        const window = step + 2 * margin;
        expect(windowsOf(frames, window, step)).toEqual(sliced(frames, window, step, margin, after));
      }),
      {seed: 3, numRuns: 200},
    );
  });

  it('of no frame there are none', () => {
    expect(windowsOf(0, 100, 50)).toEqual([]);
  });

  it('without a middle are refused', () => {
    for (const [window, step] of [
      [100, 51],
      [50, 100],
      [100, 0],
      [10.5, 5],
      [Number.NaN, 1],
    ] as const)
      expect(() => checkLengths('detectShots', {window, step})).toThrow(InvalidArgumentError);
  });
});
