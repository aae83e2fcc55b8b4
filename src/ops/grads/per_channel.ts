/**
 * Gradients of clips that are the same at all positions, such as that of a mean over them. Who adds gradients up may take them as one value
 * for each channel of each clip, `[batch, 1, ..., 1, channels]`, and adds that to what is there already; for all others they are as large
 * as the clips.
 */
import * as tf from '@tensorflow/tfjs-core';

let takers = 0;
const taken = new WeakSet<tf.Tensor>();

/** Runs a gradient whose results may be such. */
export function takingPerChannel<T>(work: () => T): T {
  takers++;
  try {
    return work();
  } finally {
    takers--;
  }
}

/** Whether a gradient has one value for each channel. */
export const isPerChannel = (gradient: tf.Tensor) => taken.has(gradient);

/** Values for each channel, `[batch, channels]`, as the gradient of clips of a shape `[batch, ..., channels]`. */
export function perChannel(values: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (takers === 0) return atAllPositions(values, shape);
  const gradient = tf.reshape(
    values,
    shape.map((length, axis) => (axis === 0 || axis === shape.length - 1 ? length : 1)),
  );
  taken.add(gradient);
  return gradient;
}

/** By way of rank 3, up to which tiles have a gradient on every backend. */
export function atAllPositions(values: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const [batch, channels] = [shape[0]!, shape.at(-1)!];
  const positions = tf.util.sizeFromShape(shape.slice(1, -1));
  return tf.tidy(() =>
    tf.reshape(tf.tile(tf.reshape(values, [batch, 1, channels]), [1, positions, 1]), [...shape]),
  );
}
