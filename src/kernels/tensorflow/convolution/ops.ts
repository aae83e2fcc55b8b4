/**
 * TensorFlow's convolution ops by their attributes. 2D ones take explicit padding, groups (forward), and steps and dilations
 * together; 3D ones only 'SAME' and 'VALID'.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type {Triple} from '../../../util/shapes';
import {type Attribute, attributes, type TensorFlowBackend, typeAttribute} from '../backend';
import {constant} from '../constants';
import type {Margin} from './padding';

type Pair<T> = readonly [T, T];

export interface Conv2D {
  strides: Pair<number>;
  dilations: Pair<number>;
  /** Not negative. */
  margins: Pair<Margin>;
}

export interface Conv3D {
  strides: Triple;
  dilations: Triple;
  padding: 'SAME' | 'VALID';
}

function attributes2D(backend: TensorFlowBackend, {strides, dilations, margins}: Conv2D): Attribute[] {
  return attributes(backend, {
    strides: [1, ...strides, 1],
    padding: 'EXPLICIT',
    explicit_paddings: [0, 0, ...margins.flatMap(({before, after}) => [before, after]), 0, 0],
    data_format: 'NHWC',
    dilations: [1, ...dilations, 1],
  });
}

function attributes3D(backend: TensorFlowBackend, {strides, dilations, padding}: Conv3D): Attribute[] {
  return attributes(backend, {
    strides: [1, ...strides, 1],
    padding,
    data_format: 'NDHWC',
    dilations: [1, ...dilations, 1],
  });
}

type Backend = TensorFlowBackend;
const shapeTensor = (backend: Backend, shape: readonly number[]) => constant(backend, shape, 'int32');

type Forward = (backend: Backend, x: tf.Tensor, filter: tf.Tensor, how: Conv2D) => tf.Tensor4D;
type InputGradient = (
  backend: Backend,
  shape: readonly number[],
  filter: tf.Tensor,
  dy: tf.Tensor,
  how: Conv2D,
) => tf.Tensor;
type FilterGradient = (
  backend: Backend,
  x: tf.Tensor,
  shape: readonly number[],
  dy: tf.Tensor,
  how: Conv2D,
) => tf.Tensor;

const forward2D =
  (op: string): Forward =>
  (backend, x, filter, how) =>
    backend.executeSingleOutput(op, attributes2D(backend, how), [x, filter]) as tf.Tensor4D;

const inputGradient2D =
  (op: string): InputGradient =>
  (backend, shape, filter, dy, how) =>
    backend.executeSingleOutput(op, attributes2D(backend, how), [shapeTensor(backend, shape), filter, dy]);

const filterGradient2D =
  (op: string): FilterGradient =>
  (backend, x, shape, dy, how) =>
    backend.executeSingleOutput(op, attributes2D(backend, how), [x, shapeTensor(backend, shape), dy]);

/** x `[batch, height, width, in]`, filter `[kh, kw, in / groups, out]`. */
export const conv2D = forward2D('Conv2D');
export const conv2DInput = inputGradient2D('Conv2DBackpropInput');
export const conv2DFilter = filterGradient2D('Conv2DBackpropFilter');

/** x `[batch, height, width, channels]`, filter `[kh, kw, channels, multiplier]`. */
export const depthwise2D = forward2D('DepthwiseConv2dNative');
export const depthwise2DInput = inputGradient2D('DepthwiseConv2dNativeBackpropInput');
export const depthwise2DFilter = filterGradient2D('DepthwiseConv2dNativeBackpropFilter');

/** x `[batch, time, height, width, in]`, filter `[kt, kh, kw, in, out]`. */
export function conv3D(backend: Backend, x: tf.Tensor, filter: tf.Tensor, how: Conv3D): tf.Tensor5D {
  return backend.executeSingleOutput('Conv3D', attributes3D(backend, how), [x, filter]) as tf.Tensor5D;
}

export function conv3DInput(
  backend: Backend,
  shape: readonly number[],
  filter: tf.Tensor,
  dy: tf.Tensor,
  how: Conv3D,
): tf.Tensor5D {
  const attributes = [...attributes3D(backend, how), typeAttribute(backend, 'Tshape', 'int32')];
  const inputs = [shapeTensor(backend, shape), filter, dy];
  return backend.executeSingleOutput('Conv3DBackpropInputV2', attributes, inputs) as tf.Tensor5D;
}

export function conv3DFilter(
  backend: Backend,
  x: tf.Tensor,
  shape: readonly number[],
  dy: tf.Tensor,
  how: Conv3D,
): tf.Tensor5D {
  const inputs = [x, shapeTensor(backend, shape), dy];
  return backend.executeSingleOutput(
    'Conv3DBackpropFilterV2',
    attributes3D(backend, how),
    inputs,
  ) as tf.Tensor5D;
}

/** `[n, k] x [k, m]`, either of them transposed or not. */
export function matMul(
  backend: Backend,
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA = false,
  transposeB = false,
): tf.Tensor2D {
  const how = attributes(backend, {transpose_a: transposeA, transpose_b: transposeB});
  return backend.executeSingleOutput('MatMul', how, [a, b]) as tf.Tensor2D;
}
