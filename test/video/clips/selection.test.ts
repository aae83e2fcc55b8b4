/** Expressions for ffmpeg's select filter, worked out here by a small reader of them, against the plain list. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {selection} from '../../../src/video/clips/sources/selection';

/** An expression of eq, between, lt and if as a function of its variable, as ffmpeg works it out: whether a frame passes. */
function passes(expression: string, variable: string): (value: number) => boolean {
  const eq = (a: number, b: number) => a === b;
  const lt = (a: number, b: number) => a < b;
  const between = (a: number, low: number, high: number) => a >= low && a <= high;
  const choose = <T>(condition: boolean, yes: T, no: T) => (condition ? yes : no);
  const names = ['eq', 'lt', 'between', 'choose'];
  const body = `return (${variable}) => ${expression.replaceAll('if(', 'choose(')}`;
  return new Function(...names, body)(eq, lt, between, choose);
}

const rising = (most: number, length: number) =>
  fc.uniqueArray(fc.nat(most), {minLength: 1, maxLength: length}).map((list) => list.sort((a, b) => a - b));

describe('selection', () => {
  it('lets through exactly the frames asked for', () => {
    fc.assert(
      fc.property(rising(120, 40), (indices) => {
        const {expression, delivered} = selection(indices, 'n');
        expect(delivered).toEqual(indices);
        const through = Array.from({length: 130}, (_, n) => n).filter(passes(expression, 'n'));
        expect(through).toEqual(indices);
      }),
      {seed: 11, numRuns: 100},
    );
  });

  it('speaks of timestamps where it is told how', () => {
    const {expression, delivered} = selection([2, 3, 9], 'pts', (index) => 512 * index - 7);
    expect(delivered).toEqual([2, 3, 9]);
    const through = Array.from({length: 12}, (_, i) => i).filter((i) =>
      passes(expression, 'pts')(512 * i - 7),
    );
    expect(through).toEqual([2, 3, 9]);
  });

  it('keeps long lists short by letting the smallest gaps through', () => {
    // 2,000 frames 2 apart, and 400 far apart.
    const near = Array.from({length: 2000}, (_, i) => 2 * i);
    const far = Array.from({length: 400}, (_, i) => 10_000 + 100 * i);
    const {expression, delivered} = selection([...near, ...far], 'n');
    expect(expression.length).toBeLessThan(16_000);
    expect(delivered).toEqual([...Array.from({length: 3999}, (_, i) => i), ...far]);
    expect(delivered.every(passes(expression, 'n'))).toBe(true);
  });
});
