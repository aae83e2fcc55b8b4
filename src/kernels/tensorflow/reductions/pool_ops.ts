/**
 * 3D pooling on the tensorflow backend. The largest values are found first within frames, then in time, by TensorFlow's 2D
 * op: 1x3x3 with stride 2 of 8x112x112x64 took 9 ms of the processor so, 127 ms by its 3D op; the gradient 110 and 1,089 ms. Means of
 * the inputs inside a window are its 3D op's; where that cannot pad so, means with zeros around, corrected by what lies outside.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Shape5D} from '../../../util/shapes';
import type {PoolInfo} from '../../pool_info';
import {attributes, reshape, type TensorFlowBackend} from '../backend';
import {applyMargins, isNone, type Margin, marginsOf, padded, removeMargins} from '../convolution/padding';
import type {Grid} from '../convolution/views';

type Shape4D = readonly [number, number, number, number];
type Pair<T> = readonly [T, T];

const NONE: Margin = {before: 0, after: 0};

/** What has the padding of a pooling. */
function gridOf({inputShape, outputShape, window, strides, padding}: PoolInfo): Grid {
  const [, ...input] = inputShape;
  const [, ...output] = outputShape;
  return {
    rule: {kind: 'grid', taps: window, strides, dilations: [1, 1, 1], padding},
    input: [input[0], input[1], input[2]],
    output: [output[0], output[1], output[2]],
    groups: 1,
    inputs: input[3],
    outputs: output[3],
  };
}

/** A pooling of images. */
interface Plane {
  input: Shape4D;
  output: Shape4D;
  window: Pair<number>;
  strides: Pair<number>;
  margins: Pair<Margin>;
}

/** A 3D pooling as one of its frames, and one in time of what that gives; less where a window is a single position. */
function planesOf(info: PoolInfo): Plane[] {
  const [batch, time, height, width, channels] = info.inputShape;
  const [, frames, rows, columns] = info.outputShape;
  const {window, strides} = info;
  const margins = marginsOf(gridOf(info));
  const planes: Plane[] = [
    {
      input: [batch * time, height, width, channels],
      output: [batch * time, rows, columns, channels],
      window: [window[1], window[2]],
      strides: [strides[1], strides[2]],
      margins: [margins[1], margins[2]],
    },
    {
      input: [batch, time, rows * columns, channels],
      output: [batch, frames, rows * columns, channels],
      window: [window[0], 1],
      strides: [strides[0], 1],
      margins: [margins[0], NONE],
    },
  ];
  return planes.filter((plane) => {
    const all = [...plane.window, ...plane.strides];
    return all.some((n) => n !== 1) || !plane.margins.every(isNone);
  });
}

/** TensorFlow refuses padding as wide as the window, with which windows hold nothing. */
function isTooWide({window, margins}: Plane): boolean {
  return margins.some(({before, after}, axis) => Math.max(before, after) >= window[axis]!);
}

function attributesOf(backend: TensorFlowBackend, {window, strides, margins}: Plane, dtype: tf.DataType) {
  const values = {
    ksize: [1, ...window, 1],
    strides: [1, ...strides, 1],
    padding: 'EXPLICIT',
    explicit_paddings: [0, 0, ...margins.flatMap(({before, after}) => [before, after]), 0, 0],
    data_format: 'NHWC',
  };
  return attributes(backend, values, {}, dtype);
}

/** Below every value of the type. */
const leastOf = ({dtype}: tf.Tensor) => (dtype === 'int32' ? -(2 ** 31) : -Infinity);

const zerosOf = ({margins}: Plane): [number, number][] => [
  [0, 0],
  ...margins.map(({before, after}): [number, number] => [before, after]),
  [0, 0],
];

function largest(backend: TensorFlowBackend, given: tf.Tensor, plane: Plane): tf.Tensor {
  const x = reshape(given, plane.input);
  if (!isTooWide(plane)) {
    return backend.executeSingleOutput('MaxPool', attributesOf(backend, plane, x.dtype), [x]);
  }
  const wide = tf.pad(x, zerosOf(plane), leastOf(x));
  const inner: Plane = {...plane, margins: [NONE, NONE]};
  const y = backend.executeSingleOutput('MaxPool', attributesOf(backend, inner, x.dtype), [wide]);
  // The op begins at the least finite number.
  return tf.where(tf.less(y, -3.4e38), tf.fill(y.shape, leastOf(x), x.dtype as 'float32'), y);
}

