/**
 * TensorFlow's fused batch normalization on rows: `[..., channels]` as a batch of images of one position. Of 25,088 rows of 64
 * channels it took 5 ms of the processor forward and 4 ms back, the same of single ops 14 and 22 ms.
 */
import * as tf from '@tensorflow/tfjs-core';
import {attributes, reshape, type TensorFlowBackend, typeAttribute} from '../backend';

const how = (backend: TensorFlowBackend, epsilon: number, training = true) => [
  ...attributes(backend, {data_format: 'NHWC', is_training: training}, {epsilon}),
  typeAttribute(backend, 'U', 'float32'),
];

const rowsOf = ({shape}: tf.Tensor) => tf.util.sizeFromShape(shape.slice(0, -1));

const asImages = (x: tf.Tensor) => reshape(x, [rowsOf(x), 1, 1, x.shape.at(-1)!]);

/** y, and mean and variance (by n) of the rows. */
export function normalize(
  backend: TensorFlowBackend,
  {x, gamma, beta}: Record<'x' | 'gamma' | 'beta', tf.Tensor>,
  epsilon: number,
): [y: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor] {
  const none = tf.tensor1d([], 'float32');
  const inputs = [asImages(x), gamma, beta, none, none];
  const results = backend.executeMultipleOutputs('FusedBatchNormV3', how(backend, epsilon), inputs, 6);
  const [y, mean, unbiased] = results as [tf.Tensor, tf.Tensor, tf.Tensor];
  // The op's variance is by n - 1, and by 1 of a single row.
  const rows = rowsOf(x);
  return [reshape(y, x.shape), mean, tf.mul(unbiased, Math.max(rows - 1, 1) / rows)];
}

/** x `[..., channels]` by given statistics. */
export function normalizeBy(
  backend: TensorFlowBackend,
  {x, gamma, beta, mean, variance}: Record<'x' | 'gamma' | 'beta' | 'mean' | 'variance', tf.Tensor>,
  epsilon: number,
): tf.Tensor {
  const inputs = [asImages(x), gamma, beta, mean, variance];
  const [y] = backend.executeMultipleOutputs('FusedBatchNormV3', how(backend, epsilon, false), inputs, 6);
  return reshape(y!, x.shape);
}

/** The gradients with respect to x, gamma and beta. */
export function normalizeBack(
  backend: TensorFlowBackend,
  {dy, x, gamma, mean, variance}: Record<'dy' | 'x' | 'gamma' | 'mean' | 'variance', tf.Tensor>,
  epsilon: number,
): [dx: tf.Tensor, dgamma: tf.Tensor, dbeta: tf.Tensor] {
  // cuDNN takes what it has saved itself, the inverse of the deviation (TensorFlow's documentation of reserve_space_2).
  const saved = backend.isUsingGpuDevice ? tf.rsqrt(tf.add(variance, epsilon)) : variance;
  const inputs = [asImages(dy), asImages(x), gamma, mean, saved, tf.tensor1d([], 'float32')];
  const results = backend.executeMultipleOutputs('FusedBatchNormGradV3', how(backend, epsilon), inputs, 5);
  const [dx, dgamma, dbeta] = results as [tf.Tensor, tf.Tensor, tf.Tensor];
  return [reshape(dx, x.shape), dgamma, dbeta];
}
