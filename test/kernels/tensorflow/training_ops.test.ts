/**
 * What training calls on the tensorflow backend: updates of optimizers bit for bit what stock ops make of the same rules, norms aside;
 * the gradient of a ReLU; views; and the host's gradients, which tfjs-node registers anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries';
import {ReluGrad} from '../../../src/geometry/kernel_names';
import {kernelConfigs, stockReplacements} from '../../../src/kernels/tensorflow';
import {tensorFlowOf} from '../../../src/kernels/tensorflow/backend';
import {constant} from '../../../src/kernels/tensorflow/constants';
import {takenOnce} from '../../../src/ops/grads/taken_once';
import {globalNorm} from '../../../src/train/optimization/optimizers/clip';
import {startBackend} from '../../support/backends';
import {expectAsStockOps, RULES} from '../update_cases';

const values = (size: number, seed: number) =>
  Float32Array.from({length: size}, (_, i) => Math.sin(seed + i * 1.7) * 3);

beforeAll(() => startBackend('tensorflow'));

it('has the gradients of the host as we amend them, though tfjs-node is loaded after our entries', () => {
  const gradient = tf.grad((x) => tf.mul(tf.unstack(x, 1)[0]!, [[2], [3]]))(tf.ones([2, 1, 1]));
  expect(gradient.dataSync()).toEqual(Float32Array.of(2, 3));
});

it.each(Object.keys(RULES))('an update by %s is what stock ops make of it', (name) =>
  expectAsStockOps(name, 'tensorflow', kernelConfigs, [1, 7, 1030]),
);

it('sums the norm as float64 does', () => {
  const arrays = [1, 7, 1030].map((size) => values(size, size));
  const expected = Math.hypot(...arrays.flatMap((array) => [...array]));
  const found = tf.tidy(() => globalNorm(arrays.map((array) => tf.tensor1d(array))).dataSync()[0]!);
  // Sums of a thousand squares, by halves or by lanes; errors of squares count half in the root.
  expect(Math.abs(found - expected)).toBeLessThan(expected * 70 * 2 ** -24);
});

describe('the gradient of a ReLU', () => {
  it('is by the kernel, zeros and infinities as the host has them', () => {
    const config = tf.getKernel(ReluGrad, 'tensorflow')!;
    let calls = 0;
    tf.unregisterKernel(ReluGrad, 'tensorflow');
    tf.registerKernel({
      ...config,
      kernelFunc: (args) => {
        calls++;
        return config.kernelFunc(args);
      },
    });
    const x = tf.tensor1d([-Infinity, -4, -0, 0, 1e-30, 2, Infinity]);
    const slope = () => tf.grad(tf.relu)(x, tf.tensor1d([2, -3, 4, 5, 6, -7, 8]));
    const expected = [0, 0, 0, 0, 6, -7, 8];
    for (const gradient of [slope(), takenOnce(slope)])
      expect([...gradient.dataSync()].map((value) => value + 0)).toEqual(expected);
    expect(calls).toBe(2);
    tf.unregisterKernel(ReluGrad, 'tensorflow');
    tf.registerKernel(config);
  });

  it('is differentiable itself', () => {
    const bend = tf.grad((a) => tf.sum(tf.grad((b) => tf.square(tf.relu(b)))(a)));
    expect(bend(tf.tensor1d([-1, 2])).dataSync()).toEqual(Float32Array.of(0, 2));
  });
});

describe('views', () => {
  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [3, 2],
    ],
    [[2, 3], [-1]],
    [
      [2, 3],
      [1, 6, 1],
    ],
    [[1], []],
    [[0, 3], [0]],
  ])('of %j as %j', (from, to) => {
    const before = tf.memory().numTensors;
    const x = tf.tensor(values(tf.util.sizeFromShape(from), 1), from);
    const y = tf.reshape(x, to);
    const expected = tf.util.inferFromImplicitShape(to, x.size);
    expect([y.shape, y.dataSync()]).toEqual([expected, x.dataSync()]);
    // Each of the two stays when the other goes.
    x.dispose();
    expect([...y.dataSync()]).toEqual([...values(y.size, 1)]);
    y.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('are ours, of text and of whole numbers too', () => {
    expect(stockReplacements.configs.map(({kernelName}) => kernelName)).toContain(tf.Reshape);
    expect(tf.reshape(tf.tensor1d(['a', 'b']), [2, 1]).arraySync()).toEqual([['a'], ['b']]);
    expect(tf.reshape(tf.tensor1d([1, 2], 'int32'), [2, 1]).arraySync()).toEqual([[1], [2]]);
  });
});

it('keeps constants apart by type and rank, and the latest of more than it keeps', () => {
  const backend = tensorFlowOf(tf.backend());
  const [scalar, vector, whole] = [
    constant(backend, 2),
    constant(backend, [2]),
    constant(backend, 2, 'int32'),
  ];
  expect([scalar.shape, vector.shape, whole.dtype]).toEqual([[], [1], 'int32']);
  expect(constant(backend, 2)).toBe(scalar);
  const kept = tf.backend().numDataIds();
  for (let i = 0; i < 2100; i++) constant(backend, 10 + i);
  expect(tf.backend().numDataIds() - kept).toBeLessThan(1024);
  expect(constant(backend, 10 + 2099)).not.toBe(constant(backend, 10));
  expect(tf.backend().readSync(constant(backend, 2).dataId)).toEqual(Float32Array.of(2));
});
