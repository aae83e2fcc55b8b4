/**
 * The curved activations of the wasm kernel over the whole range of floats, against Math.exp in double precision, and residual and
 * bounds wherever they come into the sums.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {curves, leaky} from '../../support/activations';
import {implementations} from '../../support/implementations';
import {naiveConv3d, naiveForward} from '../../support/naive_conv3d';
import {wholesOf} from './wasm_host';

/** Every 0.002 of where a sigmoid is neither 0 nor 1, and powers of two of either sign down to the smallest. */
const line = Array.from({length: 120_000}, (_, i) => Math.fround((i - 60_000) / 500 + 1 / 3));
const powers = Array.from({length: 277}, (_, i) => 2 ** (i - 149)).flatMap((power) => [power, -power]);
const points = Float32Array.from([0, ...line, ...powers]);

/** The kernel at `points`: one channel under a filter that is 1. */
function kernelAt(points: Float32Array, activation: sts.Activation): Float32Array {
  return tf.tidy(() => {
    const x = tf.tensor(points, [1, 1, 1, points.length, 1]) as tf.Tensor5D;
    const one = tf.ones([1, 1, 1, 1, 1]) as tf.Tensor5D;
    return sts.fused.conv3d({x, filter: one, pad: 'same', activation}).dataSync() as Float32Array;
  });
}

type Four = [number, number, number, number];
type Five = [number, ...Four];

/** `[time, height, width, inputs]` and `[kt, kh, kw, inputs, outputs]`, valid convolutions. */
const places: Record<string, [Four, Five]> = {
  'four rows at a time, a tail of outputs': [
    [3, 7, 9, 24],
    [1, 1, 1, 24, 54],
  ],
  'a block of rows at a time, a tail of outputs': [
    [1, 7, 19, 24],
    [1, 1, 1, 24, 108],
  ],
  'no full tile': [
    [1, 1, 3, 40],
    [1, 1, 1, 40, 13],
  ],
  'fewer outputs than a tile': [
    [2, 5, 5, 9],
    [1, 1, 1, 9, 5],
  ],
  'gathered taps in two turns': [
    [4, 9, 9, 9],
    [3, 5, 5, 9, 13],
  ],
};

