/**
 * Batch normalization in training on every implementation: results and gradients against float64 loops written from the
 * definition, gradients of gradients against stock arithmetic that the host differentiates.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../src/entries';
import type {NormActivation} from '../../src/geometry/kernel_names';
import {activate} from '../../src/ops/activations';
import {batchNormTrain} from '../../src/ops/batch_norm_train';
import {type Bounds, type Case, EPSILON, expected, tensorsOf, worstOf} from '../support/batch_norm';
import {conformingImplementations} from '../support/implementations';

const cases: Record<string, Case> = {
  'one value': {rows: 1, channels: 1, offset: 0},
  'few rows': {rows: 5, channels: 3, offset: 2},
  'a tail of channels': {rows: 97, channels: 23, offset: -1},
  'several blocks of rows': {rows: 400, channels: 8, offset: 0},
  'a mean far from zero': {rows: 300, channels: 5, offset: 300},
};

function normalized(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) {
  return batchNormTrain(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, EPSILON);
}

/** The same by stock ops, for the host to differentiate. */
function byStockOps(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, 0));
  const variance = tf.mean(tf.square(centred), 0);
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, EPSILON))), gamma), beta);
}

describe.each(conformingImplementations)('batch normalization in training on $name', ({use}) => {
  beforeAll(use);

  it.each(Object.entries(cases))('%s', async (_, given) => {
    const {x, gamma, beta, dy} = tensorsOf(given);
    const before = tf.memory().numTensors;
    const results = tf.tidy(() => {
      const shape: [number, number] = [given.rows, given.channels];
      const inputs = [tf.tensor2d(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
      const [dx, dgamma, dbeta] = tf.grads((a, b, c) => normalized(a!, b!, c!).y)(
        [...inputs],
        tf.tensor2d(dy, shape),
      );
      return {...normalized(...inputs), dx: dx!, dgamma: dgamma!, dbeta: dbeta!};
    });
    expect(tf.memory().numTensors).toBe(before + 6);
    const bounds = expected(given, x, gamma, beta, dy);
    for (const [name, tensor] of Object.entries(results)) {
      const found = await tensor.data();
      const wanted = bounds[name as keyof Bounds];
      expect(found.length, name).toBe(wanted.length);
      const worst = worstOf(found, wanted);
      expect(worst, `${name}[${worst}] is ${found[worst]}, expected ${wanted[worst]}`).toBe(-1);
    }
    tf.dispose(Object.values(results));
  });

  it('of any rank is that of its rows', async () => {
    const given = {rows: 2 * 3 * 4 * 5, channels: 6, offset: 1};
    const {x, gamma, beta, dy} = tensorsOf(given);
    const results = (shape: number[], activation: NormActivation) =>
      tf.tidy(() => {
        const inputs = [tf.tensor(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)] as const;
        const run = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
          batchNormTrain(a, b as tf.Tensor1D, c as tf.Tensor1D, EPSILON, activation);
        const gradients = tf.grads((a, b, c) => run(a!, b!, c!).y)([...inputs], tf.tensor(dy, shape));
        return [...Object.values(run(...inputs)), ...gradients] as tf.Tensor[];
      });
    for (const activation of ['linear', 'relu'] as const) {
      const rows = results([120, 6], activation);
      for (const shape of [
        [2, 3, 4, 5, 6],
        [6, 20, 6],
      ]) {
        const found = results(shape, activation);
        for (const at of [0, 3]) expect(found[at]!.shape).toEqual(shape);
        for (const [i, tensor] of found.entries()) expect(await tensor.data()).toEqual(await rows[i]!.data());
        tf.dispose(found);
      }
      tf.dispose(rows);
    }
  });

  it.each(['relu', 'relu6'] as const)(
    'with %s is what the two give one after the other',
    async (activation) => {
      const given = {rows: 211, channels: 11, offset: 1};
      const {x, gamma, beta, dy} = tensorsOf(given);
      const before = tf.memory().numTensors;
      const pairs = tf.tidy(() => {
        const shape: [number, number] = [given.rows, given.channels];
        // Some values of each channel are on either side of 0 and of 6.
        const scales = tf.tensor1d(gamma.map((value) => 4 * Math.sign(value) + value));
        const inputs = [tf.tensor2d(x, shape), scales, tf.tensor1d(beta.map((value) => value + 3))] as const;
        const behind = (y: tf.Tensor) => tf.minimum(tf.relu(y), activation === 'relu' ? Infinity : 6);
        const [ours, plain] = [
          (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
            batchNormTrain(a, b as tf.Tensor1D, c as tf.Tensor1D, EPSILON, activation).y,
          (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => behind(normalized(a, b, c).y),
        ].map((run) => [
          run(...inputs),
          ...tf.grads((a, b, c) => run(a!, b!, c!))([...inputs], tf.tensor2d(dy, shape)),
        ]) as [tf.Tensor[], tf.Tensor[]];
        return plain.map((tensor, i) => [tensor, ours[i]!] as const);
      });
      expect(tf.memory().numTensors).toBe(before + 8);
      for (const [reference, ours] of pairs) {
        const [a, b] = [await reference.data(), await ours.data()];
        expect([...b]).toEqual([...a].map((value) => (value === 0 ? expect.closeTo(0, 12) : value)));
      }
      const y = await pairs[0]![0].data();
      const largest = activation === 'relu' ? Infinity : 6;
      expect(y.filter((value) => value === 0).length).toBeGreaterThan(100);
      expect(y.filter((value) => value >= 6).length).toBeGreaterThan(100);
      expect(Math.max(...y)).toBeLessThanOrEqual(largest);
      tf.dispose(pairs.flat() as tf.Tensor[]);
    },
  );

  it.each(['linear', 'relu', 'relu6'] as const)('has gradients of gradients, %s', async (activation) => {
    const given = {rows: 8, channels: 3, offset: 1};
    const {x, gamma, beta, dy} = tensorsOf(given);
    const pairs = tf.tidy(() => {
      const shape = [2, 4, 3];
      const offsets = tf.tensor1d(beta);
      // No gradient of a gradient depends on beta.
      const second = (norm: (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => tf.Tensor) =>
        tf.grads((x, gamma, dy) => {
          const first = tf.grads((a, b, c) => norm(a!, b!, c!))([x!, gamma!, offsets], dy);
          return tf.addN(first.map((gradient) => tf.sum(tf.square(gradient)))) as tf.Scalar;
        })([tf.tensor(x, shape), tf.tensor1d(gamma), tf.tensor(dy, shape)]);
      const ours = second(
        (a, b, c) => batchNormTrain(a, b as tf.Tensor1D, c as tf.Tensor1D, EPSILON, activation).y,
      );
      const stock = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        activate(tf.reshape(byStockOps(tf.reshape(a, [8, 3]), b, c), shape), activation);
      return second(stock).map((gradient, i) => [gradient, ours[i]!] as const);
    });
    for (const [reference, ours] of pairs) {
      const [a, b] = [await reference.data(), await ours.data()];
      // Both are float32: differences of some tens of roundings of the largest value.
      const largest = Math.max(1, ...a.map(Math.abs));
      a.forEach((value, i) => {
        expect(Math.abs(value - b[i]!)).toBeLessThan(1e-5 * largest);
      });
    }
    tf.dispose(pairs.flat() as tf.Tensor[]);
  });
});
