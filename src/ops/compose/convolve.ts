/**
 * One tap rule as stock 2D convolutions on reshaped views: the readable definition of what a rule computes.
 * A frame axis is a batch axis, a line is an image of height 1, and time is an axis that is read tap by tap.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {GridTaps, LineTaps, TapRule} from '../../geometry/taps';
import type {Triple} from '../../util/shapes';
import {fromLines, takeAlong, toLines} from './axes';

/** The filter positions that one rule reads, with their channel groups. */
export interface PartFilter {
  /** `[taps, inputs of a group, outputs]` */
  weights: tf.Tensor3D;
  groups: number;
}

/** `x [batch, time, height, width, channels]` under a rule, onto `output` (time, height, width). */
export function convolve(x: tf.Tensor5D, filter: PartFilter, rule: TapRule, output: Triple): tf.Tensor5D {
  return tf.tidy(() =>
    rule.kind === 'grid' ? convolveGrid(x, filter, rule, output) : convolveLine(x, filter, rule, output),
  );
}

function convolveLine(x: tf.Tensor5D, filter: PartFilter, rule: LineTaps, output: Triple): tf.Tensor5D {
  const [time, height, width] = output;
  const lines = toLines(x, rule, time);
  return fromLines(convolveLines(lines, filter, rule, height * width), rule.order, x.shape[0], output);
}

/** A convolution along lines `[lines, 1, length, channels]`, onto `length` outputs a line. */
export function convolveLines(
  lines: tf.Tensor4D,
  filter: PartFilter,
  rule: LineTaps,
  length: number,
): tf.Tensor4D {
  const needed = (length - 1) * rule.stride + rule.taps;
  const padded = takeAlong(lines, 2, -rule.padding, 1, needed) as tf.Tensor4D;
  // Both strides are set, since not every backend's depthwise convolution takes two different ones; height is 1.
  return conv2d(padded, filter, [1, rule.taps], [rule.stride, rule.stride], [1, 1]);
}

function convolveGrid(x: tf.Tensor5D, filter: PartFilter, rule: GridTaps, output: Triple): tf.Tensor5D {
  const isTemporal = rule.taps[1] === 1 && rule.taps[2] === 1 && keepsFrame(x, rule, output);
  return isTemporal ? convolveTime(x, filter, rule, output) : convolveFrames(x, filter, rule, output);
}

function keepsFrame(x: tf.Tensor5D, rule: GridTaps, output: Triple): boolean {
  return [1, 2].every(
    (axis) => rule.padding[axis] === 0 && rule.strides[axis] === 1 && output[axis] === x.shape[axis + 1],
  );
}

/** kt x 1 x 1: time is the height, and the frame the width, of one image per video. */
function convolveTime(x: tf.Tensor5D, filter: PartFilter, rule: GridTaps, output: Triple): tf.Tensor5D {
  const [batch, time, height, width, channels] = x.shape;
  const view = tf.reshape(x, [batch, time, height * width, channels]);
  const needed = (output[0] - 1) * rule.strides[0] + (rule.taps[0] - 1) * rule.dilations[0] + 1;
  const padded = takeAlong(view, 1, -rule.padding[0], 1, needed) as tf.Tensor4D;
  const everyStep = conv2d(padded, filter, [rule.taps[0], 1], [1, 1], [rule.dilations[0], 1]);
  const y = takeAlong(everyStep, 1, 0, rule.strides[0], output[0]);
  return tf.reshape(y, [batch, ...output, y.shape[3]!]);
}

/** kt x kh x kw: for each tap in time a 2D convolution of the frames that it reads; the sum of them. */
function convolveFrames(x: tf.Tensor5D, filter: PartFilter, rule: GridTaps, output: Triple): tf.Tensor5D {
  const [batch, time, , , channels] = x.shape;
  const [kt, kh, kw] = rule.taps;
  // A 2D convolution takes strides or dilations, not both: with both, the stride is taken afterwards.
  const dilated = rule.dilations[1] > 1 || rule.dilations[2] > 1;
  const strides: [number, number] = dilated ? [1, 1] : [rule.strides[1], rule.strides[2]];
  const padded = [1, 2].reduce((y, axis) => {
    const needed =
      (output[axis]! - 1) * rule.strides[axis]! + (rule.taps[axis]! - 1) * rule.dilations[axis]! + 1;
    return takeAlong(y, axis + 1, -rule.padding[axis]!, 1, needed);
  }, x as tf.Tensor);
  const [, , height, width] = padded.shape as number[];
  let sum: tf.Tensor4D | undefined;
  for (let tap = 0; tap < kt; tap++) {
    const start = tap * rule.dilations[0] - rule.padding[0];
    const readsOnlyPadding = start >= time || start + (output[0] - 1) * rule.strides[0] < 0;
    if (readsOnlyPadding && (sum !== undefined || tap < kt - 1)) continue;
    const frames = tf.reshape(takeAlong(padded, 1, start, rule.strides[0], output[0]), [
      batch * output[0],
      height!,
      width!,
      channels,
    ]);
    const weights: tf.Tensor3D = tf.slice(filter.weights, [tap * kh * kw, 0, 0], [kh * kw, -1, -1]);
    const y = conv2d(frames as tf.Tensor4D, {...filter, weights}, [kh, kw], strides, [
      rule.dilations[1],
      rule.dilations[2],
    ]);
    sum = sum === undefined ? y : tf.add<tf.Tensor4D>(sum, y);
  }
  let y: tf.Tensor = sum!;
  if (dilated) for (const axis of [1, 2]) y = takeAlong(y, axis, 0, rule.strides[axis]!, output[axis]!);
  return tf.reshape(y, [batch, ...output, y.shape[3]!]);
}

type Pair = [number, number];

/**
 * A 2D convolution without padding, in channel groups. The host has none with groups: many small groups are summed
 * from depthwise convolutions, one per input channel of a group; few large ones are convolved one by one.
 */
function conv2d(
  x: tf.Tensor4D,
  filter: PartFilter,
  kernel: Pair,
  strides: Pair,
  dilations: Pair,
): tf.Tensor4D {
  const {weights, groups} = filter;
  const [, inputs, outputs] = weights.shape;
  const perGroup = outputs / groups;
  if (groups === 1) {
    return tf.conv2d(
      x,
      tf.reshape(weights, [...kernel, inputs, outputs]),
      strides,
      'valid',
      'NHWC',
      dilations,
    );
  }
  if (inputs > groups) {
    const each = range(groups).map((group) => {
      const own: tf.Tensor3D = tf.slice(weights, [0, 0, group * perGroup], [-1, -1, perGroup]);
      const channels = tf.slice(x, [0, 0, 0, group * inputs], [-1, -1, -1, inputs]);
      return conv2d(channels, {weights: own, groups: 1}, kernel, strides, dilations);
    });
    return tf.concat(each, 3);
  }
  const terms = range(inputs).map((input) => {
    const own = tf.slice(weights, [0, input, 0], [-1, 1, -1]);
    const depthwise = tf.reshape(own, [...kernel, groups, perGroup]) as tf.Tensor4D;
    const channels = takeAlong(x, 3, input, inputs, groups) as tf.Tensor4D;
    return tf.depthwiseConv2d(channels, depthwise, strides, 'valid', 'NHWC', dilations);
  });
  return terms.reduce((sum, term) => tf.add(sum, term));
}

function range(count: number): number[] {
  return Array.from({length: count}, (_, i) => i);
}
