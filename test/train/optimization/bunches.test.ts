/** Which weights are updated in one call. */
import {expect, it} from 'vitest';
import {bunches} from '../../../src/train/optimization/optimizers/bunches';

const MILLION = 2 ** 20;
const sizes = (given: number[]) => bunches(given, (size) => size);

it('puts small weights together and leaves large ones alone, in their order', () => {
  expect(sizes([])).toEqual([]);
  expect(sizes([1, 0, MILLION - 1, 1])).toEqual([[1, 0, MILLION - 1], [1]]);
  expect(sizes([3 * MILLION, 0, 5, MILLION, 2 * MILLION])).toEqual([
    [3 * MILLION],
    [0, 5],
    [MILLION],
    [2 * MILLION],
  ]);
});