describe.each(implementations.filter(({name}) => name === 'wasm, kernels'))('$name', ({use}) => {
  beforeAll(use);

  it.each(['sigmoid', 'swish'] as const)(
    '%s is within 2^-22 of the value wherever that is a normal float',
    (name) => {
      const given = kernelAt(points, name);
      let worst = 0;
      points.forEach((x, i) => {
        const exact = curves[name].value(x);
        const error = Math.abs(given[i]! - exact);
        // Below the normal floats the kernel gives 0, and in a product it is the factor that does.
        const floor = 2 ** -126 * Math.max(1, name === 'swish' ? Math.abs(x) : 0);
        if (error > floor) worst = Math.max(worst, error / Math.abs(exact));
      });
      expect(worst).toBeLessThan(2 ** -22);
    },
  );

  it.each(['elu', 'tanh', 'softplus'] as const)(
    '%s is within 2^-21 of the value wherever that is a normal float',
    (name) => {
      const given = kernelAt(points, name);
      let worst = 0;
      points.forEach((x, i) => {
        const exact = curves[name].value(x);
        const error = Math.abs(given[i]! - exact);
        if (error > 2 ** -126) worst = Math.max(worst, error / Math.abs(exact));
      });
      expect(worst).toBeLessThan(2 ** -21);
    },
  );

  it('gelu is within 2^-21 of the larger of |x| and 2^-3, and not far below zero', () => {
    const some = points.filter((_, i) => i % 25 === 0 || i > line.length);
    const given = kernelAt(some, 'gelu');
    some.forEach((x, i) => {
      const exact = curves.gelu.value(x);
      const error = Math.abs(given[i]! - exact);
      const relative = error > 2 ** -120 ? error / Math.abs(exact) : 0;
      expect(error, `at ${x}`).toBeLessThanOrEqual(2 ** -21 * Math.max(Math.abs(x), 2 ** -3));
      expect(relative, `at ${x}`).toBeLessThan(2 ** -18 * Math.max(1, (x * x) / 16));
    });
  });

  it('the others are exact or rounded once or twice', () => {
    for (const name of ['linear', 'relu', 'relu6'] as const) {
      expect([...kernelAt(points, name)].map((y) => y + 0)).toEqual(
        Array.from(points, (x) => curves[name].value(x) + 0),
      );
    }
    for (const slope of [0, 0.1, 1, 7, 2 ** -130, 2 ** -126]) {
      // A slope below the normal floats is 0, and so is what it would leave.
      const {value} = leaky(slope < 2 ** -126 ? 0 : Math.fround(slope));
      expect([...kernelAt(points, {leakyRelu: slope})].map((y) => y + 0)).toEqual(
        Array.from(points, (x) => Math.fround(value(x)) + 0),
      );
    }
    const given = kernelAt(points, 'hardSwish');
    const worst = Math.max(
      ...line.map((x, i) => {
        const exact = curves.hardSwish.value(x);
        // The sum x + 3 is rounded to a float of the size of 3, and the product follows.
        return Math.abs(given[i + 1]! - exact) / (Math.abs(x) * 2 ** -22 + 2 ** -22 * Math.abs(exact));
      }),
    );
    expect(worst).toBeLessThanOrEqual(1);
  });

  describe.each(Object.entries(places))('%s', (_, [size, filterShape]) => {
    const xShape: Five = [1, ...size];
    const kernel = filterShape.slice(0, 3);
    const output = size.slice(0, 3).map((n, axis) => n - kernel[axis]! + 1) as [number, number, number];
    const yShape: Five = [1, ...output, filterShape[4]!];
    const [x, w] = [wholesOf(xShape, 1), wholesOf(filterShape, 2)];
    const [bias, residual] = [wholesOf(yShape.slice(4), 3), wholesOf(yShape, 4)];
    const naive = naiveConv3d({
      ...{xShape, filterShape, output, groups: 1},
      ...{strides: [1, 1, 1], dilations: [1, 1, 1], before: [0, 0, 0]},
    });
    const sums = naiveForward(naive, x, w, bias).values;

    it.each([
      ['linear', true],
      ['relu', false],
      ['relu', true],
      ['relu6', false],
      ['relu6', true],
      [{leakyRelu: 0.25}, false],
      [{leakyRelu: 3}, true],
    ] as const)('%s, residual: %s', (activation, adds) => {
      const given = tf.tidy(() => {
        const options = {activation, bias: tf.tensor1d(bias)};
        return sts.fused
          .conv3d({
            x: tf.tensor<tf.Rank.R5>(x, xShape),
            filter: tf.tensor<tf.Rank.R5>(w, filterShape),
            ...options,
            ...(adds && {residual: tf.tensor<tf.Rank.R5>(residual, yShape)}),
          })
          .dataSync();
      });
      const curve = typeof activation === 'string' ? curves[activation] : leaky(activation.leakyRelu);
      const expected = Array.from(sums, (sum, i) => curve.value(sum + (adds ? residual[i]! : 0)) + 0);
      expect(Array.from(given, (value) => value + 0)).toEqual(expected);
    });
  });

  it('NaN stays in a full tile', () => {
    const y = tf.tidy(() => {
      const x = tf.fill([1, 1, 1, 4, 1], Number.NaN) as tf.Tensor5D;
      const options = {activation: 'relu6'} as const;
      return sts.fused
        .conv3d({x, filter: tf.ones([1, 1, 1, 1, 8]) as tf.Tensor5D, pad: 'same', ...options})
        .dataSync();
    });
    expect(new Set(y)).toEqual(new Set([Number.NaN]));
  });

  it('NaN stays, and infinities have their limits', () => {
    const ends = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect([...kernelAt(ends, 'sigmoid')]).toEqual([Number.NaN, 1, 0]);
    expect(kernelAt(ends, 'relu')[0]).toBeNaN();
    expect([...kernelAt(ends, {leakyRelu: 0.1})]).toEqual([...ends]);
    expect(kernelAt(ends, 'swish')[1]).toBe(Number.POSITIVE_INFINITY);
    expect([...kernelAt(ends, 'elu')]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, -1]);
    expect([...kernelAt(ends, 'tanh')]).toEqual([Number.NaN, 1, -1]);
    expect([...kernelAt(ends, 'softplus')]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0]);
    expect([...kernelAt(ends, 'gelu')]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0]);
  });
});
