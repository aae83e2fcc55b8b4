/**
 * Sums, products, quotients, differences, ReLU, sigmoid, swish, gates and their gradients on wasm, value by value against float64; on one thread and on three,
 * behind workers; what the host keeps.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import '../../../../src/entries';
import {
  GatedSwishTrain,
  GateGrad,
  ReluGrad,
  SwishTrain,
  SwishTrainGrad,
} from '../../../../src/geometry/kernel_names';
import {replaceStockKernels, restoreStockKernels} from '../../../../src/kernels/registry';
import {stockReplacements} from '../../../../src/kernels/wasm';
import {activate} from '../../../../src/ops/activations';
import {gatedSwish} from '../../../../src/ops/gated_swish';
import {takenOnce} from '../../../../src/ops/grads/taken_once';
import {valuesOf} from '../wasm_host';
import {liveRuntime, startBehindWorkers, startThreads} from './start_threads';

beforeAll(async () => {
  await startThreads(2);
  replaceStockKernels(stockReplacements);
});
afterAll(() => restoreStockKernels('wasm'));

/** With a tail behind chunks of 1024 and vectors of 4. */
const SHAPE = [2, 3, 7, 11, 41];
const wide = (seed: number) => valuesOf(SHAPE, seed).map((value) => 60 * value);
const SPECIAL = [Number.NaN, -0, 0, Infinity, -Infinity, 3e38, -3e38, 1e-42];

/** Runs an op on tensors of these values. */
function run(op: (...tensors: tf.Tensor[]) => tf.Tensor, ...values: Float32Array[]): Float32Array {
  return tf.tidy(() => op(...values.map((each) => tf.tensor(each, SHAPE))).dataSync() as Float32Array);
}

const asFloat = (values: ArrayLike<number>, of: (value: number, i: number) => number) =>
  Float32Array.from(values, of);

const sigmoidOf = (z: number) => 1 / (1 + Math.exp(-z));
const slopeOfSwish = (z: number) => sigmoidOf(z) * (1 + z * (1 - sigmoidOf(z)));

const runSwish = (x: tf.Tensor) => takenOnce(() => activate(x, 'swish'));

