/**
 * The faults of the host's own 3D kernels (TensorFlow.js 4.22), each as a run that comes out wrong through the kernel
 * that `restoreStockKernels` puts back, and right through ours. What is right is said by hand or by plain loops. A fault
 * that a later version of the host mends fails here, so that docs/support.md does not go on claiming it.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {kernelCoverage} from '../../src/entries';
import {replaceStockKernels, restoreStockKernels} from '../../src/kernels/registry';
import {type BackendName, startBackend} from '../support/backends';
import {
  type Axes,
  type NaiveGeometry,
  naiveConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
} from '../support/naive_conv3d';
import {replacements} from './replacements';

interface Fault {
  backends: readonly BackendName[];
  run: () => tf.Tensor;
  right: ArrayLike<number>;
}

type Shape = [number, number, number, number, number];

/** Whole numbers, whose sums are exact in any order. */
function wholeNumbers(shape: readonly number[], factor: number): Float32Array {
  const size = shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({length: size}, (_, i) => ((i * factor) % 11) - 5);
}

const both = ['cpu', 'wasm'] as const;
const all = [...both, 'webgl'] as const;
const line = (...values: number[]) => tf.tensor5d(values, [1, 1, 1, values.length, 1]);

/** A 'same' convolution, and what its output and gradients ought to be. */
function convolution(size: Axes, kernel: Axes, strides: Axes) {
  const output = size.map((n, axis) => Math.ceil(n / strides[axis]!)) as Axes;
  const before = size.map((n, axis) =>
    Math.floor(Math.max(0, (output[axis]! - 1) * strides[axis]! + kernel[axis]! - n) / 2),
  ) as Axes;
  const xShape: Shape = [2, ...size, 3];
  const filterShape: Shape = [...kernel, 3, 2];
  const geometry: NaiveGeometry = {
    xShape,
    filterShape,
    strides,
    dilations: [1, 1, 1],
    before,
    output,
    groups: 1,
  };
  const naive = naiveConv3d(geometry);
  const yShape = naive.yShape as Shape;
  const [x, filter, dy] = [wholeNumbers(xShape, 7), wholeNumbers(filterShape, 4), wholeNumbers(yShape, 3)];
  const [xTensor, filterTensor, dyTensor] = [
    () => tf.tensor5d(x, xShape),
    () => tf.tensor5d(filter, filterShape),
    () => tf.tensor5d(dy, yShape),
  ];
  const conv = (a: tf.Tensor, f: tf.Tensor) => tf.conv3d(a as tf.Tensor5D, f as tf.Tensor5D, strides, 'same');
  return {
    forward: {run: () => conv(xTensor(), filterTensor()), right: naiveForward(naive, x, filter).values},
    inputGradient: {
      run: () => tf.grads(conv)([xTensor(), filterTensor()], dyTensor())[0]!,
      right: naiveInputGradient(naive, dy, filter).values,
    },
    transposed: {
      run: () => tf.conv3dTranspose(dyTensor(), filterTensor(), xShape, strides, 'same'),
      right: naiveInputGradient(naive, dy, filter).values,
    },
    filterGradient: {
      run: () => tf.grads(conv)([xTensor(), filterTensor()], dyTensor())[1]!,
      right: naiveFilterGradient(naive, dy, x).values,
    },
  };
}

const plain = convolution([3, 4, 5], [3, 3, 3], [1, 1, 1]);
const strided = convolution([5, 6, 7], [3, 3, 3], [2, 2, 2]);
const sparse = convolution([3, 6, 8], [1, 1, 2], [2, 3, 3]);

