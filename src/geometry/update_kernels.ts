/**
 * The kernels of optimizers: what a step does to weights and their state in one pass, and the norm of all gradients. Names, inputs and
 * attributes only. Their results are new tensors, since the values of a tensor do not change, but where their caller allows
 * otherwise. No gradient is taken of them.
 */
import type {NamedAttrMap, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';

/** What a step is for one of the weights, all other attributes being those of the optimizer. A type, as the host wants attributes. */
export type WeightStep = {
  gradientFactor: number;
  weightDecay: number;
  learningRate: number;
};

/** What every update takes. A type, as the host wants attributes. */
type UpdateAttrs = {
  /**
   * Whether a kernel may write what comes out over values and state, if nobody else holds any of these: it then has no results. If it
   * fails, some may have been written.
   */
  overwrites: boolean;
};

/**
 * A step of stochastic gradient descent. With `d = gradient * gradientFactor + value * weightDecay`: without momentum the new value
 * is `value - d * learningRate`; with it, `m = momentum * momentumFactor + d` takes the place of d, or `d + m * momentumFactor` if
 * Nesterov's. Inputs, an array as of the host's Concat: of each weight value, gradient and, if all have it, momentum. Results: of each
 * value, and momentum if it was given. What belongs to a weight has its shape.
 */
export const SgdUpdate = 'SgdUpdate';
export interface SgdUpdateAttrs extends NamedAttrMap, UpdateAttrs {
  weights: WeightStep[];
  momentumFactor: number;
  nesterov: boolean;
}

/**
 * A step of Adam with decoupled decay or, with `trusts`, of LAMB. With `g = gradient * gradientFactor`,
 * `mean = mean * beta1 + g * (1 - beta1)`, `square = square * beta2 + g^2 * (1 - beta2)` and
 * `d = mean / (1 - beta1^step) / (sqrt(square) / sqrt(1 - beta2^step) + epsilon)` the new value is
 * `value * (1 - learningRate * weightDecay) - d * learningRate`; with `trusts` it is
 * `value - u * ratio * learningRate`, `u = d + value * weightDecay`, where ratio is norm(value) / norm(u), or 1 if one of them is 0.
 * Inputs, an array: of each weight value, gradient, mean, square. Results: of each value, mean, square.
 */
export const AdamUpdate = 'AdamUpdate';
export type AdamWeightStep = WeightStep & {trusts: boolean};
export interface AdamUpdateAttrs extends NamedAttrMap, UpdateAttrs {
  weights: AdamWeightStep[];
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Counted from 1. */
  step: number;
}

/** The Euclidean norm of all inputs, whatever their names and shapes, as one vector: a scalar. */
export const GlobalNorm = 'GlobalNorm';

/** The inputs of an update by weight; `weights` of its attributes. */
export function inputsByWeight(
  inputs: NamedTensorInfoMap,
  weights: readonly WeightStep[],
): readonly (readonly TensorInfo[])[] {
  const all = Object.values(inputs) as TensorInfo[];
  const each = all.length / weights.length;
  return weights.map((_, i) => all.slice(i * each, (i + 1) * each));
}

/** What the mean and the root of the square are divided by. */
export function adamBiases({beta1, beta2, step}: AdamUpdateAttrs): {
  readonly meanBias: number;
  readonly rootBias: number;
} {
  return {meanBias: 1 - beta1 ** step, rootBias: Math.sqrt(1 - beta2 ** step)};
}

/** The new value is `value * valueFactor + d * directionFactor`. Of a step with `trusts` it is u. */
export function adamFactors({learningRate, weightDecay, trusts}: AdamWeightStep): {
  readonly valueFactor: number;
  readonly directionFactor: number;
} {
  return {
    valueFactor: trusts ? weightDecay : 1 - learningRate * weightDecay,
    directionFactor: trusts ? 1 : -learningRate,
  };
}

/** How far LAMB goes along u, of the sums of squares of the value and of u. */
export function trustRatio(ofValue: number, ofUpdate: number): number {
  return ofValue > 0 && ofUpdate > 0 ? Math.sqrt(ofValue) / Math.sqrt(ofUpdate) : 1;
}
