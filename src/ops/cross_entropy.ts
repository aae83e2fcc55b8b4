/**
 * Softmax cross entropy of a batch in training, with its gradient and the number of right answers, where the backend has the kernel. Not
 * part of the public API.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {CrossEntropyTrain} from '../geometry/kernel_names';
import {isTakenOnce} from './grads/taken_once';
import {runOptionalKernel} from './optional_kernel';

export interface LossAndHits {
  /** Mean over the samples. */
  readonly value: tf.Scalar;
  /** How many answers are right. */
  readonly hits: tf.Scalar;
}

/**
 * @param logits `[batch, classes]`, as targets
 * @param weights `[classes]`
 * @returns undefined where the backend has no such kernel, or somebody may ask for more gradients than those by the logits
 */
export function crossEntropyTrain(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  weights: tf.Tensor1D | undefined,
  labelSmoothing: number,
): LossAndHits | undefined {
  const areFloats = [logits, targets].every(({dtype, size}) => dtype === 'float32' && size > 0);
  if (!areFloats || !isTakenOnce()) return undefined;
  const inputs = {logits, targets, ...(weights && {weights})};
  const results = runOptionalKernel(CrossEntropyTrain, inputs, {labelSmoothing});
  if (results === undefined) return undefined;
  const [value, gradient, hits] = results as [tf.Scalar, tf.Tensor, tf.Scalar];
  // On the tape it is saved once more.
  gradient.dispose();
  return {value, hits};
}
