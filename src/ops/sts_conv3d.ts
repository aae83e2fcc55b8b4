/** `stsConv3d`: Spatial-Temporal Separable convolution of an ordinary filter. */
import * as tf from '@tensorflow/tfjs-core';
import type {Padding3D, SplitRounding} from '../geometry/conv_info';
import {optionNames} from '../util/names';
import {type FusedOptions, runConvolution, type Tensor4or5D} from './run_convolution';

export interface STSConv3DOptions extends FusedOptions {
  /** Channel groups, in order; default 1 (the temporal form). */
  groups?: number | undefined;
  /** Rounding of an odd number of outputs: 'ceil' (SlowFast, SlowOnly; the default) or 'floor' (R(2+1)D). */
  split?: SplitRounding | undefined;
}

const KNOWN = optionNames<STSConv3DOptions>({
  groups: true,
  split: true,
  bias: true,
  residual: true,
  activation: true,
});

/**
 * Spatial-Temporal Separable convolution (Li et al., ECCV 2022; the authors' `STS_3dconv` and `Conv2plus1d_reshape`).
 * It has the weights, parameters and FLOPs of the convolution that it replaces; half of its output channels (static)
 * read their taps inside the frame, the others (dynamic) where the ordinary convolution reads them.
 *
 * With a temporal filter `[kt, 1, 1, in, out]`, kt odd: the first quarter of the outputs reads kt neighbours along
 * the frame as one row-major line, the second quarter along the column-major line, the rest kt neighbours in time.
 * With `groups` of at least 2 and kt >= 3: see `stsDepthwiseConv3d`.
 *
 * @param x `[batch, time, height, width, channels]`, or without batch
 * @param filter `[kt, kh, kw, channels / groups, out]`
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
  options: STSConv3DOptions = {},
): T {
  const {groups = 1, split} = options;
  const settings = {
    kind: 'stsConv3d',
    strides,
    pad,
    dilations,
    groups,
    ...(split !== undefined && {split}),
  } as const;
  return runConvolution(settings, x, filter, dataFormat, options, KNOWN);
}

export const stsConv3d = tf.op({stsConv3d_});