const faults: Record<string, Fault> = {
  "tf.conv3d, 'same', kernel shorter than the stride: reads 1, 3, 5, ...": {
    backends: all,
    run: () => tf.conv3d(line(0, 1, 2, 3, 4, 5), tf.ones([1, 1, 1, 1, 1]), [1, 1, 2], 'same'),
    right: [0, 2, 4],
  },
  'the same, with more channels': {backends: both, ...sparse.forward},
  'its gradient by x': {backends: all, ...sparse.inputGradient},
  'its gradient by the filter': {backends: all, ...sparse.filterGradient},
  'the gradient of tf.conv3d by x': {backends: ['wasm'], ...plain.inputGradient},
  "the gradient of tf.conv3d by the filter, 'same' with a stride": {
    backends: ['wasm'],
    ...strided.filterGradient,
  },
  'tf.conv3dTranspose': {backends: ['wasm'], ...plain.transposed},
  "tf.maxPool3d, 'same', window shorter than the stride": {
    backends: all,
    run: () => tf.maxPool3d(line(0, 1, 2, 3, 4, 5), 1, [1, 1, 2], 'same'),
    right: [0, 2, 4],
  },
  "tf.avgPool3d, 'same', window shorter than the stride": {
    backends: all,
    run: () => tf.avgPool3d(line(0, 1, 2, 3, 4, 5), 1, [1, 1, 2], 'same'),
    right: [0, 2, 4],
  },
  'the gradient of that tf.maxPool3d': {
    backends: all,
    run: () => tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, 1, [1, 1, 2], 'same'))(line(0, 1, 2, 3, 4, 5)),
    right: [1, 0, 1, 0, 1, 0],
  },
  'the gradient of that tf.avgPool3d': {
    backends: all,
    run: () => tf.grad((x) => tf.avgPool3d(x as tf.Tensor5D, 1, [1, 1, 2], 'same'))(line(0, 1, 2, 3, 4, 5)),
    right: [1, 0, 1, 0, 1, 0],
  },
  // f(x) = (x0 + x1) / 2 + (x0 + x1 + x2) / 3 + ... : a border window averages two inputs.
  'the gradient of tf.avgPool3d at the borders: divides by the whole window': {
    backends: all,
    run: () => tf.grad((x) => tf.avgPool3d(x as tf.Tensor5D, [1, 1, 3], 1, 'same'))(line(1, 2, 3, 4)),
    right: [1 / 2 + 1 / 3, 1 / 2 + 1 / 3 + 1 / 3, 1 / 3 + 1 / 3 + 1 / 2, 1 / 3 + 1 / 2].map(Math.fround),
  },
  'the gradient of tf.maxPool3d, window not square: gets lost': {
    backends: ['cpu'],
    run: () => {
      const x = tf.tensor5d([1, 3, 2], [1, 1, 3, 1, 1]);
      return tf.grad((t) => tf.maxPool3d(t as tf.Tensor5D, [1, 3, 1], 1, 'valid'))(x);
    },
    right: [0, 1, 0],
  },
  'tf.maxPool3d of negative values: 1.2e-38': {
    backends: ['wasm'],
    run: () => tf.maxPool3d(line(-3, -1, -2, -4), [1, 1, 2], [1, 1, 2], 'valid'),
    right: [-1, -2],
  },
  'tf.maxPool3d of whole numbers: negative ones read as other numbers': {
    backends: ['wasm'],
    run: () =>
      tf.maxPool3d(tf.tensor5d([-3, -1, 2, 4], [1, 1, 1, 4, 1], 'int32'), [1, 1, 2], [1, 1, 2], 'valid'),
    right: [-1, 4],
  },
  'tf.maxPool3d of true and false: becomes float32': {
    backends: ['cpu'],
    run: () => {
      const solid = tf.greater(tf.tensor5d([0, 1], [1, 1, 1, 2, 1]), 0);
      return tf.scalar(Number(tf.maxPool3d(solid as tf.Tensor5D, 1, 1, 'valid').dtype === 'bool'));
    },
    right: [1],
  },
  'the gradient of tf.maxPool3d of equal values: all of it to each': {
    backends: ['tensorflow'],
    run: () =>
      tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, [1, 1, 2], [1, 1, 2], 'valid'))(line(1, 1, 0, 0)),
    right: [1, 0, 1, 0],
  },
  // So many values that the host does not compute them aside, without its programs.
  'tf.matMul of matrices that were computed, the sums odd: adds a product from behind the end': {
    backends: ['webgl'],
    run: () => tf.matMul(tf.exp(tf.zeros([64, 3])), tf.exp(tf.zeros([3, 64]))),
    right: new Float32Array(64 * 64).fill(3),
  },
  'the same with a bias, both transposed': {
    backends: ['webgl'],
    run: () => {
      const [a, b] = [tf.exp(tf.zeros([3, 64])), tf.exp(tf.zeros([64, 3]))] as [tf.Tensor2D, tf.Tensor2D];
      return tf.fused.matMul({a, b, transposeA: true, transposeB: true, bias: tf.ones([64])});
    },
    right: new Float32Array(64 * 64).fill(4),
  },
  'the same in batches, of which one has one matrix': {
    backends: ['webgl'],
    run: () => tf.matMul(tf.exp(tf.zeros([2, 64, 3])), tf.exp(tf.zeros([1, 3, 64]))),
    right: new Float32Array(2 * 64 * 64).fill(3),
  },
  'tf.stridedSlice of whole numbers: reads them as floats': {
    backends: ['wasm'],
    run: () => tf.stridedSlice(tf.tensor1d([1, 2, 3], 'int32'), [0], [3], [2]),
    right: [1, 3],
  },
  'tf.cast to bool: cuts off': {
    backends: ['wasm'],
    run: () => tf.cast(tf.tensor1d([0.5, 256, 0, 1]), 'bool'),
    right: [1, 1, 0, 1],
  },
  'tf.gather of no values: of another shape': {
    backends: ['wasm'],
    run: () => tf.tensor1d(tf.gather(tf.zeros([2, 0, 3]), tf.tensor1d([], 'int32')).shape),
    right: [0, 0, 3],
  },
};

/** Sums of shares are rounded as they are added up. */
function isRight(given: ArrayLike<number>, right: ArrayLike<number>): boolean {
  const close = (value: number, i: number) => Math.abs(given[i]! - value) <= 4 * 2 ** -24 * Math.abs(value);
  return given.length === right.length && Array.from(right).every(close);
}

describe.each(replacements)('$backendName', (replacement) => {
  const {backendName} = replacement;
  beforeAll(() => startBackend(backendName));
  afterAll(() => restoreStockKernels(backendName));

  const here = Object.entries(faults).filter(([, {backends}]) => backends.includes(backendName));
  it.each(here)('%s', (_, {run, right}) => {
    const values = () => tf.tidy(run).dataSync();
    restoreStockKernels(backendName);
    expect(kernelCoverage().MaxPool3D).toBe('stock');
    expect(isRight(values(), right), 'the stock kernel is right').toBe(false);
    replaceStockKernels(replacement);
    expect(kernelCoverage().MaxPool3D).toBe('kernel');
    expect(isRight(values(), right), `${[...values()]} ought to be ${Array.from(right)}`).toBe(true);
  });
});
