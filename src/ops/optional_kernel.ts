/** Kernels that a backend may have or not: where it has none, callers do the same with stock ops. */
import * as tf from '@tensorflow/tfjs-core';

/** The results, or undefined where the live backend has no such kernel. */
export function runOptionalKernel(
  kernelName: string,
  inputs: tf.NamedTensorMap,
  attrs?: tf.NamedAttrMap,
): tf.Tensor[] | undefined {
  if (tf.getKernel(kernelName, tf.getBackend()) == null) return undefined;
  return [tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(kernelName, inputs, attrs)].flat();
}
