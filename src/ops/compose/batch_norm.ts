/**
 * Batch normalization by the statistics of the batch, and its gradient, composed from stock ops: the readable
 * definition, and what runs where no kernel of ours is registered. Values are centred before they are scaled: a mean far
 * from zero costs no precision of the deviations.
 */
import * as tf from '@tensorflow/tfjs-core';

/** `[rows, channels]`, what lies at all positions below each other: stock ops of higher ranks are slower, and on webgpu wrong. */
export function rowsOf(x: tf.Tensor): tf.Tensor {
  return x.rank === 2 ? x : tf.reshape(x, [tf.util.sizeFromShape(x.shape.slice(0, -1)), x.shape.at(-1)!]);
}

/** x `[..., channels]`, gamma and beta `[channels]`; y, mean and variance. */
export function composeBatchNormTrain(
  {x, gamma, beta}: Record<'x' | 'gamma' | 'beta', tf.Tensor>,
  epsilon: number,
): tf.Tensor[] {
  return tf.tidy(() => {
    const rows = rowsOf(x);
    const mean = tf.mean(rows, 0);
    const centred = tf.sub(rows, mean);
    const variance = tf.mean(tf.square(centred), 0);
    const scale = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), gamma);
    return [tf.reshape(tf.add(tf.mul(centred, scale), beta), x.shape), mean, variance];
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
    const [given, values] = [rowsOf(dy), rowsOf(x)];
    const count = values.shape[0]!;
    const centred = tf.sub(values, mean);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    const dbeta = tf.sum(given, 0);
    const dgamma = tf.mul(tf.sum(tf.mul(given, centred), 0), inverse);
    const alongX = tf.mul(centred, tf.div(tf.mul(dgamma, inverse), count));
    const unscaled = tf.sub(tf.sub(given, tf.div(dbeta, count)), alongX);
    return [tf.reshape(tf.mul(unscaled, tf.mul(gamma, inverse)), x.shape), dgamma, dbeta];
  });
}
