/**
 * The kernels of the package: one indirect convolution (Dukhan 2019) and its two gradients, whatever the tap rules, and
 * batch normalization in training.
 * Names, inputs and attributes only; implementations are in compose/ (stock ops) and kernels/ (per backend).
 */
import type {KernelBackend, NamedAttrMap, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from './conv_info';
import {AdamUpdate, GlobalNorm, SgdUpdate} from './update_kernels';

/**
 * What a convolution may end with. 'swish' is x * sigmoid(x), also called silu; 'elu' that of alpha 1; 'gelu' x * Phi(x) with
 * the normal distribution itself, no approximation by tanh. The wasm module knows them by their places.
 */
export const ACTIVATIONS = [
  'linear',
  'relu',
  'relu6',
  'swish',
  'hardSwish',
  'sigmoid',
  'elu',
  'tanh',
  'softplus',
  'gelu',
] as const;
export type ActivationName = (typeof ACTIVATIONS)[number];
/** `max(x, 0) + leakyRelu * min(x, 0)`; the slope is not negative. */
export interface LeakyRelu {
  readonly leakyRelu: number;
}
export type Activation = ActivationName | LeakyRelu;

/**
 * `y = activation(conv(x, filter) + bias + residual)`: x `info.inputShape`, filter `info.filterShape`, bias `[out]`,
 * residual and y `info.outputShape`, y with the channels of `info.place` if there is one. There is a gradient for the activation
 * 'linear' alone.
 */
export const IndirectConv3D = 'IndirectConv3D';
export interface IndirectConv3DInputs extends NamedTensorInfoMap {
  x: TensorInfo;
  filter: TensorInfo;
  bias: TensorInfo | undefined;
  residual: TensorInfo | undefined;
  /** With `info.place`: the wider tensor, if another convolution has made it. */
  y?: TensorInfo | undefined;
}

/** The gradient with respect to x: dy `info.outputShape`, filter `info.filterShape`, result `info.inputShape`. */
export const IndirectConv3DBackpropInput = 'IndirectConv3DBackpropInput';
export interface IndirectConv3DBackpropInputInputs extends NamedTensorInfoMap {
  dy: TensorInfo;
  filter: TensorInfo;
}

/** The gradient with respect to the filter: x `info.inputShape`, dy `info.outputShape`, result `info.filterShape`. */
export const IndirectConv3DBackpropFilter = 'IndirectConv3DBackpropFilter';
export interface IndirectConv3DBackpropFilterInputs extends NamedTensorInfoMap {
  x: TensorInfo;
  dy: TensorInfo;
}

/** Attributes of the three convolution kernels: plain data, so that it survives JSON. The gradients are those of 'linear'. */
export interface IndirectConv3DAttrs {
  info: ConvInfo;
  /** Default 'linear'. */
  activation?: Activation;
}

/**
 * `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta` with mean and variance (by n) of each channel over all
 * positions: x and y `[..., channels]`, all else `[channels]`. Results: y, mean, variance.
 */
export const BatchNormTrain = 'BatchNormTrain';
export interface BatchNormTrainInputs extends NamedTensorInfoMap {
  x: TensorInfo;
  gamma: TensorInfo;
  beta: TensorInfo;
}

/**
 * The gradients of y with respect to x, gamma and beta, given dy and the results mean and variance. With an activation dy is that of
 * its result, beta is given, and where the activation has a slope is found anew.
 */
export const BatchNormTrainGrad = 'BatchNormTrainGrad';
export interface BatchNormTrainGradInputs extends NamedTensorInfoMap {
  dy: TensorInfo;
  x: TensorInfo;
  gamma: TensorInfo;
  beta: TensorInfo | undefined;
  mean: TensorInfo;
  variance: TensorInfo;
}

/** What a batch normalization may end with in training. */
export type NormActivation = 'linear' | 'relu' | 'relu6';

/** Attributes of both kernels of batch normalization. Kernels without `ACTIVATES` are asked for 'linear' alone. */
export interface BatchNormTrainAttrs extends NamedAttrMap {
  epsilon: number;
  activation: NormActivation;
}

export function epsilonOf(attrs: NamedAttrMap | undefined): number {
  return (attrs as BatchNormTrainAttrs).epsilon;
}

/**
 * Batch normalization in training and what is behind it, `y = activation(BatchNormTrain(x) + residual)`: 'linear' or 'relu' with a residual,
 * of the shape of x, or swish without. Results: y, mean, variance and, of swish, sigmoids as of SwishTrain. Where a backend has no such
 * kernel, those of the parts do the same. There are none for its gradients, which read and write as much in one pass as in two.
 */
export const BatchNormFused = 'BatchNormFused';
export interface BatchNormFusedInputs extends BatchNormTrainInputs {
  residual: TensorInfo | undefined;
}
export interface BatchNormFusedAttrs extends NamedAttrMap {
  epsilon: number;
  activation: FusedNormActivation;
}
export type FusedNormActivation = NormActivation | 'swish';

/** The gradient of a ReLU: dy where `saved`, its input or its result, is above 0. Where a backend has no such kernel, stock ops do the same. */
export const ReluGrad = 'ReluGrad';
export interface ReluGradInputs extends NamedTensorInfoMap {
  dy: TensorInfo;
  saved: TensorInfo;
}

/** Swish, `y = x * s` with `s = sigmoid(x)`. Results: y, s. Where a backend has no such kernel, stock ops do the same. */
export const SwishTrain = 'SwishTrain';
export interface SwishTrainInputs extends NamedTensorInfoMap {
  x: TensorInfo;
}

/** Its gradient, of the two results: `dy * (s + y * (1 - s))`. */
export const SwishTrainGrad = 'SwishTrainGrad';
export interface SwishTrainGradInputs extends NamedTensorInfoMap {
  dy: TensorInfo;
  y: TensorInfo;
  s: TensorInfo;
}

/**
 * `swish(x * gate)`, the end of a squeeze-and-excitation block: a gate `[batch, 1, ..., 1, channels]` of x `[batch, ..., channels]`.
 * Results: y, `s = sigmoid(x * gate)`. Where a backend has no such kernel, stock ops do the same.
 */
export const GatedSwishTrain = 'GatedSwishTrain';
export interface GatedSwishTrainInputs extends NamedTensorInfoMap {
  x: TensorInfo;
  gate: TensorInfo;
}

/** The gradients of `x * gate`, or with s of its swish, with respect to x and gate. */
export const GateGrad = 'GateGrad';
export interface GateGradInputs extends NamedTensorInfoMap {
  dy: TensorInfo;
  x: TensorInfo;
  gate: TensorInfo;
  s: TensorInfo | undefined;
}

/**
 * Softmax cross entropy of a batch, `-sum_c weights_c t_c log softmax(logits)_c` with `t = targets * (1 - labelSmoothing) +
 * labelSmoothing / classes`: logits and targets `[batch, classes]`, weights `[classes]` or none. Results: the mean over the samples, its
 * gradient by the logits, and in how many samples logits and targets are greatest in the same class. No gradient is taken of the
 * gradient, nor by the others. Where a backend has no such kernel, stock ops do the same.
 */
export const CrossEntropyTrain = 'CrossEntropyTrain';
export interface CrossEntropyTrainInputs extends NamedTensorInfoMap {
  logits: TensorInfo;
  targets: TensorInfo;
  weights: TensorInfo | undefined;
}
export interface CrossEntropyTrainAttrs extends NamedAttrMap {
  labelSmoothing: number;
}

/** The kernels that every backend has, if only in the composed form. */
const GENERAL_KERNEL_NAMES = [
  IndirectConv3D,
  IndirectConv3DBackpropInput,
  IndirectConv3DBackpropFilter,
  BatchNormTrain,
  BatchNormTrainGrad,
] as const;
export type GeneralKernelName = (typeof GENERAL_KERNEL_NAMES)[number];

/** All of them, with those of fused norms, activations, losses and optimizers: where a backend has none of these, stock ops do the same. */
export const KERNEL_NAMES = [
  ...GENERAL_KERNEL_NAMES,
  BatchNormFused,
  ReluGrad,
  SwishTrain,
  SwishTrainGrad,
  GatedSwishTrain,
  GateGrad,
  CrossEntropyTrain,
  SgdUpdate,
  AdamUpdate,
  GlobalNorm,
] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

/** On a kernel config: its kernel is made of stock ops. A global symbol, as the ESM and CJS builds may both be loaded. */
export const COMPOSED = Symbol.for('tfjs-sts.composed');

/** On the config of a kernel of batch normalization: it knows every `NormActivation`. */
export const ACTIVATES = Symbol.for('tfjs-sts.activates');

/** On a kernel config: the kernel calls ops on the tensors of the host's engine, and so is called through the engine alone. */
export const THROUGH_ENGINE = Symbol.for('tfjs-sts.through-engine');

/**
 * On the config of IndirectConv3D: a kernel for several such convolutions of one input, with the same attributes and without
 * residual, at once. Results are theirs, or none where each is as well called by itself.
 */
export const SIBLINGS = Symbol.for('tfjs-sts.siblings');

/** For each of the convolutions, from 0 on, `filter<i>` and, for all or none, `bias<i>`. */
export interface SiblingInputs extends NamedTensorInfoMap {
  x: TensorInfo;
  [own: `filter${number}`]: TensorInfo;
  [own: `bias${number}`]: TensorInfo;
}

/**
 * On the config of IndirectConv3D: a BeginRecycling, on a backend that keeps the memory of freed data until the device was given the
 * work that reads it. Work is done in order, so that our kernels can write over it before.
 */
export const RECYCLER = Symbol.for('tfjs-sts.recycler');

/** Until its end, what kernels of ours make takes the place of what was handed to it. */
export type BeginRecycling = (backend: KernelBackend) => Recycler;

export interface Recycler {
  /** Takes data that nobody reads any more. */
  recycle(info: TensorInfo): void;
  /** Frees what nothing took the place of. */
  end(): void;
}

/** On a config that stands in the place of the host's: the host's own, or undefined where there was none. */
export const REPLACED = Symbol.for('tfjs-sts.replaced');

/** The host types attributes as an open map; ours are one fixed object. The one cast of attributes to our type. */
function attrsOf(attrs: NamedAttrMap | undefined): IndirectConv3DAttrs {
  return attrs as unknown as IndirectConv3DAttrs;
}

export function convInfoOf(attrs: NamedAttrMap | undefined): ConvInfo {
  return attrsOf(attrs).info;
}

export function activationOf(attrs: NamedAttrMap | undefined): Activation {
  return attrsOf(attrs).activation ?? 'linear';
}
