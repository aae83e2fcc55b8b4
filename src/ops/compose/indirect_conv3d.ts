/**
 * The three kernels of the family composed from stock ops: the readable definition, and what runs where no kernel of
 * ours is registered. Both gradients are written out (not left to stock gradients), because wasm has no
 * Conv2DBackpropFilter and no depthwise gradients; only forward ops are used, which every backend has.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../geometry/conv_info';
import type {Activation} from '../../geometry/kernel_names';
import {type GridTaps, invertTaps, type TapRule, tapCount} from '../../geometry/taps';
import type {Triple} from '../../util/shapes';
import {activate} from '../activations';
import {fromLines, stretchAlong, takeAlong, takeChannels, toLines} from './axes';
import {convolve, convolveLines, type PartFilter} from './convolve';

/** What follows the convolution: bias `[out]`, residual `info.outputShape`, each or none, and an activation. */
interface Epilogue {
  bias: tf.Tensor | undefined;
  residual: tf.Tensor | undefined;
  activation: Activation;
}

/** x `info.inputShape`, filter `info.filterShape`; result `info.outputShape`. */
export function composeForward(
  x: tf.Tensor,
  filter: tf.Tensor,
  info: ConvInfo,
  {bias, residual, activation}: Epilogue,
): tf.Tensor {
  return tf.tidy(() => {
    const input = tf.reshape(x, info.inputShape) as tf.Tensor5D;
    const byChannel = new Map<number, tf.Tensor2D>();
    for (const part of info.parts) {
      const weights = partWeights(filter, info, part);
      const channels = takeChannels(input, part.inputChannel, part.inputChannels);
      const y = convolve(channels, {weights, groups: part.groups}, part.rule, outputSize(info));
      accumulate(byChannel, part.outputChannel, tf.reshape(y, [-1, part.outputChannels]));
    }
    const sums = concatChannels(byChannel);
    let y: tf.Tensor = tf.reshape(bias === undefined ? sums : tf.add(sums, bias), info.outputShape);
    if (residual !== undefined) y = tf.add(y, residual);
    return activate(y, activation);
  });
}

/** dy `info.outputShape`, filter `info.filterShape`; result `info.inputShape`. */
export function composeBackpropInput(dy: tf.Tensor, filter: tf.Tensor, info: ConvInfo): tf.Tensor {
  return tf.tidy(() => {
    const gradient = tf.reshape(dy, info.outputShape) as tf.Tensor5D;
    const byChannel = new Map<number, tf.Tensor2D>();
    for (const part of info.parts) {
      const channels = takeChannels(gradient, part.outputChannel, part.outputChannels);
      const weights = transposeGroups(tf.reverse(partWeights(filter, info, part), 0), part.groups);
      const dx = convolveBack(channels, {weights, groups: part.groups}, part.rule, inputSize(info));
      accumulate(byChannel, part.inputChannel, tf.reshape(dx, [-1, part.inputChannels]));
    }
    return tf.reshape(concatChannels(byChannel), info.inputShape);
  });
}

/** x `info.inputShape`, dy `info.outputShape`; result `info.filterShape`. Per tap a product of gathered rows. */
export function composeBackpropFilter(x: tf.Tensor, dy: tf.Tensor, info: ConvInfo): tf.Tensor {
  return tf.tidy(() => {
    const [taps, inputs, outputs] = info.filterView;
    const input = tf.reshape(x, info.inputShape) as tf.Tensor5D;
    const gradient = tf.reshape(dy, info.outputShape) as tf.Tensor5D;
    const blocks = info.parts.map((part) => {
      const channels = takeChannels(input, part.inputChannel, part.inputChannels);
      const dyRows = byGroup(takeChannels(gradient, part.outputChannel, part.outputChannels), part.groups);
      const perTap = gatherTaps(channels, part.rule, outputSize(info)).map((rows) => {
        const product = tf.matMul(byGroup(rows, part.groups), dyRows, true, false);
        return tf.reshape(tf.transpose(product, [1, 0, 2]), [1, inputs, part.outputChannels]);
      });
      const block = tf.concat(perTap, 0);
      const lastTap = part.firstTap + perTap.length;
      const lastChannel = part.outputChannel + part.outputChannels;
      return tf.pad(block, [
        [part.firstTap, taps - lastTap],
        [0, 0],
        [part.outputChannel, outputs - lastChannel],
      ]);
    });
    return tf.reshape(
      blocks.reduce((sum, block) => tf.add(sum, block)),
      info.filterShape,
    );
  });
}

