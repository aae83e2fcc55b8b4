/**
 * The host's ops through our kernels on webgpu, in Node: pooling against plain float64 loops, and what the stock kernels get
 * wrong. The files beside this folder do so on cpu and wasm; values of webgpu in Node cannot be read at once.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/webgpu';
import {kernelCoverage, replaceStockKernels, restoreStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/webgpu';
import {startBackend} from '../../support/backends';
import {type NaivePool, naivePool3d, naivePool3dGradients} from '../../support/naive_pool3d';
import {pools, wholeNumbers} from '../random_pools';

const GEOMETRIES = 80;

type Axes = [number, number, number];
type Shape = [number, number, number, number, number];
const five = (values: ArrayLike<number>, shape: readonly number[]) =>
  tf.tensor5d(Array.from(values), shape as Shape);
const row = (...values: number[]) => five(values, [1, 1, 1, values.length, 1]);

/** Values of a tensor, which goes. 0 and -0 are the same. */
async function read(tensor: tf.Tensor): Promise<number[]> {
  const values = Array.from(await tensor.data(), (value) => value + 0);
  tensor.dispose();
  return values;
}

beforeAll(async () => {
  await startBackend('webgpu');
  replaceStockKernels(stockReplacements);
});

describe('pooling', () => {
  it(`of ${GEOMETRIES} random geometries, forward and back`, async () => {
    const check = async (pool: NaivePool, seed: number) => {
      const values = wholeNumbers(pool.xShape, seed);
      const naive = naivePool3d(pool, values);
      const gradients = wholeNumbers(naive.yShape, seed + 1);
      const expected = naivePool3dGradients(pool, values, gradients);
      const taps = pool.window.reduce((product, n) => product * n, 1);
      const [window, strides] = [pool.window as Axes, pool.strides as Axes];
      const [max, mean] = [tf.maxPool3d, tf.avgPool3d].map((op) =>
        tf.tidy(() => {
          const run = (t: tf.Tensor) => op(t as tf.Tensor5D, window, strides, pool.pad) as tf.Tensor;
          return tf.valueAndGrad(run)(five(values, pool.xShape), five(gradients, naive.yShape));
        }),
      ) as [{value: tf.Tensor; grad: tf.Tensor}, {value: tf.Tensor; grad: tf.Tensor}];
      expect(max.value.shape).toEqual(naive.yShape);
      expect(await read(max.value)).toEqual(Array.from(naive.max, (value) => value + 0));
      expect(await read(max.grad)).toEqual(Array.from(expected.max, (value) => value + 0));
      const isClose = (given: number[], right: Float64Array, terms: number) =>
        given.every((value, i) => Math.abs(value - right[i]!) <= terms * 2 ** -22);
      expect(isClose(await read(mean.value), naive.average, 1)).toBe(true);
      expect(isClose(await read(mean.grad), expected.average, taps)).toBe(true);
    };
    await fc.assert(fc.asyncProperty(pools, fc.integer({min: 1, max: 2 ** 31 - 3}), check), {
      numRuns: GEOMETRIES,
      seed: 20221023,
    });
  });

  it('passes over NaN, and gives the gradient of equal values to the last of them', async () => {
    const pool = (x: tf.Tensor) => tf.maxPool3d(x as tf.Tensor5D, [1, 1, 2], 1, 'valid');
    expect(await read(pool(row(1, Number.NaN, -3, 2)))).toEqual([1, -3, 2]);
    expect(await read(pool(row(Number.NaN, Number.NaN)))).toEqual([-Infinity]);
    const back = tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, [1, 1, 2], 2, 'valid'));
    expect(await read(back(row(Number.NaN, 5, Number.NaN, Number.NaN), row(3, 4)))).toEqual([0, 3, 0, 0]);
    const ofEight = tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'valid'));
    expect(await read(ofEight(tf.ones([1, 2, 2, 2, 1])))).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('takes numeric padding, windows that hold nothing, empty batches and whole numbers', async () => {
    const x = row(1, 2, 3, 4, 5, 6, 7, 8);
    const padded = await read(tf.maxPool3d(x, [1, 1, 2], [1, 1, 3], 1, 'ceil'));
    expect(padded.slice(16, 20)).toEqual([1, 4, 7, -Infinity]);
    const means = await read(tf.avgPool3d(x, [1, 1, 2], [1, 1, 3], 1, 'ceil'));
    expect(means.slice(16, 20)).toEqual([1, 3.5, 6.5, 0]);
    const back = tf.grad((t) => tf.avgPool3d(t as tf.Tensor5D, [1, 1, 2], [1, 1, 3], 1, 'ceil'));
    expect(await read(back(x))).toEqual([1, 0, 0.5, 0.5, 0, 0.5, 0.5, 0]);
    for (const pool of [tf.maxPool3d, tf.avgPool3d]) {
      const none = tf.grad((t) => pool(t as tf.Tensor5D, [1, 2, 2], 2, 'same'));
      expect(none(tf.zeros([0, 2, 4, 4, 3])).shape).toEqual([0, 2, 4, 4, 3]);
      // The window is larger than the input.
      const ofNothing = tf.grad((t) => pool(t as tf.Tensor5D, 5, 1, 'valid'));
      expect(await read(ofNothing(tf.ones([1, 2, 3, 3, 2])))).toEqual(new Array(36).fill(0));
    }
    const whole = tf.maxPool3d(
      tf.tensor5d([-5, -3, 7, 2], [1, 1, 1, 4, 1], 'int32'),
      [1, 1, 2],
      [1, 1, 2],
      0,
    );
    expect(await read(whole)).toEqual([-3, 7]);
  });
});

