/**
 * Batch normalization by the statistics of the batch, and its gradient, composed from stock ops: the readable
 * definition, and what runs where no kernel of ours is registered. Values are centred before they are scaled: a mean far
 * from zero costs no precision of the deviations.
 */
import * as tf from '@tensorflow/tfjs-core';

/** x `[rows, channels]`, gamma and beta `[channels]`; y, mean and variance. */
export function composeBatchNormTrain(
  {x, gamma, beta}: Record<'x' | 'gamma' | 'beta', tf.Tensor>,
  epsilon: number,
): tf.Tensor[] {
  return tf.tidy(() => {
    const mean = tf.mean(x, 0);
    const centred = tf.sub(x, mean);
    const variance = tf.mean(tf.square(centred), 0);
    const scale = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), gamma);
    return [tf.add(tf.mul(centred, scale), beta), mean, variance];
  });
}

/**
 * The gradients with respect to x, gamma and beta. With `d = x - mean`, `s = 1 / sqrt(variance + epsilon)` and sums over
 * the n rows: `dbeta = sum(dy)`, `dgamma = s * sum(dy * d)`, `dx = gamma * s * (dy - dbeta / n - d * s * dgamma / n)`.
 */
export function composeBatchNormTrainGrad(
  {dy, x, gamma, mean, variance}: Record<'dy' | 'x' | 'gamma' | 'mean' | 'variance', tf.Tensor>,
  epsilon: number,
): tf.Tensor[] {
  return tf.tidy(() => {
    const rows = x.shape[0]!;
    const centred = tf.sub(x, mean);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const dbeta = tf.sum(dy, 0);
    const dgamma = tf.mul(tf.sum(tf.mul(dy, centred), 0), inverse);
    const alongX = tf.mul(centred, tf.div(tf.mul(dgamma, inverse), rows));
    const unscaled = tf.sub(tf.sub(dy, tf.div(dbeta, rows)), alongX);
    return [tf.mul(unscaled, tf.mul(gamma, inverse)), dgamma, dbeta];
  });
}
