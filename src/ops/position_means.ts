/** Means of clips over all positions, of which the gradient is the same at all of them (grads/per_channel.ts). Not part of the public API. */
import * as tf from '@tensorflow/tfjs-core';
import {perChannel} from './grads/per_channel';

/** Of `[batch, ..., channels]`: `[batch, channels]`. */
export function positionMeans(x: tf.Tensor): tf.Tensor {
  const [batch, channels] = [x.shape[0]!, x.shape.at(-1)!];
  const positions = tf.util.sizeFromShape(x.shape.slice(1, -1));
  const means = (of: tf.Tensor) => tf.mean(tf.reshape(of, [batch, positions, channels]), 1);
  if (x.dtype !== 'float32') return means(x);
  return tf.customGrad((of) => ({
    value: means(of as tf.Tensor),
    gradFunc: (dy) => tf.tidy(() => perChannel(tf.div(dy, positions), x.shape)),
  }))(x);
}
