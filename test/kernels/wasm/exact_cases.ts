/**
 * Kernels on an unusual wasm backend against the cpu backend's: convolutions, pooling, gradients. Small whole numbers, so
 * that every sum is exact and the same everywhere.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import '../../../src/entries/backends/cpu';
import {kernelConfigs as cpuKernels, stockReplacements as cpuReplacements} from '../../../src/kernels/cpu';
import '../../../src/entries/backends/wasm';
import {registerKernels, replaceStockKernels} from '../../../src/kernels/registry';
import {kernelConfigs, stockReplacements} from '../../../src/kernels/wasm';
import {batchNormTrain} from '../../../src/ops/batch_norm_train';
import {startBackend} from '../../support/backends';
import {changeBackend} from './wasm_host';

type Shape = [number, number, number, number, number];

const whole = (shape: Shape, seed: number) =>
  tf.tidy(() => tf.floor(tf.randomUniform(shape, -3, 4, 'float32', seed))) as tf.Tensor5D;

type Conv = (x: tf.Tensor5D, filter: tf.Tensor5D) => tf.Tensor;
/** The result and both gradients, of which the loss is a sum of squares. */
const withGradients = (xShape: Shape, filterShape: Shape, conv: Conv) => () => {
  const [x, filter] = [whole(xShape, 1), whole(filterShape, 2)];
  const loss = (a: tf.Tensor, b: tf.Tensor) =>
    tf.sum(tf.square(conv(a as tf.Tensor5D, b as tf.Tensor5D))) as tf.Scalar;
  return [conv(x, filter), ...tf.grads(loss)([x, filter])];
};

