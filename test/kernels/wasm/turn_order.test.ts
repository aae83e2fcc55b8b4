/** What calls of a recording wait for, against a look at every pair of them. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Placed, type Touched, waitsOf} from '../../../src/kernels/wasm/runtime/turn_order';

const has = (values: readonly number[], others: readonly number[]) =>
  values.some((value) => others.includes(value));

const overlap = (a: Placed, b: Placed) =>
  Array.from({length: a.bytes}, (_, i) => a.offset + i).some(
    (byte) => byte >= b.offset && byte < b.offset + b.bytes,
  );

/** Whether the results would differ if the second began before the first had ended. */
function mustWait(first: number, second: number, calls: readonly Touched[], placed: readonly Placed[]) {
  const [before, after] = [calls[first]!, calls[second]!];
  return (
    has(before.writes, [...after.reads, ...after.writes]) ||
    has(before.reads, after.writes) ||
    placed.some((a) => {
      const isNamed = has([a.value], [...before.reads, ...before.writes]);
      return isNamed && placed.some((b) => a.last < second && b.first === second && overlap(a, b));
    })
  );
}

describe('a call waits', () => {
  it('for no more than what it needs', () => {
    // A convolution's gradients by its input (3) and filter (4), and those of the norm (5, 6) and convolution (7, 8) before it.
    const calls = [
      {reads: [], writes: [0]},
      {reads: [0], writes: [1]},
      {reads: [1], writes: [2]},
      {reads: [2], writes: [3]},
      {reads: [2, 1], writes: [4]},
      {reads: [3], writes: [5]},
      {reads: [5, 3], writes: [6]},
      {reads: [6], writes: [7]},
      {reads: [6, 0], writes: [8]},
    ];
    expect(waitsOf(calls, [])).toEqual([[], [0], [1], [2], [2], [3], [5], [6], [6]]);
  });

  it('for all that it needs, whatever that is', () => {
    const value = fc.integer({min: 0, max: 12});
    const call = fc.record({reads: fc.array(value, {maxLength: 3}), writes: fc.array(value, {maxLength: 2})});
    const place = fc.record({offset: fc.integer({min: 0, max: 40}), bytes: fc.integer({min: 1, max: 9})});
    const given = fc.tuple(
      fc.array(call, {minLength: 20, maxLength: 20}),
      fc.array(place, {minLength: 13, maxLength: 13}),
    );
    fc.assert(
      fc.property(given, ([calls, places]) => {
        const placed = places.flatMap((place, value) => {
          const namers = [...calls.keys()].filter((i) =>
            has([value], [...calls[i]!.reads, ...calls[i]!.writes]),
          );
          return namers.length === 0 ? [] : [{...place, value, first: namers[0]!, last: namers.at(-1)!}];
        });
        const waits = waitsOf(calls, placed);
        /** What is done when a call begins. */
        const before: Set<number>[] = [];
        for (const [second, others] of waits.entries()) {
          for (const other of others) {
            expect(other).toBeLessThan(second);
            expect(mustWait(other, second, calls, placed)).toBe(true);
            // No other one of them waits for it.
            expect(others.some((between) => before[between]?.has(other))).toBe(false);
          }
          before.push(new Set(others.flatMap((other) => [other, ...before[other]!])));
          for (let first = 0; first < second; first++) {
            if (mustWait(first, second, calls, placed)) expect(before[second]).toContain(first);
          }
        }
      }),
      {numRuns: 300},
    );
  });
});
