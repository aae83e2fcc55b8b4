/** `conv3d`: 3D convolution with TensorFlow's padding. */
import type * as tf from '@tensorflow/tfjs-core';
import type {Padding3D} from '../geometry/conv_options';
import {positionalOp, runConvolution, type Tensor4or5D} from './run_convolution';

/**
 * 3D convolution as `tf.conv3d`, with explicit padding and dilation beside strides; padding 'same' follows TensorFlow
 * also where the kernel is shorter than the stride (stock tfjs does not). Channel groups, a bias, a residual and an activation:
 * `fused.conv3d`.
 *
 * @param x `[batch, time, height, width, channels]`, or without batch
 * @param filter `[kt, kh, kw, channels, out]`
 * @param strides one number, or time, height, width
 * @param pad 'same', 'valid', a number of zeros, or `[before, after]` for time, height, width
 * @param dataFormat only 'NDHWC'
 * @param dilations one number, or time, height, width
 * @returns `[batch, time, height, width, out]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit
 */
function conv3d_<T extends Tensor4or5D>(
  x: T | tf.TensorLike,
  filter: tf.Tensor5D | tf.TensorLike,
  strides: number | readonly number[] = 1,
  pad: Padding3D = 'valid',
  dataFormat = 'NDHWC',
  dilations: number | readonly number[] = 1,
): T {
  return runConvolution({kind: 'conv3d', strides, pad, dilations}, x, filter, dataFormat);
}

export const conv3d = /* @__PURE__ */ positionalOp('conv3d', conv3d_);