describe('what the stock kernels get wrong', () => {
  const line = () => row(0, 1, 2, 3, 4, 5);
  const gradient = (op: (x: tf.Tensor5D) => tf.Tensor) => () => tf.grad((x) => op(x as tf.Tensor5D))(line());
  const one = () => tf.ones<tf.Rank.R5>([1, 1, 1, 1, 1]);
  // Sums of 2000 products and few results, of whole numbers, which any order adds up exactly.
  const [rows, long, columns] = [2, 2000, 68];
  const matrix = (height: number, width: number, seed: number) =>
    tf.tensor2d(wholeNumbers([height, width], seed), [height, width]);
  const product = (a: Float32Array, b: Float32Array) =>
    Array.from({length: rows * columns}, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return Array.from({length: long}, (_, k) => a[row * long + k]! * b[column * long + k]!).reduce(
        (sum, value) => sum + value,
      );
    });
  const products = product(wholeNumbers([rows, long], 1), wholeNumbers([columns, long], 2));
  const cases: [string, () => tf.Tensor, number[]][] = [
    ['tf.conv3d', () => tf.conv3d(line(), one(), [1, 1, 2], 'same'), [0, 2, 4]],
    ['its gradient', gradient((x) => tf.conv3d(x, one(), [1, 1, 2], 'same')), [1, 0, 1, 0, 1, 0]],
    ['tf.maxPool3d', () => tf.maxPool3d(line(), 1, [1, 1, 2], 'same'), [0, 2, 4]],
    ['tf.avgPool3d', () => tf.avgPool3d(line(), 1, [1, 1, 2], 'same'), [0, 2, 4]],
    [
      'the gradient of that tf.maxPool3d',
      gradient((x) => tf.maxPool3d(x, 1, [1, 1, 2], 'same')),
      [1, 0, 1, 0, 1, 0],
    ],
    [
      'the gradient of that tf.avgPool3d',
      gradient((x) => tf.avgPool3d(x, 1, [1, 1, 2], 'same')),
      [1, 0, 1, 0, 1, 0],
    ],
  ];

  const multiply: [string, () => tf.Tensor, number[]][] = [
    ['tf.matMul', () => tf.matMul(matrix(rows, long, 1), matrix(columns, long, 2), false, true), products],
    [
      'tf.fused.matMul',
      () =>
        tf.fused.matMul({
          a: matrix(rows, long, 1),
          b: matrix(columns, long, 2),
          transposeB: true,
          bias: tf.ones([columns]),
        }),
      products.map((value) => value + 1),
    ],
  ];

  it.each(multiply)('%s, a transposed second matrix and long sums', (_, run, right) => compare(run, right));
  it.each(cases)("%s, 'same', kernel shorter than the stride", (_, run, right) => compare(run, right));

  async function compare(run: () => tf.Tensor, right: number[]): Promise<void> {
    restoreStockKernels('webgpu');
    expect(kernelCoverage().MaxPool3D).toBe('stock');
    expect(await read(tf.tidy(run))).not.toEqual(right);
    replaceStockKernels(stockReplacements);
    expect(kernelCoverage().MaxPool3D).toBe('kernel');
    expect(await read(tf.tidy(run))).toEqual(right);
  }
});
