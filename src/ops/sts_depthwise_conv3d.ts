/** `stsDepthwiseConv3d`: Spatial-Temporal Separable convolution of each channel by itself. */
import type * as tf from '@tensorflow/tfjs-core';
import type {Padding3D} from '../geometry/conv_options';
import {positionalOp, runConvolution, type Tensor4or5D} from './run_convolution';

/**
 * Depthwise STS convolution (Li et al., ECCV 2022; the authors' `STS_3dconv`, as in ir-CSN and X3D). The first half of
 * the channels is static: filter slice 1 is a 2D kernel on the output's own frame, slice 0 runs along the frame as one
 * row-major line, slice 2 along the column-major line, and the three are summed. The second half is the ordinary
 * depthwise 3D convolution.
 *
 * Beyond the authors' code: an odd channel is static, and where the stride does not divide the frame, output sizes
 * round up and taps beyond the line read zeros.
 *
 * @param x `[batch, time, height, width, channels]`, or without batch; at least 2 channels
 * @param filter `[kt, kh, kw, channels, multiplier]`, kt odd and at least 3, kh and kw odd
 * @param strides one number, or time, height, width; along the line the stride is height's times width's
 * @param pad 'same', or (k - 1) / 2 for every axis (the authors' at stride 2): places the 2D kernel and the dynamic
 *   half; the line is always centred. The output is always ceil(input / stride)
 * @param dataFormat only 'NDHWC'
 * @param dilations only 1
 * @returns `[batch, time, height, width, channels * multiplier]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit
 */
function stsDepthwiseConv3d_<T extends Tensor4or5D>(
  x: T | tf.TensorLike,
  filter: tf.Tensor5D | tf.TensorLike,
  strides: number | readonly number[] = 1,
  pad: Padding3D = 'same',
  dataFormat = 'NDHWC',
  dilations: number | readonly number[] = 1,
): T {
  return runConvolution({kind: 'stsDepthwiseConv3d', strides, pad, dilations}, x, filter, dataFormat);
}

export const stsDepthwiseConv3d = /* @__PURE__ */ positionalOp('stsDepthwiseConv3d', stsDepthwiseConv3d_);
