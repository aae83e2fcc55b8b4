/**
 * Batch normalization in training on wasm, where rows are put side by side in blocks that threads share: numbers of channels that fill
 * no vector, numbers of rows that fill no block, and what is not finite. Against float64 loops; the same in test/ops on
 * every backend for fewer shapes, the same bits on several threads in threads/set_threads.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import '../../../src/entries';
import type {NormActivation} from '../../../src/geometry/kernel_names';
import {activate} from '../../../src/ops/activations';
import {batchNormTrain} from '../../../src/ops/batch_norm_train';
import {takenOnce} from '../../../src/ops/grads/taken_once';
import {
  type Bounds,
  type Case,
  EPSILON,
  expected,
  tensorsOf,
  values,
  worstOf,
} from '../../support/batch_norm';
import {implementations} from '../../support/implementations';

const RESULTS = ['y', 'mean', 'variance', 'dx', 'dgamma', 'dbeta'] as const;

type Norm = (
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  residual: tf.Tensor | undefined,
) => ReturnType<typeof batchNormTrain>;

/** All results of a batch, and the gradients by its inputs, which are taken once. */
function everything(
  {rows, channels}: Case,
  {x, gamma, beta, dy, residual}: ReturnType<typeof tensorsOf> & {residual?: Float32Array | undefined},
  norm: Norm,
): Float32Array[] {
  return tf.tidy(() => {
    const shape: [number, number] = [rows, channels];
    const inputs = [tf.tensor2d(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)];
    if (residual !== undefined) inputs.push(tf.tensor2d(residual, shape));
    const run = (...[a, b, c, d]: tf.Tensor[]) =>
      takenOnce(() => norm(a!, b as tf.Tensor1D, c as tf.Tensor1D, d));
    const {y, mean, variance} = run(...inputs);
    const gradients = tf.grads((...given) => run(...given).y)(inputs, tf.tensor2d(dy, shape));
    return [y, mean, variance, ...gradients].map((tensor) => tensor.dataSync() as Float32Array);
  });
}

const alone =
  (activation: NormActivation | 'swish'): Norm =>
  (x, gamma, beta) =>
    batchNormTrain(x, gamma, beta, EPSILON, activation);

const channelCounts = [1, 2, 3, 5, 7, 10, 12, 17, 54, 257, 260];

describe('batch normalization in training on wasm', () => {
  beforeAll(() => implementations.find(({name}) => name === 'wasm, kernels')!.use());

  it.each(channelCounts)('of %i channels', (channels) => {
    // One row, fewer than fill a vector or a wide row, more than one block of 64 wide rows.
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

  it.each(channelCounts)('of %i channels, of a sum or with swish, is what its parts give', (channels) => {
    for (const rows of [1, 3, 37, 150, Math.ceil(9000 / channels) + 41]) {
      for (const [activation, adds] of [
        ['linear', true],
        ['relu', true],
        ['swish', false],
      ] as const) {
        const given = {rows, channels, offset: 1};
        const shortcut = adds ? values(rows * channels, 5) : undefined;
        const inputs = {...tensorsOf(given), residual: shortcut};
        const wanted = everything(given, inputs, (x, gamma, beta, residual) => {
          const {y, ...statistics} = batchNormTrain(x, gamma, beta, EPSILON);
          return {y: activate(residual === undefined ? y : tf.add(y, residual), activation), ...statistics};
        });
        const found = everything(given, inputs, (x, gamma, beta, residual) =>
          batchNormTrain(x, gamma, beta, EPSILON, activation, residual),
        );
        expect(found.length).toBe(adds ? 7 : 6);
        // Not toEqual: 0 and -0 are the same here.
        found.forEach((numbers, i) => {
          expect(numbers.length).toBe(wanted[i]!.length);
          expect(numbers.findIndex((number, at) => number !== wanted[i]![at])).toBe(-1);
        });
      }
    }
  });

  it('takes one kernel for a sum and for swish, and frees what gradients do not need any longer', () => {
    const given = {rows: 60, channels: 6, offset: 1};
    const inputs = tensorsOf(given);
    const names: string[] = [];
    const engine = tf.engine();
    const spy = vi.spyOn(engine, 'runKernel').mockImplementation(function (this: typeof engine, ...args) {
      names.push(args[0]);
      return Object.getPrototypeOf(engine).runKernel.apply(engine, args);
    });
    const before = tf.memory().numTensors;
    everything(given, inputs, alone('swish'));
    everything(given, {...inputs, residual: values(360, 5)}, (x, gamma, beta, residual) =>
      batchNormTrain(x, gamma, beta, EPSILON, 'relu', residual),
    );
    spy.mockRestore();
    expect(tf.memory().numTensors).toBe(before);
    expect(names.filter((name) => /Norm|Swish|Relu|Add/.test(name))).toEqual([
      ...['BatchNormFused', 'BatchNormFused', 'SwishTrainGrad', 'BatchNormTrainGrad'],
      ...['BatchNormFused', 'BatchNormFused', 'ReluGrad', 'BatchNormTrainGrad'],
    ]);
  });

  it('of a sum with what has another shape, or is of whole numbers, is what tf.add gives', () => {
    const {x, gamma, beta} = tensorsOf({rows: 6, channels: 3, offset: 1});
    tf.tidy(() => {
      const given = [tf.tensor2d(x, [6, 3]), tf.tensor1d(gamma), tf.tensor1d(beta), EPSILON] as const;
      for (const residual of [tf.tensor2d([[1, 2, 3]]), tf.ones([2, 6, 3]), tf.fill([6, 3], 2, 'int32')]) {
        const {y} = takenOnce(() => batchNormTrain(...given, 'relu', residual));
        const wanted = tf.relu(tf.add(batchNormTrain(...given).y, residual));
        expect(y.shape).toEqual(wanted.shape);
        expect(y.dataSync()).toEqual(wanted.dataSync());
      }
    });
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
