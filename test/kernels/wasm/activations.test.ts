/** The sigmoids of the wasm kernel over the whole range of floats, against Math.exp in double precision. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src';
import {curves} from '../../support/activations';
import {implementations} from '../../support/implementations';

/** Every 0.002 of where a sigmoid is neither 0 nor 1, and powers of two of either sign down to the smallest. */
const line = Array.from({length: 120_000}, (_, i) => Math.fround((i - 60_000) / 500 + 1 / 3));
const powers = Array.from({length: 277}, (_, i) => 2 ** (i - 149)).flatMap((power) => [power, -power]);
const points = Float32Array.from([0, ...line, ...powers]);

/** The kernel at `points`: one channel under a filter that is 1. */
function kernelAt(points: Float32Array, activation: sts.Activation): Float32Array {
  return tf.tidy(() => {
    const x = tf.tensor(points, [1, 1, 1, points.length, 1]) as tf.Tensor5D;
    const one = tf.ones([1, 1, 1, 1, 1]) as tf.Tensor5D;
    return sts.conv3d(x, one, 1, 'same', 'NDHWC', 1, {activation}).dataSync() as Float32Array;
  });
}

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

  it('the others are exact or rounded once or twice', () => {
    for (const name of ['linear', 'relu', 'relu6'] as const) {
      expect([...kernelAt(points, name)].map((y) => y + 0)).toEqual(
        Array.from(points, (x) => curves[name].value(x) + 0),
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

  it('NaN stays, and infinities have their limits', () => {
    const ends = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect([...kernelAt(ends, 'sigmoid')]).toEqual([Number.NaN, 1, 0]);
    expect(kernelAt(ends, 'relu')[0]).toBeNaN();
    expect(kernelAt(ends, 'swish')[1]).toBe(Number.POSITIVE_INFINITY);
  });
});
