/**
 * The kernels of optimizers: what a step does to one weight and its state in one pass, and the norm of all gradients. Names, inputs and
 * attributes only. Their results are new tensors, since the values of a tensor do not change. No gradient is taken of them.
 */
import type {NamedAttrMap, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';

/**
 * A step of stochastic gradient descent. With `d = gradient * gradientFactor + value * weightDecay`: without momentum the new value
 * is `value - d * learningRate`; with it, `m = momentum * momentumFactor + d` takes the place of d, or `d + m * momentumFactor` if
 * Nesterov's. Results: value, and momentum if it was given; all of one shape.
 */
export const SgdUpdate = 'SgdUpdate';
export interface SgdUpdateInputs extends NamedTensorInfoMap {
  value: TensorInfo;
  gradient: TensorInfo;
  momentum: TensorInfo | undefined;
}
export interface SgdUpdateAttrs extends NamedAttrMap {
  gradientFactor: number;
  weightDecay: number;
  learningRate: number;
  momentumFactor: number;
  nesterov: boolean;
}

/**
 * A step of Adam with decoupled decay or, with `trusts`, of LAMB. With `g = gradient * gradientFactor`,
 * `mean = mean * beta1 + g * (1 - beta1)`, `square = square * beta2 + g^2 * (1 - beta2)` and
 * `d = mean / (1 - beta1^step) / (sqrt(square) / sqrt(1 - beta2^step) + epsilon)` the new value is
 * `value * (1 - learningRate * weightDecay) - d * learningRate`; with `trusts` it is
 * `value - u * ratio * learningRate`, `u = d + value * weightDecay`, where ratio is norm(value) / norm(u), or 1 if one of them is 0.
 * Results: value, mean, square; all of one shape.
 */
export const AdamUpdate = 'AdamUpdate';
export interface AdamUpdateInputs extends NamedTensorInfoMap {
  value: TensorInfo;
  gradient: TensorInfo;
  mean: TensorInfo;
  square: TensorInfo;
}
export interface AdamUpdateAttrs extends NamedAttrMap {
  gradientFactor: number;
  weightDecay: number;
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Counted from 1. */
  step: number;
  trusts: boolean;
}

/** The Euclidean norm of all inputs, whatever their names and shapes, as one vector: a scalar. */
export const GlobalNorm = 'GlobalNorm';

/** What the arithmetic of AdamUpdate comes down to: `to = value * valueFactor + d * directionFactor`. */
export interface AdamFactors {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What the mean and the root of the square are divided by. */
  readonly meanBias: number;
  readonly rootBias: number;
  readonly valueFactor: number;
  readonly directionFactor: number;
}

/** Of a step with `trusts`, those of u. */
export function adamFactors(attrs: AdamUpdateAttrs): AdamFactors {
  const {beta1, beta2, epsilon, step, learningRate, weightDecay, trusts} = attrs;
  return {
    ...{beta1, beta2, epsilon},
    meanBias: 1 - beta1 ** step,
    rootBias: Math.sqrt(1 - beta2 ** step),
    valueFactor: trusts ? weightDecay : 1 - learningRate * weightDecay,
    directionFactor: trusts ? 1 : -learningRate,
  };
}

/** How far LAMB goes along u, of the sums of squares of the value and of u. */
export function trustRatio(ofValue: number, ofUpdate: number): number {
  return ofValue > 0 && ofUpdate > 0 ? Math.sqrt(ofValue) / Math.sqrt(ofUpdate) : 1;
}
