/** `stsConv3d`: Spatial-Temporal Separable convolution of an ordinary filter. */
import type * as tf from '@tensorflow/tfjs-core';
import type {Padding3D} from '../geometry/conv_options';
import {positionalOp, runConvolution, type Tensor4or5D} from './run_convolution';

/**
 * Spatial-Temporal Separable convolution (Li et al., ECCV 2022; the authors' `STS_3dconv` and `Conv2plus1d_reshape`).
 * It has the weights, parameters and FLOPs of the convolution that it replaces; half of its output channels (static)
 * read their taps inside the frame, the others (dynamic) where the ordinary convolution reads them.
 *
 * With a temporal filter `[kt, 1, 1, in, out]`, kt odd: the first quarter of the outputs reads kt neighbours along
 * the frame as one row-major line, the second quarter along the column-major line, the rest kt neighbours in time.
 * `fused.stsConv3d` adds the rounding of halves, a bias, a residual and an activation, and `groups`: with at least 2 of them and
 * kt >= 3 it is what `stsDepthwiseConv3d` says.
 *
 * @param x `[batch, time, height, width, channels]`, or without batch
 * @param filter `[kt, 1, 1, channels, out]`
 * @param strides one number, or time, height, width; static channels read frames 0, s, 2s, ...
 * @param pad 'same', or (k - 1) / 2 for every axis: the output is always ceil(input / stride)
 * @param dataFormat only 'NDHWC'
 * @param dilations only 1
 * @returns `[batch, time, height, width, out]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit
 */
function stsConv3d_<T extends Tensor4or5D>(
  x: T | tf.TensorLike,
  filter: tf.Tensor5D | tf.TensorLike,
  strides: number | readonly number[] = 1,
  pad: Padding3D = 'same',
  dataFormat = 'NDHWC',
  dilations: number | readonly number[] = 1,
): T {
  return runConvolution({kind: 'stsConv3d', strides, pad, dilations}, x, filter, dataFormat);
}

export const stsConv3d = /* @__PURE__ */ positionalOp('stsConv3d', stsConv3d_);