describe.each([1, 3])('on %i threads', (threads) => {
  beforeAll(async () => {
    if (threads === 1) await liveRuntime().setThreads(1);
    else await startBehindWorkers(liveRuntime(), threads);
  });

  it('sums, products, quotients and differences with one value are those of float64, rounded once', () => {
    const a = wide(1);
    a.set(SPECIAL, 5);
    for (const count of [1, 3, 255, 256, 257, a.length]) {
      for (const one of [3, -0, Infinity, Number.NaN]) {
        const values = a.slice(0, count);
        const with1 = (op: (x: tf.Tensor, one: tf.Tensor) => tf.Tensor) =>
          tf.tidy(() => op(tf.tensor1d(values), tf.scalar(one)).dataSync());
        expect(with1(tf.add)).toEqual(asFloat(values, (value) => value + one));
        expect(with1((x, y) => tf.add(y, x))).toEqual(asFloat(values, (value) => value + one));
        expect(with1(tf.mul)).toEqual(asFloat(values, (value) => value * one));
        expect(with1(tf.div)).toEqual(asFloat(values, (value) => value / one));
        expect(with1((x, y) => tf.sub(y, x))).toEqual(asFloat(values, (value) => one - value));
      }
    }
  });

  it('sigmoids are within 2^-22 of their value', () => {
    const x = wide(3);
    x.set(SPECIAL, 5);
    const found = run(tf.sigmoid, x);
    for (const [i, value] of x.entries()) {
      const exact = sigmoidOf(value);
      if (Number.isNaN(exact)) expect(found[i]).toBeNaN();
      else expect(Math.abs(found[i]! - exact)).toBeLessThanOrEqual(2 ** -22 * exact + 2 ** -126);
    }
  });

  it('sums, products and differences are those of float64, rounded once', () => {
    const [a, b] = [wide(1), wide(2)];
    a.set(SPECIAL, 5);
    b.set([...SPECIAL].reverse(), 5);
    expect(run(tf.add, a, b)).toEqual(asFloat(a, (value, i) => value + b[i]!));
    expect(run(tf.mul, a, b)).toEqual(asFloat(a, (value, i) => value * b[i]!));
    expect(run(tf.sub, a, b)).toEqual(asFloat(a, (value, i) => value - b[i]!));
  });

  it('a value for each channel of each clip multiplies all its positions', () => {
    const [a, scale] = [wide(3), valuesOf([2, 41], 4)];
    const given = run((x) => tf.mul(x, tf.tensor(scale, [2, 1, 1, 1, 41])), a);
    const clip = a.length / 2;
    expect(given).toEqual(asFloat(a, (value, i) => value * scale[41 * Math.floor(i / clip) + (i % 41)]!));
  });

  it('a value for each channel of each clip is added to all its positions', () => {
    const [a, offset] = [wide(3), valuesOf([2, 41], 4)];
    const given = run((x) => tf.add(x, tf.tensor(offset, [2, 1, 1, 1, 41])), a);
    const clip = a.length / 2;
    expect(given).toEqual(asFloat(a, (value, i) => value + offset[41 * Math.floor(i / clip) + (i % 41)]!));
  });

  // Rows of one and of several positions; that end with a clip, within it, and before the first is full; one piece of a clip and several.
  const gated: [clips: number, positions: number, channels: number][] = [
    ...[1, 2, 3, 6, 41, 54].map((channels): [number, number, number] => [2, 1750, channels]),
    [3, 5, 41],
    [1, 260, 432],
    [2, 1, 256],
    [1, 20_800, 2],
  ];

  it.each(gated)(
    '%i gated clips of %i positions and %i channels, a swish behind them or none',
    (...sizes) => {
      const [clips, positions, channels] = sizes;
      const [x, gate, dy] = [valuesOf(sizes, 5), valuesOf([clips, channels], 6), valuesOf(sizes, 7)];
      const [shape, ofGate] = [
        [clips, positions, 1, channels],
        [clips, 1, 1, channels],
      ];
      for (const [op, curve, slope] of [
        [gatedSwish, (z: number) => z * sigmoidOf(z), slopeOfSwish],
        [tf.mul<tf.Tensor>, (z: number) => z, () => 1],
      ] as const) {
        const [y, dx, dgate] = tf.tidy(() => {
          const tensors = [tf.tensor(x, shape), tf.tensor(gate, ofGate)] as const;
          const gradients = tf.grads((a, b) => takenOnce(() => op(a!, b!)))(
            [...tensors],
            tf.tensor(dy, shape),
          );
          return [takenOnce(() => op(...tensors)), ...gradients].map((tensor) => tensor.dataSync());
        });
        const [sums, terms] = [new Float64Array(gate.length), new Float64Array(gate.length)];
        const errors = Array.from(x, (value, i) => {
          const of = Math.floor(i / (positions * channels)) * channels + (i % channels);
          const z = value * gate[of]!;
          const dz = dy[i]! * slope(z);
          sums[of]! += dz * value;
          terms[of]! += Math.abs(dy[i]! * value);
          const [ofY, ofX] = [y![i]! - curve(z), dx![i]! - dz * gate[of]!];
          return Math.max(
            ...[
              Math.abs(ofY) - Math.abs(z) * 2 ** -21,
              Math.abs(ofX) - Math.abs(dy[i]! * gate[of]!) * 2 ** -20,
            ],
          );
        });
        expect(errors.every((error) => error <= 0)).toBe(true);
        // Of each term the error of its factors, and of those that are added up in float32, at most 650, the half.
        const isOff = [...sums].map((sum, of) => Math.abs(dgate![of]! - sum) > terms[of]! * 2 ** -19);
        expect(isOff).not.toContain(true);
      }
    },
  );

  it('ReLU and its gradient are exact; what is not a number stays so, and has the slope 0', () => {
    const [x, dy] = [wide(5), wide(6)];
    x.set(SPECIAL, 9);
    expect(run(tf.relu, x)).toEqual(asFloat(x, (value) => Math.max(value, 0)));
    const gradient = run((saved, given) => tf.grad(tf.relu)(saved, given), x, dy);
    expect(gradient).toEqual(asFloat(dy, (value, i) => (x[i]! > 0 ? value : 0)));
  });

  it('swish in training, and its gradient', () => {
    const [x, dy] = [wide(7), wide(8)];
    const sigmoids = Float64Array.from(x, (value) => 1 / (1 + Math.exp(-value)));
    // The sigmoid is within 2^-22 of itself, and the product is rounded once more.
    run(runSwish, x).forEach((value, i) => {
      const exact = x[i]! * sigmoids[i]!;
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) * 1.5 * 2 ** -22);
    });
    const slopes = run((value, given) => tf.grad(runSwish)(value, given), x, dy);
    slopes.forEach((value, i) => {
      const [s, y] = [sigmoids[i]!, x[i]! * sigmoids[i]!];
      // Errors of s, and of the sum of s and y (1 - s), of which one may be below 0; 1 - s has the error of s as its own.
      const size = Math.abs(dy[i]!) * (s + Math.abs(y) * (1 + s));
      expect(Math.abs(value - dy[i]! * (s + y * (1 - s)))).toBeLessThanOrEqual(size * 3 * 2 ** -22);
    });
  });
});

