/**
 * `tf.sum` and `tf.mean` on wasm against plain float64 loops, over any axes: neighbouring ones, which our kernel does,
 * and the others, which it leaves to the host.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, it} from 'vitest';
import '../../../src/entries/backends/wasm';
import {replaceStockKernels, restoreStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/wasm';
import {isSumOfRows} from '../../../src/kernels/wasm/reductions/sum_rows';
import {startBackend} from '../../support/backends';
import {valuesOf} from './wasm_host';

beforeAll(async () => {
  await startBackend('wasm');
  replaceStockKernels(stockReplacements);
});
afterAll(() => restoreStockKernels('wasm'));

interface Sample {
  shape: number[];
  axes: number[];
  keepDims: boolean;
  seed: number;
}

const samples = fc
  .record({
    shape: fc.array(fc.oneof(fc.integer({min: 1, max: 4}), fc.integer({min: 1, max: 40})), {
      minLength: 1,
      maxLength: 5,
    }),
    reduced: fc.array(fc.boolean(), {minLength: 5, maxLength: 5}),
    keepDims: fc.boolean(),
    seed: fc.integer({min: 1, max: 1000}),
  })
  .map(
    ({reduced, ...rest}): Sample => ({...rest, axes: [...rest.shape.keys()].filter((axis) => reduced[axis])}),
  )
  .filter(({shape, axes}) => axes.length > 0 && shape.reduce((size, n) => size * n, 1) < 30_000);

/** Sums, and sums of magnitudes, of all values whose kept indices are the same. */
function naiveSums({shape, axes}: Sample, values: Float32Array) {
  const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const size = kept.reduce((product, n) => product * n, 1);
  const [sums, magnitudes] = [new Float64Array(size), new Float64Array(size)];
  values.forEach((value, at) => {
    let [rest, to, step] = [at, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      if (!axes.includes(axis)) to += index * step;
      step *= kept[axis]!;
    }
    sums[to]! += value;
    magnitudes[to]! += Math.abs(value);
  });
  return {sums, magnitudes, count: values.length / size, kept};
}

it('agree with the loops, whichever axes', () => {
  let ours = 0;
  const one = (sample: Sample) => {
    const {shape, axes, keepDims, seed} = sample;
    const values = valuesOf(shape, seed);
    const {sums, magnitudes, count, kept} = naiveSums(sample, values);
    tf.tidy(() => {
      const x = tf.tensor(values, shape);
      if (isSumOfRows({inputs: {x}, attrs: {axis: axes, keepDims}, backend: {}})) ours++;
      for (const [op, divisor] of [
        [tf.sum, 1],
        [tf.mean, count],
      ] as const) {
        const y = op(x, axes, keepDims);
        expect(y.shape).toEqual(keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis)));
        const given = y.dataSync();
        // One rounding for each term that is added, and one of the division.
        const off = (i: number) => Math.abs(given[i]! - sums[i]! / divisor);
        const bound = (i: number) => ((count + 1) * 2 ** -24 * magnitudes[i]!) / divisor + 1e-30;
        expect([...sums.keys()].filter((i) => !(off(i) <= bound(i)))).toEqual([]);
      }
    });
  };
  fc.assert(fc.property(samples, one), {numRuns: 300, seed: 20221023});
  expect(ours).toBeGreaterThan(60);
});

it('keep to many terms without losing the small ones', () => {
  // In one sum of float32 each of the last terms would be rounded to a multiple of 2: 30,000,000 is beyond 2^24. Ours
  // are sums of 16 at a time in float32, added up in double precision.
  const rows = 300_000;
  const sum = tf.tidy(() => tf.sum(tf.fill([rows, 2], 100.3), 0).dataSync());
  expect(Math.abs(sum[0]! / (Math.fround(100.3) * rows) - 1)).toBeLessThan(17 * 2 ** -24);
});

it('leave whole numbers to the host, and sum nothing to zero', () => {
  const whole = tf.sum(tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2], 'int32'), 1);
  expect(whole.dtype).toBe('int32');
  expect([...whole.dataSync()]).toEqual([4, 6, 12, 14]);
  expect([...tf.sum(tf.zeros([0, 3]), 0).dataSync()]).toEqual([0, 0, 0]);
  expect([...tf.mean(tf.zeros([0, 3]), 0).dataSync()]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(tf.mean(tf.zeros([2, 3, 0]), 1).shape).toEqual([2, 0]);
  whole.dispose();
});

const dtypes = ['float32', 'int32', 'bool'] as const;

it.each(dtypes)('of no values of %s are 0, their means not a number, as in TensorFlow', (dtype) => {
  for (const shape of [[0], [0, 3], [3, 0], [2, 0, 3], [0, 2, 3], [2, 3, 0], [0, 2, 0, 3]]) {
    for (let bits = 1; bits < 2 ** shape.length; bits++) {
      const axes = [...shape.keys()].filter((axis) => Math.floor(bits / 2 ** axis) % 2 === 1);
      const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
      const values = (value: number) => new Array<number>(kept.reduce((size, n) => size * n, 1)).fill(value);
      tf.tidy(() => {
        const x = tf.zeros(shape, dtype);
        const [sum, mean] = [tf.sum(x, axes, true), tf.mean(x, axes, true)];
        const label = `${shape} over ${axes}`;
        expect([sum.shape, mean.shape], label).toEqual([kept, kept]);
        expect([sum.dtype, mean.dtype], label).toEqual([dtype === 'float32' ? dtype : 'int32', 'float32']);
        expect([...sum.dataSync()], label).toEqual(values(0));
        expect([...mean.dataSync()], label).toEqual(values(Number.NaN));
        expect(tf.sum(x, axes).shape, label).toEqual(shape.filter((_, axis) => !axes.includes(axis)));
      });
    }
  }
});