const cases: Record<string, () => tf.Tensor[]> = {
  'conv3d with bias, residual and relu': () => {
    const [x, filter] = [whole([2, 3, 6, 5, 5], 1), whole([3, 3, 3, 5, 9], 2)];
    const [bias, residual] = [tf.range(-4, 5) as tf.Tensor1D, whole([2, 3, 6, 5, 9], 3)];
    const options = {bias, residual, activation: 'relu'} as const;
    return [sts.fused.conv3d({x, filter, pad: 'same', ...options})];
  },
  'depthwise and STS depthwise with bias, residual and relu': () => {
    const [x, filter] = [whole([2, 3, 6, 5, 19], 1), whole([3, 3, 3, 19, 1], 2)];
    const [bias, residual] = [tf.range(-9, 10) as tf.Tensor1D, whole([2, 3, 6, 5, 19], 3)];
    const options = {bias, residual, activation: 'relu'} as const;
    return [
      sts.fused.depthwiseConv3d({x, filter, pad: 'same', ...options}),
      sts.fused.stsDepthwiseConv3d({x, filter, ...options}),
    ];
  },
  'conv3d, gradients': withGradients([2, 3, 5, 5, 7], [3, 3, 3, 7, 4], (x, f) => sts.conv3d(x, f, 2, 'same')),
  'few channels, gradients': withGradients([2, 4, 6, 7, 3], [3, 3, 3, 3, 2], (x, f) =>
    sts.conv3d(x, f, 1, 'same', 'NDHWC', 2),
  ),
  'pointwise, more outputs than inputs, gradients': withGradients([2, 3, 5, 5, 9], [1, 1, 1, 9, 37], (x, f) =>
    sts.conv3d(x, f, 1, 'same'),
  ),
  'few inputs, many outputs, gradients': withGradients([1, 3, 19, 22, 3], [1, 3, 3, 3, 25], (x, f) =>
    sts.conv3d(x, f, [1, 2, 2], 'same'),
  ),
  'minimal filtering, gradients': withGradients([2, 2, 5, 5, 32], [3, 3, 3, 32, 34], (x, f) =>
    sts.conv3d(x, f, 1, 'same'),
  ),
  'depthwise, gradients': withGradients([2, 3, 5, 5, 19], [3, 3, 3, 19, 1], (x, f) =>
    sts.depthwiseConv3d(x, f, 1, 'same'),
  ),
  'depthwise of many channels, gradients': withGradients([2, 3, 7, 9, 54], [3, 3, 3, 54, 1], (x, f) =>
    sts.depthwiseConv3d(x, f, [1, 2, 1], 'same'),
  ),
  'depthwise along time, gradients': withGradients([2, 7, 5, 5, 24], [5, 1, 1, 24, 1], (x, f) =>
    sts.depthwiseConv3d(x, f, 1, 'same'),
  ),
  'STS depthwise under a stride, gradients': withGradients([2, 3, 6, 8, 10], [3, 3, 3, 10, 1], (x, f) =>
    sts.stsDepthwiseConv3d(x, f, [1, 2, 2], 'same'),
  ),
  'STS, gradients': withGradients([2, 3, 5, 4, 7], [3, 1, 1, 7, 9], (x, f) => sts.stsConv3d(x, f, 1, 'same')),
  'pooling and its gradient': () => {
    const x = whole([1, 4, 6, 6, 5], 4);
    const pool = (t: tf.Tensor) => tf.maxPool3d(t as tf.Tensor5D, 2, 2, 'valid');
    const average = (t: tf.Tensor) => tf.avgPool3d(t as tf.Tensor5D, 2, 2, 'valid');
    return [pool(x), average(x), tf.grad(pool)(x), tf.grad(average)(x)];
  },
  'pooling of whole numbers, and of true and false': () => {
    const x = whole([1, 4, 6, 6, 5], 4);
    const pool = (t: tf.Tensor) => tf.maxPool3d(t as tf.Tensor5D, 2, 2, 'valid');
    return [pool(tf.cast(x, 'int32')), pool(tf.greater(x, 1))];
  },
  'batch normalization in training, gradients': () => {
    // Of 16 rows, half of them of each sign, so that means, variances and their roots are whole.
    const x = tf.tensor2d(
      Float32Array.from({length: 48}, (_, i) => (i % 2 === 0 ? 3 : -3)),
      [16, 3],
    );
    const run = (a: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
      batchNormTrain(a, gamma as tf.Tensor1D, beta as tf.Tensor1D, 7).y;
    const inputs = [x, tf.tensor1d([4, 8, -4]), tf.tensor1d([1, 2, 3])];
    const dy = tf.tensor2d(
      Float32Array.from({length: 48}, (_, i) => (i % 5) * 16),
      [16, 3],
    );
    const loss = (...given: tf.Tensor[]) => run(given[0]!, given[1]!, given[2]!);
    return [loss(...inputs), ...tf.grads(loss)(inputs, dy)];
  },
  'sums and means': () => {
    const x = whole([2, 4, 6, 5, 19], 4);
    return [tf.sum(x, [1, 2, 3]), tf.sum(x, [0, 1, 2, 3]), tf.mean(x, 1)];
  },
};

/** Declares the tests; `change` is called with the backend before anything of ours sees it. */
export function itComputesExactly(change: (backend: BackendWasm) => void = () => {}) {
  beforeAll(async () => {
    await startBackend('cpu');
    registerKernels(cpuKernels);
    replaceStockKernels(cpuReplacements);
    await changeBackend(change);
    await startBackend('wasm');
    registerKernels(kernelConfigs);
    replaceStockKernels(stockReplacements);
  });

  it('has kernels', () => {
    expect(sts.kernelCoverage('wasm').IndirectConv3D).toBe('kernel');
    expect(sts.kernelCoverage('wasm').MaxPool3D).toBe('kernel');
  });

  it.each(Object.entries(cases))('%s', async (_, run) => {
    const values = () =>
      tf.tidy(() => run().map((tensor) => Array.from(tensor.dataSync(), (value) => value + 0)));
    await tf.setBackend('cpu');
    const expected = values();
    await tf.setBackend('wasm');
    const {numTensors} = tf.memory();
    // Twice: the second call finds what the first one left behind.
    expect(values()).toEqual(expected);
    expect(values()).toEqual(expected);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
}