it('with one value, forward, and what the host keeps', () => {
  const taken = (name: string, inputs: Record<string, tf.Tensor>) =>
    stockReplacements.configs.find(({kernelName}) => kernelName === name)!.takes!({
      inputs,
      backend: {},
      attrs: {},
    });
  const x = tf.zeros([2, 5, 3]);
  const [one, channels] = [tf.scalar(2), tf.zeros([2, 1, 3])];
  const takenOf = (a: tf.Tensor, b: tf.Tensor) =>
    [tf.Add, tf.Multiply, tf.Sub, tf.RealDiv].map((name) => taken(name, {a, b}));
  expect(takenOf(x, x)).toEqual([true, true, true, false]);
  expect(takenOf(x, one)).toEqual([true, true, false, true]);
  expect(takenOf(one, x)).toEqual([true, true, true, false]);
  expect(takenOf(x, tf.zeros([1, 1, 1]))).toEqual([true, true, false, true]);
  expect(takenOf(x, channels)).toEqual([true, true, false, false]);
  // Of a wider shape, of other types, of none, and what has no channels.
  for (const [a, b] of [
    [x, tf.zeros([1, 1, 1, 1])],
    [x, tf.zeros([2, 5, 3], 'int32')],
    [x, tf.scalar(2, 'int32')],
    [tf.zeros([0, 3]), tf.zeros([0, 3])],
    [tf.zeros([0, 3]), one],
    [channels, x],
    [x, tf.zeros([1, 1, 3])],
  ] as const)
    expect(takenOf(a, b)).toEqual([false, false, false, false]);
  for (const name of [tf.Relu, tf.Sigmoid]) {
    expect([x, tf.zeros([3], 'int32'), tf.zeros([0])].map((each) => taken(name, {x: each}))).toEqual([
      true,
      false,
      false,
    ]);
  }
});

it('gradients that are taken once are one call', () => {
  const calls: string[] = [];
  const names = [ReluGrad, SwishTrain, SwishTrainGrad, GatedSwishTrain, GateGrad];
  const configs = names.map((name) => tf.getKernel(name, 'wasm')!);
  for (const config of configs) {
    tf.unregisterKernel(config.kernelName, 'wasm');
    tf.registerKernel({
      ...config,
      kernelFunc: (args) => {
        calls.push(config.kernelName);
        return config.kernelFunc(args);
      },
    });
  }
  tf.tidy(() => tf.grad((x) => takenOnce(() => activate(tf.relu(x), 'swish')))(tf.ones([3])));
  expect(calls).toEqual([SwishTrain, SwishTrainGrad, ReluGrad]);
  calls.length = 0;
  const inputs = [tf.ones([2, 5, 3]), tf.ones([2, 1, 3])];
  tf.tidy(() => tf.grads((x, gate) => takenOnce(() => tf.mul(gatedSwish(x!, gate!), gate!)))(inputs));
  expect(calls).toEqual([GatedSwishTrain, GateGrad, GateGrad]);
  for (const config of configs) {
    tf.unregisterKernel(config.kernelName, 'wasm');
    tf.registerKernel(config);
  }
});
