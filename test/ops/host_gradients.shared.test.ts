/**
 * Gradients of the host's ops that the package adds: of `tf.conv3dTranspose`, of `tf.conv3d` with dilation, and of its
 * gradients. On every backend, through the kernels that replace the host's where there are some. Values are whole
 * numbers, whose sums are exact in any order; what is right is said by plain loops.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {replaceStockKernels, restoreStockKernels} from '../../src/kernels/registry';
import {registerGradients} from '../../src/ops/grads/register';
import {replacements} from '../kernels/replacements';
import {backendNames, startBackend} from '../support/backends';
import {
  type Axes,
  type NaiveGeometry,
  naiveConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
} from '../support/naive_conv3d';

type Shape5D = [number, number, number, number, number];

function wholeNumbers(shape: readonly number[], factor: number): tf.Tensor5D {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({length: size}, (_, i) => ((i * factor) % 11) - 5);
  return tf.tensor5d(values, shape as Shape5D);
}

/** A convolution of TensorFlow's padding, as loops and as tensors x, filter and y that go with it. */
function convolution(
  size: Axes,
  kernel: Axes,
  strides: Axes,
  pad: 'same' | 'valid',
  dilations: Axes = [1, 1, 1],
) {
  const reach = kernel.map((taps, axis) => (taps - 1) * dilations[axis]! + 1);
  const output = size.map((n, axis) =>
    Math.ceil((pad === 'same' ? n : n - reach[axis]! + 1) / strides[axis]!),
  ) as Axes;
  const before = size.map((n, axis) =>
    pad === 'valid'
      ? 0
      : Math.floor(Math.max(0, (output[axis]! - 1) * strides[axis]! + reach[axis]! - n) / 2),
  ) as Axes;
  const [xShape, filterShape]: [Shape5D, Shape5D] = [
    [2, ...size, 3],
    [...kernel, 3, 2],
  ];
  const geometry: NaiveGeometry = {xShape, filterShape, strides, dilations, before, output, groups: 1};
  const naive = naiveConv3d(geometry);
  const [x, filter, y] = [
    wholeNumbers(xShape, 7),
    wholeNumbers(filterShape, 4),
    wholeNumbers(naive.yShape, 3),
  ];
  return {naive, x, filter, y, strides, pad, dilations};
}

async function expectEqual(actual: tf.Tensor, {values}: {values: ArrayLike<number>}): Promise<void> {
  expect(Array.from(await actual.data(), (value) => value + 0)).toEqual(
    Array.from(values, (value) => value + 0),
  );
}

const data = (tensor: tf.Tensor) => tensor.dataSync() as Float32Array;

describe.each(backendNames)('gradients of the host on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    registerGradients();
    for (const {backendName, ...rest} of replacements) {
      if (backendName === backend) replaceStockKernels({backendName, ...rest});
    }
  });
  afterAll(() => restoreStockKernels(backend));

  const shapes: [string, Parameters<typeof convolution>][] = [
    ['2x2x2 by stride 2', [[4, 6, 4], [2, 2, 2], [2, 2, 2], 'same']],
    ['3x3x3 by stride 2, odd lengths', [[5, 4, 3], [3, 3, 3], [2, 2, 2], 'same']],
    ['3x2x1, valid, mixed strides', [[4, 5, 3], [3, 2, 1], [1, 2, 1], 'valid']],
  ];

  it.each(shapes)('tf.conv3dTranspose %s', async (_, geometry) => {
    const {naive, x, filter, y, strides, pad} = convolution(...geometry);
    const transposed = (small: tf.Tensor, weights: tf.Tensor) =>
      tf.conv3dTranspose(small as tf.Tensor5D, weights as tf.Tensor5D, x.shape, strides, pad);
    await expectEqual(transposed(y, filter), naiveInputGradient(naive, data(y), data(filter)));
    const [dy, dFilter] = tf.grads(transposed)([y, filter], x);
    await expectEqual(dy!, naiveForward(naive, data(x), data(filter)));
    await expectEqual(dFilter!, naiveFilterGradient(naive, data(y), data(x)));
  });

  it('tf.conv3d with dilation', async () => {
    const {naive, x, filter, y, strides, pad, dilations} = convolution(
      [5, 7, 6],
      [3, 2, 3],
      [1, 1, 1],
      'same',
      [2, 3, 1],
    );
    const dilated = (given: tf.Tensor, weights: tf.Tensor) =>
      tf.conv3d(given as tf.Tensor5D, weights as tf.Tensor5D, strides, pad, 'NDHWC', dilations);
    const [dx, dFilter] = tf.grads(dilated)([x, filter], y);
    await expectEqual(dx!, naiveInputGradient(naive, data(y), data(filter)));
    await expectEqual(dFilter!, naiveFilterGradient(naive, data(y), data(x)));
  });

  it('the gradients of tf.conv3d, once more', async () => {
    const {naive, x, filter, y, strides, pad} = convolution([3, 4, 5], [3, 2, 2], [1, 2, 1], 'same');
    const conv = (given: tf.Tensor, weights: tf.Tensor) =>
      tf.conv3d(given as tf.Tensor5D, weights as tf.Tensor5D, strides, pad);
    // dy times the convolution by another filter, and of another input: each gradient is linear in what is left.
    const byFilter = (given: tf.Tensor) => tf.grads(conv)([given, filter], y)[1]!;
    await expectEqual(tf.grad(byFilter)(x, filter), naiveInputGradient(naive, data(y), data(filter)));
    const byInput = (weights: tf.Tensor) => tf.grads(conv)([x, weights], y)[0]!;
    await expectEqual(tf.grad(byInput)(filter, x), naiveFilterGradient(naive, data(y), data(x)));
  });

  it('leak no tensor', () => {
    const {x, filter, y, strides, pad} = convolution([2, 4, 4], [2, 2, 2], [2, 2, 2], 'same');
    const run = () =>
      tf.dispose(
        tf.grads((small, weights) =>
          tf.conv3dTranspose(small as tf.Tensor5D, weights as tf.Tensor5D, x.shape, strides, pad),
        )([y, filter]),
      );
    run();
    const before = tf.memory().numTensors;
    run();
    expect(tf.memory().numTensors).toBe(before);
  });
});
