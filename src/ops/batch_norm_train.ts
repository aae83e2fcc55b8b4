/**
 * Batch normalization by the statistics of the batch, as layers.batchNorm3d trains with: a kernel and its gradient, and
 * the same composed of stock ops (compose/batch_norm.ts). Not part of the public API.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNormFused,
  type BatchNormFusedAttrs,
  BatchNormTrain,
  type FusedNormActivation,
} from '../geometry/kernel_names';
import {sameShape} from '../util/shapes';
import {activate} from './activations';
import {isTakenOnce} from './grads/taken_once';
import {runOptionalKernel} from './optional_kernel';
import {activates, runRegistered} from './run_kernel';

/** A batch, normalized, and its statistics. */
export interface NormalizedBatch {
  /** In the shape of the batch. */
  y: tf.Tensor;
  /** `[channels]`; for moving averages: it carries no gradient. */
  mean: tf.Tensor1D;
  /** By n, `[channels]`; carries no gradient. */
  variance: tf.Tensor1D;
}

/**
 * `y = activation((x - mean) / sqrt(variance + epsilon) * gamma + beta + residual)`; x and residual `[..., channels]`, gamma and beta
 * `[channels]`. In one kernel where it can be: then what is activated is never in memory.
 */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: FusedNormActivation = 'linear',
  residual?: tf.Tensor,
): NormalizedBatch {
  // A cast to the same type would copy.
  const inputs = {x: x.dtype === 'float32' ? x : tf.cast(x, 'float32'), gamma, beta};
  const together = inOneKernel(inputs, {epsilon, activation}, residual);
  const results = together ?? runRegistered(BatchNormTrain, inputs, {epsilon, activation: 'linear'});
  const [y, mean, variance] = results as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
  if (together !== undefined) return {y, mean, variance};
  return {y: activate(residual === undefined ? y : tf.add(y, residual), activation), mean, variance};
}

/** Undefined where the live backend has no kernel for it. */
function inOneKernel(
  inputs: Record<'x' | 'gamma' | 'beta', tf.Tensor>,
  attrs: BatchNormFusedAttrs,
  residual: tf.Tensor | undefined,
): tf.Tensor[] | undefined {
  const {activation} = attrs;
  if (residual === undefined && activation !== 'swish')
    return activates(BatchNormTrain)
      ? (runRegistered(BatchNormTrain, inputs, attrs) as tf.Tensor[])
      : undefined;
  // Its gradient is found by the result.
  if (!isTakenOnce()) return undefined;
  if (residual === undefined) return runOptionalKernel(BatchNormFused, inputs, attrs);
  const isAlike = residual.dtype === 'float32' && sameShape(residual.shape, inputs.x.shape);
  const isKnown = activation === 'linear' || activation === 'relu';
  // In the order in which the gradients of the parts come, where both are one tensor.
  return isAlike && isKnown ? runOptionalKernel(BatchNormFused, {residual, ...inputs}, attrs) : undefined;
}
