/**
 * The convolutions with everything that they can do, in the grammar of the host's `tf.fused.conv2d`: one object of
 * options. The ops of the same names take the arguments of `tf.conv3d` and no more.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Padding3D, SplitRounding} from '../geometry/conv_options';
import type {ConvKind} from '../geometry/conv_settings';
import {InvalidArgumentError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';
import {type ConvolutionEpilogue, runConvolution, type Tensor4or5D} from './run_convolution';

/** `y = activation(conv(x, filter) + bias + residual)`, in one pass while no gradient is recorded. */
export interface FusedOptions<T extends Tensor4or5D = Tensor4or5D> extends ConvolutionEpilogue {
  /** `[batch, time, height, width, channels]`, or without batch. */
  x: T | tf.TensorLike;
  /** As of the op of the same name. */
  filter: tf.Tensor5D | tf.TensorLike;
  /** One number, or time, height, width. Default 1. */
  strides?: number | readonly number[] | undefined;
  /** 'same', 'valid', a number of zeros, or `[before, after]` for time, height, width. Default as of the op of the same name. */
  pad?: Padding3D | undefined;
  /** Only 'NDHWC'. */
  dataFormat?: string | undefined;
  /** One number, or time, height, width. Default 1. */
  dilations?: number | readonly number[] | undefined;
}

export interface FusedConv3DOptions<T extends Tensor4or5D = Tensor4or5D> extends FusedOptions<T> {
  /** Channel groups, in order: a filter `[kt, kh, kw, channels / groups, out]`. Default 1. */
  groups?: number | undefined;
}

export interface FusedSTSConv3DOptions<T extends Tensor4or5D = Tensor4or5D> extends FusedConv3DOptions<T> {
  /** Rounding of an odd number of outputs: 'ceil' (SlowFast, SlowOnly; the default) or 'floor' (R(2+1)D). */
  split?: SplitRounding | undefined;
}

const KNOWN = optionNames<FusedOptions>({
  x: true,
  filter: true,
  strides: true,
  pad: true,
  dataFormat: true,
  dilations: true,
  bias: true,
  residual: true,
  activation: true,
});

function run<T extends Tensor4or5D>(
  kind: ConvKind,
  options: FusedSTSConv3DOptions<T>,
  defaultPad: Padding3D,
  others: readonly string[] = [],
): T {
  if (options instanceof tf.Tensor) {
    throw new InvalidArgumentError(
      `fused.${kind}: got a tensor; it takes one object, fused.${kind}({x, filter, strides, pad, bias, activation}).`,
    );
  }
  checkOptions(`fused.${kind}`, options, [...KNOWN, ...others]);
  const {x, filter, strides = 1, pad = defaultPad, dataFormat, dilations = 1, groups, split} = options;
  const settings = {
    kind,
    strides,
    pad,
    dilations,
    ...(groups !== undefined && {groups}),
    ...(split !== undefined && {split}),
  };
  try {
    return runConvolution(settings, x, filter, dataFormat, options);
  } catch (error) {
    // Shapes are checked by what the op of the same name checks with, and the message is about the function that was called.
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`fused.${error.message}`, {cause: error});
  }
}

/**
 * `conv3d`, with channel groups, bias, residual and activation.
 *
 * @returns `[batch, time, height, width, out]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit, or for an unknown option
 *
 * ```js
 * const y = sts.fused.conv3d({x, filter, pad: 'same', bias, residual: x, activation: 'relu'});
 * ```
 */
function fusedConv3d_<T extends Tensor4or5D>(options: FusedConv3DOptions<T>): T {
  return run('conv3d', options, 'valid', ['groups']);
}

/**
 * `depthwiseConv3d`, with bias, residual and activation.
 *
 * @returns `[batch, time, height, width, channels * multiplier]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit, or for an unknown option
 *
 * ```js
 * const y = sts.fused.depthwiseConv3d({x, filter, strides: [1, 2, 2], pad: 'same', activation: 'swish'});
 * ```
 */
function fusedDepthwiseConv3d_<T extends Tensor4or5D>(options: FusedOptions<T>): T {
  return run('depthwiseConv3d', options, 'valid');
}

/**
 * `stsConv3d`, with channel groups, the rounding of halves, bias, residual and activation.
 *
 * @returns `[batch, time, height, width, out]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit, or for an unknown option
 *
 * ```js
 * const y = sts.fused.stsConv3d({x, filter, split: 'floor', bias, activation: 'relu'});
 * ```
 */
function fusedStsConv3d_<T extends Tensor4or5D>(options: FusedSTSConv3DOptions<T>): T {
  return run('stsConv3d', options, 'same', ['groups', 'split']);
}

/**
 * `stsDepthwiseConv3d`, with bias, residual and activation.
 *
 * @returns `[batch, time, height, width, channels * multiplier]`, without batch if x has none
 * @throws InvalidArgumentError when shapes or settings do not fit, or for an unknown option
 *
 * ```js
 * const y = sts.fused.stsDepthwiseConv3d({x, filter, strides: [1, 2, 2], bias});
 * ```
 */
function fusedStsDepthwiseConv3d_<T extends Tensor4or5D>(options: FusedOptions<T>): T {
  return run('stsDepthwiseConv3d', options, 'same');
}

export const conv3d = /* @__PURE__ */ tf.op({fusedConv3d_});
export const depthwiseConv3d = /* @__PURE__ */ tf.op({fusedDepthwiseConv3d_});
export const stsConv3d = /* @__PURE__ */ tf.op({fusedStsConv3d_});
export const stsDepthwiseConv3d = /* @__PURE__ */ tf.op({fusedStsDepthwiseConv3d_});
