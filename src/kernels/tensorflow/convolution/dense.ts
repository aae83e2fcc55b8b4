/**
 * A grid of one channel group and its two gradients, each as the fastest op of TensorFlow that takes it: a 2D convolution, which takes
 * any padding, where time or both other axes are left alone; else a 3D one. Pointwise it is the 3D one, of which
 * no view need be made (24 to 54 channels of 13x40x40: 2.0 ms of the processor, a matrix product of views 2.5); its gradients are products.
 * On two cores with AVX-512 they did 60 to 120 GFLOP a processor second, 3D ones as many as 2D ones of the same shape.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type {Shape5D} from '../../../util/shapes';
import {reshape, type TensorFlowBackend} from '../backend';

import {
  type Conv2D,
  conv2D,
  conv2DFilter,
  conv2DInput,
  conv3D,
  conv3DFilter,
  conv3DInput,
  matMul,
} from './ops';
import {applyMargins, isPlain, marginsOf, padded, removeMargins} from './padding';
import type {Grid} from './views';

type Shape4D = [number, number, number, number];

/** A grid as a 2D convolution of the same memory. */
interface Plane {
  how: Conv2D;
  input: Shape4D;
  filter: Shape4D;
  output: Shape4D;
}

function isPointwise(grid: Grid): boolean {
  return marginsOf(grid).every((margin, axis) => isPlain(grid, axis, margin));
}

/** Time as the batch, or the frame as one axis beside time; undefined if there are taps along both. */
function planeOf(grid: Grid, batch: number): Plane | undefined {
  const {rule, input, output, inputs, outputs} = grid;
  const margins = marginsOf(grid);
  const [time, height, width] = margins.map((margin, axis) => isPlain(grid, axis, margin));
  if (margins.some(({before, after}) => before < 0 || after < 0)) return undefined;
  const {taps, strides, dilations} = rule;
  if (time) {
    const how: Conv2D = {
      strides: [strides[1], strides[2]],
      dilations: [dilations[1], dilations[2]],
      margins: [margins[1], margins[2]],
    };
    return {
      how,
      input: [batch * input[0], input[1], input[2], inputs],
      filter: [taps[1], taps[2], inputs, outputs],
      output: [batch * output[0], output[1], output[2], outputs],
    };
  }
  if (!height || !width) return undefined;
  const frame = input[1] * input[2];
  return {
    how: {strides: [strides[0], 1], dilations: [dilations[0], 1], margins: [margins[0], margins[1]]},
    input: [batch, input[0], frame, inputs],
    filter: [taps[0], 1, inputs, outputs],
    output: [batch, output[0], frame, outputs],
  };
}

/** TensorFlow's 2D gradients know no dilation on the processor. */
function gradientPlaneOf(grid: Grid, batch: number): Plane | undefined {
  return grid.rule.dilations.every((dilation) => dilation === 1) ? planeOf(grid, batch) : undefined;
}

function shapes(
  {input, output, rule, inputs, outputs}: Grid,
  batch: number,
): Record<'x' | 'filter' | 'y', Shape5D> {
  return {
    x: [batch, ...input, inputs],
    filter: [...rule.taps, inputs, outputs],
    y: [batch, ...output, outputs],
  };
}

/** x `[batch, ...input, inputs]`, filter `[...taps, inputs, outputs]`; `[batch, ...output, outputs]`. */
export function dense(
  backend: TensorFlowBackend,
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  grid: Grid,
): tf.Tensor5D {
  const batch = x.shape[0];
  const {strides, dilations} = grid.rule;
  const plane = isPointwise(grid) ? undefined : planeOf(grid, batch);
  if (plane !== undefined) {
    const y = conv2D(backend, reshape(x, plane.input), reshape(filter, plane.filter), plane.how);
    return reshape(y, shapes(grid, batch).y);
  }
  const {padding, margins} = padded(grid, marginsOf(grid));
  return conv3D(backend, applyMargins(x, margins), filter, {strides, dilations, padding});
}

/** The gradient with respect to x. */
export function denseInput(
  backend: TensorFlowBackend,
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  grid: Grid,
): tf.Tensor5D {
  const batch = dy.shape[0];
  const {strides, dilations} = grid.rule;
  const shape = shapes(grid, batch);
  if (isPointwise(grid)) {
    const rows = reshape(dy, [-1, grid.outputs]);
    const weights = reshape(filter, [grid.inputs, grid.outputs]);
    return reshape(matMul(backend, rows, weights, false, true), shape.x);
  }
  const plane = gradientPlaneOf(grid, batch);
  if (plane !== undefined) {
    const weights = reshape(filter, plane.filter);
    const dx = conv2DInput(backend, plane.input, weights, reshape(dy, plane.output), plane.how);
    return reshape(dx, shape.x);
  }
  const {padding, margins, input} = padded(grid, marginsOf(grid));
  const how = {strides, dilations, padding};
  return removeMargins(conv3DInput(backend, [batch, ...input, grid.inputs], filter, dy, how), margins);
}

/** The gradient with respect to the filter. */
export function denseFilter(
  backend: TensorFlowBackend,
  x: tf.Tensor5D,
  dy: tf.Tensor5D,
  grid: Grid,
): tf.Tensor5D {
  const batch = x.shape[0];
  const {strides, dilations} = grid.rule;
  const shape = shapes(grid, batch);
  if (isPointwise(grid)) {
    const product = matMul(backend, reshape(x, [-1, grid.inputs]), reshape(dy, [-1, grid.outputs]), true);
    return reshape(product, shape.filter);
  }
  const plane = gradientPlaneOf(grid, batch);
  if (plane !== undefined) {
    const [input, output] = [reshape(x, plane.input), reshape(dy, plane.output)];
    return reshape(conv2DFilter(backend, input, plane.filter, output, plane.how), shape.filter);
  }
  const {padding, margins} = padded(grid, marginsOf(grid));
  return conv3DFilter(backend, applyMargins(x, margins), shape.filter, dy, {strides, dilations, padding});
}
