/**
 * `tf.maxPool3d`, `tf.avgPool3d` and their gradients through our kernels, on cpu, wasm and webgl, against plain float64
 * loops: random geometries with many equal values, and what the host says of NaN, empty windows and whole numbers.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {replaceStockKernels, restoreStockKernels} from '../../src/kernels/registry';
import {InvalidArgumentError} from '../../src/util/errors';
import {inBrowser, startBackend, useFewPrograms} from '../support/backends';
import {type NaivePool, naivePool3d, naivePool3dGradients} from '../support/naive_pool3d';
import {pools, wholeNumbers} from './random_pools';
import {replacements} from './replacements';

const GEOMETRIES = inBrowser ? 40 : 150;

/** A mean of n whole numbers is rounded once or, as sums of n shares, n times. */
function expectMeans(given: ArrayLike<number>, expected: Float64Array, terms: number): void {
  const worst = expected.findIndex((value, i) => !(Math.abs(given[i]! - value) <= terms * 2 ** -22));
  expect(worst, `[${worst}] is ${given[worst]}, ought to be ${expected[worst]}`).toBe(-1);
}

type Axes = [number, number, number];
const row = (...values: number[]) => tf.tensor5d(values, [1, 1, 1, values.length, 1]);

describe.each(replacements)('$backendName', (replacement) => {
  const {backendName} = replacement;
  /** TensorFlow's op begins at the least finite number; its gradient, of float32, goes to the first of equal values or to a NaN before them. */
  const onTensorflow = backendName === 'tensorflow';
  beforeAll(async () => {
    await startBackend(backendName);
    replaceStockKernels(replacement);
    useFewPrograms(backendName);
  });
  afterAll(() => {
    restoreStockKernels(backendName);
    useFewPrograms(backendName, false);
  });

  it('pools random geometries, forward and back', () => {
    const check = (pool: NaivePool, seed: number) => {
      const values = wholeNumbers(pool.xShape, seed);
      const naive = naivePool3d(pool, values);
      const gradients = wholeNumbers(naive.yShape, seed + 1);
      const expected = naivePool3dGradients(pool, values, gradients, onTensorflow ? 'first' : 'last');
      const taps = pool.window.reduce((product, n) => product * n, 1);
      tf.tidy(() => {
        const x = tf.tensor(values, pool.xShape as [number, number, number, number, number]) as tf.Tensor5D;
        const dy = tf.tensor(gradients, naive.yShape as typeof x.shape) as tf.Tensor5D;
        const [window, strides] = [pool.window as Axes, pool.strides as Axes];
        const maxPool = (t: tf.Tensor) => tf.maxPool3d(t as tf.Tensor5D, window, strides, pool.pad);
        const meanPool = (t: tf.Tensor) => tf.avgPool3d(t as tf.Tensor5D, window, strides, pool.pad);
        const max = tf.valueAndGrad<tf.Tensor5D, tf.Tensor5D>(maxPool)(x, dy);
        const mean = tf.valueAndGrad(meanPool)(x, dy);
        expect(max.value.shape).toEqual(naive.yShape);
        expect(mean.value.shape).toEqual(naive.yShape);
        expect([...max.value.dataSync()]).toEqual([...naive.max]);
        expect([...max.grad.dataSync()].map((n) => n + 0)).toEqual([...expected.max].map((n) => n + 0));
        expectMeans(mean.value.dataSync(), naive.average, 1);
        expectMeans(mean.grad.dataSync(), expected.average, taps);
      });
    };
    fc.assert(fc.property(pools, fc.integer({min: 1, max: 2 ** 31 - 3}), check), {
      numRuns: onTensorflow ? 60 : GEOMETRIES,
      seed: 20221023,
    });
  });

  it('passes over NaN, as the cpu backend does', () => {
    const y = tf.maxPool3d(row(1, Number.NaN, -3, 2), [1, 1, 2], 1, 'valid');
    expect([...y.dataSync()]).toEqual([1, -3, 2]);
    const none = tf.maxPool3d(row(Number.NaN, Number.NaN), [1, 1, 2], 1, 'valid');
    expect([...none.dataSync()]).toEqual([onTensorflow ? -(2 - 2 ** -23) * 2 ** 127 : -Infinity]);
    const back = tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, [1, 1, 2], 2, 'valid'));
    // Of as many channels as are taken one by one, four by four and eight by eight.
    for (const channels of [1, 5, 11]) {
      const alike = (...values: number[]) => tf.tile(row(...values), [1, 1, 1, 1, channels]) as tf.Tensor5D;
      const dx = back(alike(Number.NaN, 5, Number.NaN, Number.NaN), alike(3, 4));
      const expected = onTensorflow ? alike(3, 0, 4, 0) : alike(0, 3, 0, 0);
      expect([...dx.dataSync()]).toEqual([...expected.dataSync()]);
    }
    const mean = tf.avgPool3d(row(Number.NaN, 1, 3), [1, 1, 2], 1, 'valid');
    expect([...mean.dataSync()]).toEqual([Number.NaN, 2]);
    tf.dispose([y, none, mean]);
  });

  it('gives the gradient of equal values to one of them', () => {
    const back = tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'valid'));
    const last = [0, 0, 0, 0, 0, 0, 0, 1];
    expect([...back(tf.ones([1, 2, 2, 2, 1])).dataSync()]).toEqual(onTensorflow ? last.reverse() : last);
  });

  it('takes numeric padding, rounded sizes and windows that hold nothing', () => {
    const x = row(1, 2, 3, 4, 5, 6, 7, 8);
    const read = (y: tf.Tensor) => [...y.dataSync()];
    expect(read(tf.avgPool3d(x, 1, [1, 1, 3], 0, 'floor'))).toEqual([1, 4, 7]);
    // Windows begin at -1, 2, 5 and 8; above, below, before and behind there are windows of padding alone.
    const padded = tf.maxPool3d(x, [1, 1, 2], [1, 1, 3], 1, 'ceil');
    expect(padded.shape).toEqual([1, 3, 3, 4, 1]);
    expect(read(padded).slice(16, 20)).toEqual([1, 4, 7, -Infinity]);
    expect(read(padded).filter((value) => value === -Infinity).length).toBe(33);
    const means = read(tf.avgPool3d(x, [1, 1, 2], [1, 1, 3], 1, 'ceil'));
    expect(means.slice(16, 20)).toEqual([1, 3.5, 6.5, 0]);
    expect(means.filter((value) => value === 0).length).toBe(33);
    const back = tf.grad((t) => tf.avgPool3d(t as tf.Tensor5D, [1, 1, 2], [1, 1, 3], 1, 'ceil'));
    expect(read(back(x))).toEqual([1, 0, 0.5, 0.5, 0, 0.5, 0.5, 0]);
  });

  it('gives zeros for the gradient of nothing, and refuses what is no window', () => {
    const x = tf.ones([1, 2, 3, 3, 2]) as tf.Tensor5D;
    for (const pool of [tf.maxPool3d, tf.avgPool3d]) {
      // The window is larger than the input, of which the host gives an empty tensor.
      const back = tf.grad((t) => pool(t as tf.Tensor5D, 5, 1, 'valid'));
      expect([...back(x).dataSync()]).toEqual(new Array(36).fill(0));
      // Strides below 1 the host refuses itself.
      expect(() => pool(x, 0, 1, 'same')).toThrow(/filterSize must be whole numbers/);
      expect(() => pool(x, 1.5, 1, 'same')).toThrow(InvalidArgumentError);
      expect(() => pool(x, 2, 1.5, 'same')).toThrow(/strides must be whole numbers.*got \[1.5, 1.5, 1.5\]/);
    }
    x.dispose();
  });

  it('keeps whole numbers, exactly, and true and false', () => {
    // Apart by less than float32 can tell, but on webgl, whose tensors are all of it; one window has negative numbers alone.
    const most = backendName === 'webgl' ? 2 ** 22 : 2 ** 30;
    const values = [most, most + 1, -2 * most, -2 * most + 1, most / 64 + 1, most / 64];
    const pool = (t: tf.Tensor) => tf.maxPool3d(t as tf.Tensor5D, [1, 1, 2], [1, 1, 2], 'valid');
    for (const channels of [1, 5, 21]) {
      const repeated = values.flatMap((value) => new Array<number>(channels).fill(value));
      const shape: [number, number, number, number, number] = [1, 1, 1, 6, channels];
      tf.tidy(() => {
        const whole = tf.tensor5d(repeated, shape, 'int32');
        const y = pool(whole);
        expect(y.dtype).toBe('int32');
        const largest = [most + 1, -2 * most + 1, most / 64 + 1];
        expect([...y.dataSync()]).toEqual(largest.flatMap((value) => new Array(channels).fill(value)));
        const attrs = {filterSize: [1, 1, 2], strides: [1, 1, 2], pad: 'valid'} as unknown as tf.NamedAttrMap;
        const back = (input: tf.Tensor, dy: tf.Tensor) =>
          tf.engine().runKernel(tf.MaxPool3DGrad, {dy, input, output: y}, attrs) as tf.Tensor;
        const found = (onTensorflow ? [1, 0, 1, 0, 1, 0] : [0, 1, 0, 1, 1, 0]).flatMap((value) =>
          new Array(channels).fill(value),
        );
        expect([...back(whole, tf.cast(tf.onesLike(y), 'float32')).dataSync()]).toEqual(found);
        const solid = tf.greater(whole, 0);
        expect(pool(solid).dtype).toBe('bool');
        expect([...pool(solid).dataSync()].slice(0, 2 * channels)).toEqual(
          [1, 0].flatMap((value) => new Array(channels).fill(value)),
        );
        expect(tf.logicalNot(pool(solid)).dtype).toBe('bool');
        const last = (onTensorflow ? [1, 0, 1, 0, 1, 0] : [0, 1, 0, 1, 0, 1]).flatMap((value) =>
          new Array(channels).fill(value),
        );
        expect([...back(solid, tf.cast(tf.onesLike(y), 'float32')).dataSync()]).toEqual(last);
      });
    }
  });

  it('averages whole numbers given to the kernels by name', () => {
    const attrs = {filterSize: [1, 1, 2], strides: [1, 1, 2], pad: 'valid'} as unknown as tf.NamedAttrMap;
    tf.tidy(() => {
      const x = tf.tensor5d([1, 2, -7, 3], [1, 1, 1, 4, 1], 'int32');
      const y = tf.engine().runKernel(tf.AvgPool3D, {x}, attrs) as tf.Tensor;
      expect([y.dtype, ...y.dataSync()]).toEqual(['float32', 1.5, -2]);
      const dy = tf.tensor5d([2, 4], [1, 1, 1, 2, 1], 'int32');
      const dx = tf.engine().runKernel(tf.AvgPool3DGrad, {dy, input: x}, attrs) as tf.Tensor;
      expect([dx.dtype, ...dx.dataSync()]).toEqual(['float32', 1, 1, 2, 2]);
    });
  });

  it('takes whole numbers, and clips without a batch or with an empty one', () => {
    const whole = tf.maxPool3d(
      tf.tensor5d([-5, -3, 7, 2], [1, 1, 1, 4, 1], 'int32'),
      [1, 1, 2],
      [1, 1, 2],
      0,
    );
    expect([...whole.dataSync()]).toEqual([-3, 7]);
    const clip = tf.maxPool3d(tf.tensor4d([-5, -3], [1, 1, 2, 1]), [1, 1, 2], 1, 'valid');
    expect(clip.shape).toEqual([1, 1, 1, 1]);
    expect([...clip.dataSync()]).toEqual([-3]);
    for (const pool of [tf.maxPool3d, tf.avgPool3d]) {
      const none = tf.grad((x) => pool(x as tf.Tensor5D, [1, 2, 2], 2, 'same'));
      expect(none(tf.zeros([0, 2, 4, 4, 3])).shape).toEqual([0, 2, 4, 4, 3]);
    }
  });
});
