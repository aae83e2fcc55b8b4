/** `conv3d`: 3D convolution with channel groups and TensorFlow's padding. */
import * as tf from '@tensorflow/tfjs-core';
import type {Padding3D} from '../geometry/conv_info';
import {optionNames} from '../util/names';
import {type FusedOptions, runConvolution, type Tensor4or5D} from './run_convolution';

export interface Conv3DOptions extends FusedOptions {
  /** Channel groups, in order; default 1. */
  groups?: number | undefined;
}

const KNOWN = optionNames<Conv3DOptions>({groups: true, bias: true, residual: true, activation: true});

/**
 * 3D convolution as `tf.conv3d`, with channel groups, explicit padding, dilation beside strides, and a bias; padding
 * 'same' follows TensorFlow also where the kernel is shorter than the stride (stock tfjs does not).
 *
 * @param x `[batch, time, height, width, channels]`, or without batch
 * @param filter `[kt, kh, kw, channels / groups, out]`
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
  options: Conv3DOptions = {},
): T {
  const {groups = 1} = options;
  const settings = {kind: 'conv3d', strides, pad, dilations, groups} as const;
  return runConvolution(settings, x, filter, dataFormat, options, KNOWN);
}

export const conv3d = tf.op({conv3d_});
