/** The nearest vectors against sorting every cosine, worked out plainly in double precision. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../../src/util/errors';
import {findSimilar} from '../../../../src/video/timeline/analyze/find_similar';

function cosine(a: readonly number[], b: readonly number[]): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    ab += value * b[i]!;
    aa += value * value;
    bb += b[i]! * b[i]!;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

const value = fc.integer({min: -9, max: 9});
const vectors = fc
  .integer({min: 1, max: 7})
  .chain((length) =>
    fc.tuple(
      fc.array(fc.array(value, {minLength: length, maxLength: length}), {minLength: 1, maxLength: 23}),
      fc.array(value, {minLength: length, maxLength: length}),
      fc.integer({min: 1, max: 30}),
    ),
  );

describe('findSimilar', () => {
  it('agrees with sorting all cosines', () => {
    fc.assert(
      fc.property(vectors, ([features, query, top]) => {
        const found = findSimilar(features, query, {top});
        expect(found).toHaveLength(Math.min(top, features.length));
        expect(new Set(found.map(({index}) => index)).size).toBe(found.length);
        const sorted = features.map((vector) => cosine(vector, query)).sort((a, b) => b - a);
        found.forEach(({index, similarity}, i) => {
          expect(Math.abs(similarity - sorted[i]!)).toBeLessThan(1e-12);
          expect(Math.abs(similarity - cosine(features[index]!, query))).toBeLessThan(1e-12);
        });
        const packed = {values: Float32Array.from(features.flat()), length: query.length};
        expect(findSimilar(packed, query, {top})).toEqual(found);
      }),
      {seed: 2, numRuns: 200},
    );
  });

  it('finds the same vector first whatever its length, and nothing in zeros', () => {
    const features = [
      [1, 0],
      [0, 0],
      [3, 3],
      [-1, -1],
    ];
    expect(findSimilar(features, [1, 1])).toEqual([
      {index: 2, similarity: expect.closeTo(1, 12)},
      {index: 0, similarity: expect.closeTo(Math.SQRT1_2, 12)},
      {index: 1, similarity: 0},
      {index: 3, similarity: expect.closeTo(-1, 12)},
    ]);
    expect(findSimilar(features, [0, 0], {top: 1})).toEqual([{index: 0, similarity: 0}]);
    expect(findSimilar([], [1, 1])).toEqual([]);
  });

  it('refuses vectors of two lengths, and options that it does not know', () => {
    expect(() => findSimilar([[1, 2], [1]], [1, 2])).toThrow(/vector 1 has 1 values and the query 2/);
    expect(() => findSimilar({values: new Float32Array(5), length: 2}, [1, 2])).toThrow(InvalidArgumentError);
    expect(() => findSimilar({values: new Float32Array(6), length: 3}, [1, 2])).toThrow(
      /a query of 2 values/,
    );
    // Segments of a timeline that was made without `features`.
    expect(() => findSimilar([[1], undefined as never], [1])).toThrow(
      /vector 1 is missing; .* features: true/,
    );
    expect(() => findSimilar([], undefined as never)).toThrow(/there is no query; .* features: true/);
    expect(() => findSimilar([[1]], [1], {top: 0})).toThrow(/top is 0/);
    expect(() => findSimilar([[1]], [1], {limit: 3} as never)).toThrow(/unknown option limit/);
  });
});
