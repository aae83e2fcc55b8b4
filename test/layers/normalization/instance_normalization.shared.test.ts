/**
 * Group normalization of one channel a group, which runs on the kernel of batch normalization where channels are last:
 * against plain float64 loops, and its gradients against those of the same layer with channels first, which is composed.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {implementations} from '../../support/implementations';

const SHAPE = [2, 3, 4, 5, 3] as const;
const [BATCH, CHANNELS] = [SHAPE[0], SHAPE[4]];
const POSITIONS = SHAPE[1] * SHAPE[2] * SHAPE[3];
const EPSILON = 1e-3;

const numbers = (count: number, factor: number) =>
  Float32Array.from({length: count}, (_, i) => Math.sin(factor * (i + 1)) + 0.5);
const x = numbers(BATCH * POSITIONS * CHANNELS, 1.7);
const dy = numbers(x.length, 0.9);
const [gamma, beta] = [numbers(CHANNELS, 2.3), numbers(CHANNELS, 3.1)];

function naive(): number[] {
  const y = new Array<number>(x.length);
  for (let n = 0; n < BATCH; n++) {
    for (let c = 0; c < CHANNELS; c++) {
      const at = (p: number) => (n * POSITIONS + p) * CHANNELS + c;
      let mean = 0;
      for (let p = 0; p < POSITIONS; p++) mean += x[at(p)]! / POSITIONS;
      let variance = 0;
      for (let p = 0; p < POSITIONS; p++) variance += (x[at(p)]! - mean) ** 2 / POSITIONS;
      for (let p = 0; p < POSITIONS; p++) {
        y[at(p)] = ((x[at(p)]! - mean) / Math.sqrt(variance + EPSILON)) * gamma[c]! + beta[c]!;
      }
    }
  }
  return y;
}

/** The layer and its gradient, channels last or moved to the front and back. */
async function run(channelsLast: boolean): Promise<[Float32Array, Float32Array]> {
  const tensors = tf.tidy(() => {
    const layer = sts.layers.groupNormalization({
      groups: -1,
      axis: channelsLast ? -1 : 1,
      epsilon: EPSILON,
    });
    const apply = (input: tf.Tensor) => {
      if (channelsLast) return layer.apply(input) as tf.Tensor;
      const moved = tf.transpose(input, [0, 4, 1, 2, 3]);
      return tf.transpose(layer.apply(moved) as tf.Tensor, [0, 2, 3, 4, 1]);
    };
    const input = tf.tensor(x, [...SHAPE]);
    apply(input);
    layer.setWeights([tf.tensor1d(gamma), tf.tensor1d(beta)]);
    const dx = tf.grad(apply)(input, tf.tensor(dy, [...SHAPE]));
    const y = apply(input);
    layer.dispose();
    return [y, dx];
  });
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values as [Float32Array, Float32Array];
}

const largestDifference = (actual: Float32Array, expected: ArrayLike<number>) =>
  actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);

describe.each(implementations)('$name', ({use}) => {
  beforeAll(use);

  /** Sums of 60 values of at most 1.5, then a division by a deviation of about 0.7 and a gain of at most 1.5. */
  const tolerance = 60 * 2 ** -24 * 1.5 * (1.5 / 0.7) * 4;

  it('normalizes each channel of each sample', async () => {
    const [y] = await run(true);
    expect(largestDifference(y, naive())).toBeLessThan(tolerance);
  });

  it('has the gradient of the composed form', async () => {
    const [[, dx], [, expected]] = [await run(true), await run(false)];
    expect(largestDifference(dx, expected)).toBeLessThan(tolerance);
  });
});
