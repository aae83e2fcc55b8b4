/**
 * Gradients of the host's ops that the package adds: of `tf.conv3dTranspose`, and of the gradients of `tf.conv3d`. The functions that the host looks up are called as it calls them, on every backend: the host's own kernels
 * in front of them are not at stake, and lose the device of webgpu in software rendering. Values are whole numbers, whose
 * sums are exact in any order; what is right is said by plain loops.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {registerGradients} from '../../src/ops/grads/register';
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
  const tensor = tf.tensor5d(values, shape as Shape5D);
  valuesOf.set(tensor, values);
  return tensor;
}

/** A convolution of TensorFlow's padding, as loops and as tensors x, filter and y that go with it. */
function convolution(size: Axes, kernel: Axes, strides: Axes, pad: 'same' | 'valid') {
  const output = size.map((n, axis) =>
    Math.ceil((pad === 'same' ? n : n - kernel[axis]! + 1) / strides[axis]!),
  ) as Axes;
  const before = size.map((n, axis) =>
    pad === 'valid'
      ? 0
      : Math.floor(Math.max(0, (output[axis]! - 1) * strides[axis]! + kernel[axis]! - n) / 2),
  ) as Axes;
  const [xShape, filterShape]: [Shape5D, Shape5D] = [
    [2, ...size, 3],
    [...kernel, 3, 2],
  ];
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
  const [x, filter, y] = [
    wholeNumbers(xShape, 7),
    wholeNumbers(filterShape, 4),
    wholeNumbers(naive.yShape, 3),
  ];
  return {naive, x, filter, y, strides, pad};
}

async function expectEqual(actual: tf.Tensor, {values}: {values: ArrayLike<number>}): Promise<void> {
  expect(Array.from(await actual.data(), (value) => value + 0)).toEqual(
    Array.from(values, (value) => value + 0),
  );
}

/** The values that a tensor was made of, wherever they lie now. */
const data = (tensor: tf.Tensor) => valuesOf.get(tensor)!;
const valuesOf = new WeakMap<tf.Tensor, Float32Array>();

/** The gradients that are registered for a kernel of the host, given the gradient of its result. */
function gradientsOf(kernelName: string, gradient: tf.Tensor, saved: tf.Tensor[], attrs: object) {
  const made = tf.getGradient(kernelName).gradFunc(gradient, saved, attrs as tf.NamedAttrMap);
  return Object.fromEntries(Object.entries(made).map(([name, run]) => [name, run()]));
}

describe.each(backendNames)('gradients of the host on %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    registerGradients();
  });

  const shapes: [string, Parameters<typeof convolution>][] = [
    ['2x2x2 by stride 2', [[4, 6, 4], [2, 2, 2], [2, 2, 2], 'same']],
    ['3x3x3 by stride 2, odd lengths', [[5, 4, 3], [3, 3, 3], [2, 2, 2], 'same']],
    ['3x2x1, valid, mixed strides', [[4, 5, 3], [3, 2, 1], [1, 2, 1], 'valid']],
  ];

  it.each(shapes)('tf.conv3dTranspose %s', async (_, geometry) => {
    const {naive, x, filter, y, strides, pad} = convolution(...geometry);
    const attrs = {inputShape: x.shape, strides, pad};
    const gradients = gradientsOf(tf.Conv3DBackpropInputV2, x, [y, filter], attrs);
    await expectEqual(gradients.dy!, naiveForward(naive, data(x), data(filter)));
    await expectEqual(gradients.filter!, naiveFilterGradient(naive, data(y), data(x)));
  });

  it('the gradient of tf.conv3d by its filter', async () => {
    const {naive, x, filter, y, strides, pad} = convolution([3, 4, 5], [3, 2, 2], [1, 2, 1], 'same');
    const attrs = {filterShape: filter.shape, strides, pad};
    const gradients = gradientsOf(tf.Conv3DBackpropFilterV2, filter, [x, y], attrs);
    await expectEqual(gradients.x!, naiveInputGradient(naive, data(y), data(filter)));
    await expectEqual(gradients.dy!, naiveForward(naive, data(x), data(filter)));
  });
});
