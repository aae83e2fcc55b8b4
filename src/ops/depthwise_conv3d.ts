/** `depthwiseConv3d`: 3D convolution of each channel by itself, which stock tfjs does not have. */
import type * as tf from '@tensorflow/tfjs-core';
import type {Padding3D} from '../geometry/conv_options';
import {positionalOp, runConvolution, type Tensor4or5D} from './run_convolution';

/**
 * Depthwise 3D convolution: output channel `c * multiplier + m` is channel c under filter m of that channel.
 *
 * @param x `[batch, time, height, width, channels]`, or without batch
 * @param filter `[kt, kh, kw, channels, multiplier]`
 * @param strides one number, or time, height, width
 * @param pad 'same', 'valid', a number of zeros, or `[before, after]` for time, height, width
 * @param dataFormat only 'NDHWC'
 * @param dilations one number, or time, height, width
 * @returns `[batch, time, height, width, channels * multiplier]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit
 */
function depthwiseConv3d_<T extends Tensor4or5D>(
  x: T | tf.TensorLike,
  filter: tf.Tensor5D | tf.TensorLike,
  strides: number | readonly number[] = 1,
  pad: Padding3D = 'valid',
  dataFormat = 'NDHWC',
  dilations: number | readonly number[] = 1,
): T {
  return runConvolution({kind: 'depthwiseConv3d', strides, pad, dilations}, x, filter, dataFormat);
}

export const depthwiseConv3d = /* @__PURE__ */ positionalOp('depthwiseConv3d', depthwiseConv3d_);