function inputSize(info: ConvInfo): Triple {
  return info.inputShape.slice(1, 4) as Triple;
}

function outputSize(info: ConvInfo): Triple {
  return info.outputShape.slice(1, 4) as Triple;
}

/** The filter positions of one part, `[taps, inputs of a group, outputs of the part]`. */
function partWeights(filter: tf.Tensor, info: ConvInfo, part: ConvPart): tf.Tensor3D {
  const view = tf.reshape(filter, info.filterView) as tf.Tensor3D;
  return tf.slice(
    view,
    [part.firstTap, 0, part.outputChannel],
    [tapCount(part.rule), -1, part.outputChannels],
  );
}

/** Exchanges inputs and outputs inside each group: `[taps, in, groups * out]` to `[taps, out, groups * in]`. */
function transposeGroups(weights: tf.Tensor3D, groups: number): tf.Tensor3D {
  const [taps, inputs, outputs] = weights.shape;
  const perGroup = outputs / groups;
  const swapped = tf.transpose(tf.reshape(weights, [taps, inputs, groups, perGroup]), [0, 3, 2, 1]);
  return tf.reshape(swapped, [taps, perGroup, groups * inputs]);
}

/** A convolution with the inverted rule over the output gradient with zeros put between its values. */
function convolveBack(dy: tf.Tensor5D, filter: PartFilter, rule: TapRule, input: Triple): tf.Tensor5D {
  if (rule.kind === 'grid') {
    const apart = [0, 1, 2].reduce(
      (y, axis) => stretchAlong(y, axis + 1, rule.strides[axis]!),
      dy as tf.Tensor,
    );
    return convolve(apart as tf.Tensor5D, filter, invertTaps(rule), input);
  }
  const [batch, time] = dy.shape;
  const [, height, width] = input;
  const frames = {order: rule.order, timeStride: 1};
  const lines = stretchAlong(toLines(dy, frames, time), 2, rule.stride) as tf.Tensor4D;
  const back = convolveLines(lines, filter, invertTaps(rule), height * width);
  const dx = fromLines(back, rule.order, batch, [time, height, width]);
  return takeAlong(stretchAlong(dx, 1, rule.timeStride), 1, 0, 1, input[0]) as tf.Tensor5D;
}

/** What each tap of a rule reads, `[batch, ...output, channels]` per tap, in the filter's order. */
function gatherTaps(x: tf.Tensor5D, rule: TapRule, output: Triple): tf.Tensor5D[] {
  if (rule.kind === 'grid') return gatherGrid(x, rule, output, 0);
  const [time, height, width] = output;
  const lines = toLines(x, rule, time);
  return Array.from({length: rule.taps}, (_, tap) => {
    const taken = takeAlong(lines, 2, tap - rule.padding, rule.stride, height * width) as tf.Tensor4D;
    return fromLines(taken, rule.order, x.shape[0], output);
  });
}

function gatherGrid(x: tf.Tensor5D, rule: GridTaps, output: Triple, axis: number): tf.Tensor5D[] {
  if (axis === 3) return [x];
  return Array.from({length: rule.taps[axis]!}, (_, tap) => {
    const start = tap * rule.dilations[axis]! - rule.padding[axis]!;
    const taken = takeAlong(x, axis + 1, start, rule.strides[axis]!, output[axis]!) as tf.Tensor5D;
    return gatherGrid(taken, rule, output, axis + 1);
  }).flat();
}

/** `[..., channels]` as `[groups, rows, channels of a group]`. */
function byGroup(x: tf.Tensor5D, groups: number): tf.Tensor3D {
  const channels = x.shape[4];
  return tf.transpose(tf.reshape(x, [-1, groups, channels / groups]), [1, 0, 2]);
}

function accumulate(byChannel: Map<number, tf.Tensor2D>, channel: number, term: tf.Tensor2D): void {
  const sum = byChannel.get(channel);
  byChannel.set(channel, sum === undefined ? term : tf.add(sum, term));
}

/** Sums that start at channel 0, n, m, ... side by side. */
function concatChannels(byChannel: Map<number, tf.Tensor2D>): tf.Tensor2D {
  const inOrder = [...byChannel].sort(([a], [b]) => a - b).map(([, sum]) => sum);
  return inOrder.length === 1 ? inOrder[0]! : tf.concat(inOrder, 1);
}