/** x float32 or int32, `[batch, time, height, width, channels]`; the same type. */
export function maxPool(backend: TensorFlowBackend, x: tf.Tensor, info: PoolInfo): tf.Tensor5D {
  const y = planesOf(info).reduce((value, plane) => largest(backend, value, plane), x);
  return reshape(y, info.outputShape);
}

/** The gradient with respect to x; of several largest values the first has it. */
export function maxPoolBack(
  backend: TensorFlowBackend,
  x: tf.Tensor,
  dy: tf.Tensor,
  info: PoolInfo,
): tf.Tensor5D {
  const planes = planesOf(info);
  const values = [x];
  for (const plane of planes) values.push(largest(backend, values.at(-1)!, plane));
  const dx = planes.reduceRight((gradient: tf.Tensor, plane, i) => {
    const read = reshape(values[i]!, plane.input);
    const given = reshape(gradient, plane.output);
    return ofLargest(backend, read, values[i + 1]!, given, plane);
  }, dy);
  return reshape(dx, info.inputShape);
}

function ofLargest(
  backend: TensorFlowBackend,
  x: tf.Tensor4D,
  y: tf.Tensor,
  dy: tf.Tensor4D,
  plane: Plane,
): tf.Tensor {
  if (!isTooWide(plane)) {
    return backend.executeSingleOutput('MaxPoolGrad', attributesOf(backend, plane, 'float32'), [x, y, dy]);
  }
  const wide = tf.pad(x, zerosOf(plane), -Infinity);
  const inner: Plane = {...plane, margins: [NONE, NONE]};
  const dx = backend.executeSingleOutput('MaxPoolGrad', attributesOf(backend, inner, 'float32'), [
    wide,
    y,
    dy,
  ]);
  return tf.slice(dx, [0, plane.margins[0].before, plane.margins[1].before, 0], [...plane.input]);
}

function attributes3D(backend: TensorFlowBackend, {window, strides}: PoolInfo, padding: string) {
  return attributes(backend, {
    ksize: [1, ...window, 1],
    strides: [1, ...strides, 1],
    padding,
    data_format: 'NDHWC',
  });
}

/** The number of a window's positions by that of those inside the input, `[1, time, height, width, 1]` of the output. */
function correction({inputShape, outputShape, window, strides, padding}: PoolInfo): tf.Tensor5D {
  const ofAxis = [0, 1, 2].map((axis) => {
    const shape: Shape5D = [1, 1, 1, 1, 1];
    const length = outputShape[axis + 1]!;
    shape[axis + 1] = length;
    const factors = Array.from({length}, (_, i) => {
      const begin = i * strides[axis]! - padding[axis]!;
      const inside = Math.min(begin + window[axis]!, inputShape[axis + 1]!) - Math.max(begin, 0);
      return window[axis]! / Math.max(1, inside);
    });
    return tf.tensor5d(factors, shape);
  });
  return ofAxis.reduce((product, factors) => tf.mul(product, factors));
}

/** Means of the inputs inside each window; 0 of none. */
export function avgPool(backend: TensorFlowBackend, x: tf.Tensor5D, info: PoolInfo): tf.Tensor5D {
  const grid = gridOf(info);
  const {padding, margins} = padded(grid, marginsOf(grid));
  const given = applyMargins(x, margins);
  const y = backend.executeSingleOutput('AvgPool3D', attributes3D(backend, info, padding), [given]);
  return (margins === undefined ? y : tf.mul(y, correction(info))) as tf.Tensor5D;
}

/** The gradient with respect to x: each output's, shared out among the inputs that it averaged. */
export function avgPoolBack(backend: TensorFlowBackend, dy: tf.Tensor5D, info: PoolInfo): tf.Tensor5D {
  const grid = gridOf(info);
  const {padding, margins, input} = padded(grid, marginsOf(grid));
  const given = margins === undefined ? dy : tf.mul(dy, correction(info));
  const shape = tf.tensor1d([info.inputShape[0], ...input, info.inputShape[4]], 'int32');
  const how = attributes3D(backend, info, padding);
  const dx = backend.executeSingleOutput('AvgPool3DGrad', how, [shape, given]);
  return removeMargins(dx as tf.Tensor5D, margins);
}
