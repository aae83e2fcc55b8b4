/** The shape arithmetic of a transposed 3D convolution, with Keras' lengths: that of the convolution whose gradient it is. */
import {InvalidArgumentError} from '../util/errors';
import type {Shape5D, Triple} from '../util/shapes';
import type {ConvInfo} from './conv_info';
import {conv3dInfo} from './ordinary_info';

export interface TransposedOptions {
  strides: Triple;
  padding: 'same' | 'valid';
  dilations: Triple;
  /** How much longer than least each axis is; undefined: Keras' default lengths. */
  outputPadding?: Triple | undefined;
}

/**
 * The convolution whose gradient it is: from the output of the transposed one, `[batch, ..., filters]`, to its input.
 *
 * @param inputShape `[batch, time, height, width, channels]`
 * @param filterShape `[kt, kh, kw, filters, channels]`
 * @throws InvalidArgumentError for an output padding that is not less than the stride
 */
export function conv3dTransposeInfo(
  inputShape: Shape5D,
  filterShape: Shape5D,
  {strides, padding, dilations, outputPadding}: TransposedOptions,
): ConvInfo {
  const axes = strides.map((stride, axis) => {
    const reach = (filterShape[axis]! - 1) * dilations[axis]! + 1;
    return transposedAxis(inputShape[axis + 1]!, reach, stride, padding, outputPadding?.[axis]);
  });
  const output: Shape5D = [inputShape[0], axes[0]!.length, axes[1]!.length, axes[2]!.length, filterShape[3]];
  const info = conv3dInfo(output, filterShape, {strides, dilations, pad: axes.map(({pad}) => pad)});
  if (String(info.outputShape) !== String(inputShape)) {
    throw new InvalidArgumentError(
      `conv3dTranspose: outputPadding [${outputPadding?.join(', ')}] must be less than the strides [${strides.join(', ')}].`,
    );
  }
  return info;
}

/**
 * The length of an axis, and the padding of the convolution that leads back. Each input reaches `reach` outputs, the
 * first of them at `-before`; what lies outside is cut off, and what no input reaches is zero.
 */
function transposedAxis(
  input: number,
  reach: number,
  stride: number,
  padding: 'same' | 'valid',
  outputPadding: number | undefined,
): {length: number; pad: [number, number]} {
  const all = (input - 1) * stride + reach;
  let length: number;
  let before = 0;
  if (padding === 'valid') {
    length = outputPadding === undefined ? all + Math.max(stride - reach, 0) : all + outputPadding;
  } else {
    // Keras pads the inputs, spread out by the stride, by this much in all; the larger half stands in front.
    const padded = outputPadding === undefined ? stride + reach - 2 : reach + (reach % 2) - 2 + outputPadding;
    before = reach - 1 - Math.min(Math.ceil(padded / 2), reach - 1);
    length = (input - 1) * stride + padded - reach + 2;
  }
  return {length, pad: [before, Math.max(0, all - before - length)]};
}
