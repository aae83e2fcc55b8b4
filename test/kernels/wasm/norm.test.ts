/**
 * Batch normalization in training on wasm, where rows are put side by side in blocks that threads share: numbers of channels that fill
 * no vector, numbers of rows that fill no block, and what is not finite. Against float64 loops; the same in test/ops on
 * every backend for fewer shapes, the same bits on several threads in threads/set_threads.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries';
import type {NormActivation} from '../../../src/geometry/kernel_names';
import {batchNormTrain} from '../../../src/ops/batch_norm_train';
import {type Bounds, type Case, EPSILON, expected, tensorsOf, worstOf} from '../../support/batch_norm';
import {implementations} from '../../support/implementations';

const RESULTS = ['y', 'mean', 'variance', 'dx', 'dgamma', 'dbeta'] as const;

/** All results of a batch, and the gradients by its inputs. */
function everything(
  {rows, channels}: Case,
  {x, gamma, beta, dy}: ReturnType<typeof tensorsOf>,
  norm: (x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D) => ReturnType<typeof batchNormTrain>,
): Float32Array[] {
  return tf.tidy(() => {
    const inputs = [tf.tensor2d(x, [rows, channels]), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
    const {y, mean, variance} = norm(...inputs);
    const gradients = tf.grads(
      (a, b, c) => norm(a as tf.Tensor2D, b as tf.Tensor1D, c as tf.Tensor1D).y as tf.Tensor,
    )([...inputs], tf.tensor2d(dy, [rows, channels]));
    return [y, mean, variance, ...gradients].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

const alone =
  (activation: NormActivation) =>
  (x: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D): ReturnType<typeof batchNormTrain> =>
    batchNormTrain(x, gamma, beta, EPSILON, activation);

const channelCounts = [1, 2, 3, 5, 7, 10, 12, 17, 54, 257, 260];

describe('batch normalization in training on wasm', () => {
  beforeAll(() => implementations.find(({name}) => name === 'wasm, kernels')!.use());

  it.each(channelCounts)('of %i channels', (channels) => {
    // One row, fewer than fill a vector or a wide row, more than one block of 32 wide rows.
    for (const rows of [1, 3, 37, 150, Math.ceil(9000 / channels) + 41]) {
      const given = {rows, channels, offset: 1};
      const inputs = tensorsOf(given);
      const results = everything(given, inputs, alone('linear'));
      const bounds: Bounds = expected(given, inputs.x, inputs.gamma, inputs.beta, inputs.dy);
      RESULTS.forEach((name, i) => {
        const worst = worstOf(results[i]!, bounds[name]);
        expect(worst, `${name}[${worst}] of ${rows} rows is ${results[i]![worst]}`).toBe(-1);
      });
    }
  });

  it('rounds many rows as it does few', () => {
    const given = {rows: 60_001, channels: 5, offset: 20, additions: 100};
    const inputs = tensorsOf(given);
    const results = everything(given, inputs, alone('linear'));
    const bounds = expected(given, inputs.x, inputs.gamma, inputs.beta, inputs.dy);
    RESULTS.forEach((name, i) => {
      expect(worstOf(results[i]!, bounds[name]), name).toBe(-1);
    });
  });

  it('gives a batch of more than 2^21 values, which are written row by row, what it gives to the rows that it repeats', () => {
    const [few, times] = [{rows: 257, channels: 4, offset: 1}, 2041];
    const one = tensorsOf(few);
    const repeated = (values: Float32Array) => {
      const all = new Float32Array(times * values.length);
      for (let i = 0; i < times; i++) all.set(values, i * values.length);
      return all;
    };
    const inputs = {...one, x: repeated(one.x), dy: repeated(one.dy)};
    const [y, , , dx] = everything({...few, rows: times * few.rows}, inputs, alone('linear'));
    const bounds = expected(few, one.x, one.gamma, one.beta, one.dy);
    const size = one.x.length;
    for (let from = 0; from < y!.length; from += size) {
      expect(worstOf(y!.subarray(from, from + size), bounds.y)).toBe(-1);
      expect(worstOf(dx!.subarray(from, from + size), bounds.dx)).toBe(-1);
    }
  });

  it.each(channelCounts)('of %i channels with an activation is what the two give', (channels) => {
    for (const activation of ['relu', 'relu6'] as const) {
      const given = {rows: Math.ceil(9000 / channels) + 41, channels, offset: 0};
      const inputs = tensorsOf(given);
      inputs.gamma = inputs.gamma.map((value) => 4 * Math.sign(value) + value);
      inputs.beta = inputs.beta.map((value) => value + 3);
      const wanted = everything(given, inputs, (x, gamma, beta) => {
        const {y, ...statistics} = batchNormTrain(x, gamma, beta, EPSILON);
        return {y: tf.minimum(tf.relu(y), activation === 'relu' ? Infinity : 6), ...statistics};
      });
      const found = everything(given, inputs, alone(activation));
      // Not toEqual: 0 and -0 are the same here.
      found.forEach((values, i) => {
        expect(values.findIndex((value, at) => value !== wanted[i]![at])).toBe(-1);
      });
    }
  });

  it('of no channels, or no rows, gives what has no values', () => {
    for (const [rows, channels] of [
      [4, 0],
      [0, 3],
    ] as const) {
      const given = {rows, channels, offset: 0};
      const [y, mean, variance, dx, dgamma, dbeta] = everything(given, tensorsOf(given), alone('relu'));
      expect([y!.length, dx!.length]).toEqual([0, 0]);
      for (const values of [mean!, variance!, dgamma!])
        expect([...values]).toEqual(Array(channels).fill(NaN));
      expect([...dbeta!]).toEqual(Array(channels).fill(0));
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('keeps %s to its channel', (value) => {
    for (const activation of ['linear', 'relu', 'relu6'] as const) {
      const given = {rows: 700, channels: 6, offset: 0};
      const inputs = tensorsOf(given);
      inputs.x[6 * 300 + 2] = value;
      const [y, , variance, dx, dgamma] = everything(given, inputs, alone(activation));
      const channelsWithNaN = (values: Float32Array) => [
        ...new Set([...values.keys()].filter((at) => Number.isNaN(values[at]!)).map((at) => at % 6)),
      ];
      for (const values of [y!, variance!]) expect(channelsWithNaN(values)).toEqual([2]);
      for (const values of [dx!, dgamma!]) expect(channelsWithNaN(values)).toEqual([2]);
      expect(y!.filter((_, at) => at % 6 === 2).every(Number.isNaN)).toBe(true);
    }
  });
});
