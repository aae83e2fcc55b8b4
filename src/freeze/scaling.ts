/**
 * Squeeze-excite's product in a frozen model: each channel of a clip times a number of its own, and the activation behind
 * it, in one pass. It is a depthwise convolution of one tap whose filter is the other factor.
 */
import {concat, mul, reshape, slice, type Tensor5D} from '@tensorflow/tfjs-core';
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {Call} from '../layers/models/graph';
import {type Activation, depthwiseConv3d} from '../ops';
import {activate} from '../ops/activations';

/** A planned product: y = activation(input * factors). */
export interface Scaling {
  /** `[batch, time, height, width, channels]` */
  readonly input: SymbolicTensor;
  /** `[batch, 1, 1, 1, channels]` */
  readonly factors: SymbolicTensor;
  output: SymbolicTensor;
  activation: Activation;
}

/** The call as such a product; undefined for any other. */
export function asScaling({layer, inputs, outputs}: Call): Scaling | undefined {
  if (layer.getClassName() !== 'Multiply' || inputs.length !== 2) return undefined;
  const [input, factors] = positions(inputs[0]!) === 1 ? [inputs[1]!, inputs[0]!] : [inputs[0]!, inputs[1]!];
  const fits = input.shape.length === 5 && positions(factors) === 1 && input.shape[4] === factors.shape[4];
  return fits ? {input, factors, output: outputs[0]!, activation: 'linear'} : undefined;
}

/** Positions of a rank-5 value; unknown ones count as many. */
function positions({shape}: SymbolicTensor): number {
  return shape.length === 5 ? shape.slice(1, 4).reduce<number>((size, n) => size * (n ?? Infinity), 1) : 0;
}

/** The product. A filter is the same for a whole batch, so that clips of a batch go one by one. */
export function scaleChannels(x: Tensor5D, factors: Tensor5D, activation: Activation): Tensor5D {
  const [batch, ...clip] = x.shape;
  const channels = x.shape[4];
  // In a larger clip than the model was made for, a pooled value may have several positions.
  if (factors.size !== batch * channels) return activate(mul(x, factors), activation) as Tensor5D;
  const scaled = Array.from({length: batch}, (_, i) => {
    const [one, factor] = batch === 1 ? [x, factors] : [slice(x, i, [1, ...clip]), slice(factors, i, 1)];
    return depthwiseConv3d(one, reshape(factor, [1, 1, 1, channels, 1]), 1, 'valid', 'NDHWC', 1, {
      activation,
    });
  });
  return scaled.length === 1 ? scaled[0]! : concat(scaled);
}
