/** Values laid out in one piece of memory, against a look at every pair of them and a plain count of what lives. */
import {describe, expect, it} from 'vitest';
import {type Lifetime, layOut} from '../../../src/kernels/wasm/runtime/layout';
import {seededRandom} from '../../../src/util/seeded_random';

const livesWith = (a: Lifetime, b: Lifetime) => a.first <= b.last && b.first <= a.last;

function mostAtATime(values: readonly Lifetime[]): number {
  const living = (call: number) =>
    values.reduce((sum, {bytes, first, last}) => sum + (first <= call && call <= last ? bytes : 0), 0);
  return Math.max(0, ...values.map(({first}) => living(first)));
}

describe('layOut', () => {
  it('has a chain take turns in two places', () => {
    const chain = Array.from({length: 9}, (_, i) => ({bytes: 640, first: i, last: i + 1}));
    expect(layOut(chain).bytes).toBe(1280);
  });

  it('puts a small value into the gap that a larger one leaves', () => {
    const values = [
      {bytes: 1024, first: 0, last: 1},
      {bytes: 512, first: 0, last: 3},
      {bytes: 128, first: 2, last: 3},
      {bytes: 640, first: 2, last: 3},
    ];
    expect(layOut(values).bytes).toBe(1536);
  });

  it('no two values that live at a time share a byte; lines of the cache; little more than lives at a time', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 60; round++) {
      const values = Array.from({length: 50}, () => {
        const first = Math.floor(random() * 60);
        return {
          bytes: 4 * Math.ceil(random() * 2 ** (10 * random())),
          first,
          last: first + Math.floor(random() * 6),
        };
      });
      const {offsets, bytes} = layOut(values);
      const end = (i: number) => offsets[i]! + values[i]!.bytes;
      const overlaps = values.flatMap((a, i) =>
        values
          .slice(0, i)
          .map((b, j) => livesWith(a, b) && offsets[i]! < end(j) && offsets[j]! < end(i))
          .filter(Boolean),
      );
      expect(overlaps).toEqual([]);
      expect(offsets.filter((offset) => offset % 64 !== 0)).toEqual([]);
      expect(Math.max(...[...values.keys()].map(end))).toBeLessThanOrEqual(bytes);
      const rounded = values.map((value) => ({...value, bytes: Math.ceil(value.bytes / 64) * 64}));
      expect(bytes).toBeGreaterThanOrEqual(mostAtATime(rounded));
      // Greedy by size has no bound of its own; it has stayed below this for sizes that differ a thousandfold.
      expect(bytes).toBeLessThanOrEqual(1.5 * mostAtATime(rounded));
    }
  });

  it('of nothing is nothing', () => {
    expect(layOut([])).toEqual({offsets: [], bytes: 0});
  });
});
