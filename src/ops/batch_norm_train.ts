/**
 * Batch normalization by the statistics of the batch, as layers.batchNorm3d trains with: a kernel and its gradient, and
 * the same composed of stock ops (compose/batch_norm.ts). Not part of the public API.
 */
import * as tf from '@tensorflow/tfjs-core';
import {BatchNormTrain, type NormActivation} from '../geometry/kernel_names';
import {activate} from './activations';
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
 * `y = activation((x - mean) / sqrt(variance + epsilon) * gamma + beta)`; x `[..., channels]`, gamma and beta `[channels]`. In one
 * kernel where it can be: then what is activated is never in memory.
 */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  activation: NormActivation = 'linear',
): NormalizedBatch {
  // A cast to the same type would copy.
  const floats = x.dtype === 'float32' ? x : tf.cast(x, 'float32');
  const inOneGo = activates(BatchNormTrain);
  const attrs = {epsilon, activation: inOneGo ? activation : 'linear'};
  const results = runRegistered(BatchNormTrain, {x: floats, gamma, beta}, attrs);
  const [y, mean, variance] = results as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
  return {y: inOneGo ? y : activate(y, activation), mean, variance};
}
