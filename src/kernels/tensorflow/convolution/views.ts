/**
 * A part of a convolution as a plain grid on a view of the input: a line is a video of one frame of height 1 and as wide as a
 * frame has positions. So every part is an ordinary convolution, which TensorFlow has ops for.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {type GridTaps, type LineTaps, tapCount} from '../../../geometry/taps';
import type {Shape5D, Triple} from '../../../util/shapes';
import {reshape} from '../backend';

/** An ordinary convolution of `[batch, time, height, width, channels]`. */
export interface Grid {
  rule: GridTaps;
  /** Inputs and outputs a batch entry: time, height, width. */
  input: Triple;
  output: Triple;
  groups: number;
  inputs: number;
  outputs: number;
}

/** The convolution that a part is on the views below. */
export function gridOf(info: ConvInfo, {rule, groups, inputChannels, outputChannels}: ConvPart): Grid {
  const channels = {groups, inputs: inputChannels, outputs: outputChannels};
  const input = info.inputShape.slice(1, 4) as Triple;
  const output = info.outputShape.slice(1, 4) as Triple;
  if (rule.kind === 'grid') return {...channels, rule, input, output};
  return {
    ...channels,
    rule: {
      kind: 'grid',
      taps: [1, 1, rule.taps],
      strides: [1, 1, rule.stride],
      dilations: [1, 1, 1],
      padding: [0, 0, rule.padding],
    },
    input: [1, 1, input[1] * input[2]],
    output: [1, 1, output[1] * output[2]],
  };
}

/** Channels `first` to `first + count` of a tensor. */
export function takeChannels(x: tf.Tensor, first: number, count: number): tf.Tensor {
  const channels = x.shape.at(-1)!;
  if (count === channels) return x;
  const begin = x.shape.map((_, axis) => (axis === x.rank - 1 ? first : 0));
  return tf.slice(x, begin, [...x.shape.slice(0, -1), count]);
}

/** The input channels of a part, as its grid reads them. */
export function viewInput(
  x: tf.Tensor5D,
  {rule, inputChannel, inputChannels}: ConvPart,
  time: number,
): tf.Tensor5D {
  const channels = takeChannels(x, inputChannel, inputChannels) as tf.Tensor5D;
  if (rule.kind === 'grid') return channels;
  return toLines(takeFrames(channels, rule, time), rule);
}

/** The output channels of a part, as its grid makes them. */
export function viewOutput(y: tf.Tensor5D, {rule, outputChannel, outputChannels}: ConvPart): tf.Tensor5D {
  const channels = takeChannels(y, outputChannel, outputChannels) as tf.Tensor5D;
  return rule.kind === 'grid' ? channels : toLines(channels, rule);
}

/** Back from the output of a part's grid to `[batch, time, height, width, channels of the part]`. */
export function unviewOutput(y: tf.Tensor5D, {rule, outputChannels}: ConvPart, info: ConvInfo): tf.Tensor5D {
  const shape = [...info.outputShape.slice(0, 4), outputChannels] as Shape5D;
  return rule.kind === 'grid' ? y : fromLines(y, rule, shape);
}

/** Back from the input of a part's grid, zeros in the frames that it does not read. */
export function unviewInput(x: tf.Tensor5D, {rule, inputChannels}: ConvPart, info: ConvInfo): tf.Tensor5D {
  if (rule.kind === 'grid') return x;
  const [batch, time, height, width] = info.inputShape;
  const {timeStride} = rule;
  const read = info.outputShape[1];
  const frames = fromLines(x, rule, [batch, read, height, width, inputChannels]);
  if (timeStride === 1) return frames;
  const frame = height * width * inputChannels;
  const spread = tf.pad(reshape(frames, [batch, read, frame]), [
    [0, 0],
    [0, 0],
    [0, (timeStride - 1) * frame],
  ]);
  const lines = reshape(spread, [batch, read * timeStride, frame]);
  return reshape(tf.slice(lines, [0, 0, 0], [batch, time, frame]), [
    batch,
    time,
    height,
    width,
    inputChannels,
  ]);
}

/** The frames that a line's outputs read. */
function takeFrames(x: tf.Tensor5D, {timeStride, firstFrame = 0}: LineTaps, count: number): tf.Tensor5D {
  if (timeStride === 1 && firstFrame === 0 && count === x.shape[1]) return x;
  const [batch, , ...frame] = x.shape;
  const last = firstFrame + (count - 1) * timeStride + 1;
  return tf.stridedSlice(
    x,
    [0, firstFrame, 0, 0, 0],
    [batch, last, ...frame],
    [1, timeStride, 1, 1, 1],
  ) as tf.Tensor5D;
}

function toLines(frames: tf.Tensor5D, {order}: LineTaps): tf.Tensor5D {
  const [batch, time, height, width, channels] = frames.shape;
  const inOrder = order === 'column-major' ? tf.transpose(frames, [0, 1, 3, 2, 4]) : frames;
  return reshape(inOrder, [batch * time, 1, 1, height * width, channels]);
}

function fromLines(lines: tf.Tensor5D, {order}: LineTaps, shape: Shape5D): tf.Tensor5D {
  if (order === 'row-major') return reshape(lines, shape);
  const [batch, time, height, width, channels] = shape;
  return tf.transpose(reshape(lines, [batch, time, width, height, channels]), [0, 1, 3, 2, 4]);
}

/** The filter positions of a part, `[kt, kh, kw, inputs of a group, outputs]` of its grid. */
export function partFilter(filter: tf.Tensor, info: ConvInfo, part: ConvPart, {rule}: Grid): tf.Tensor5D {
  const [taps, inputs, outputs] = info.filterView;
  const count = tapCount(part.rule);
  const shape: Shape5D = [...rule.taps, inputs, part.outputChannels];
  if (count === taps && part.outputChannels === outputs) return reshape(filter, shape);
  const view = reshape(filter, info.filterView);
  const begin = [part.firstTap, 0, part.outputChannel];
  return reshape(tf.slice(view, begin, [count, inputs, part.outputChannels]), shape);
}
