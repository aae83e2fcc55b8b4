/** The gradients of activations by one kernel, on backends that have it. Nothing can be differentiated through it. */
import * as tf from '@tensorflow/tfjs-core';
import {ActivationGrad, type ActivationGradAttrs, type SlopedActivation} from '../../geometry/kernel_names';

/** Whether the live backend has the kernel. */
export function hasActivationGrad(): boolean {
  return tf.getKernel(ActivationGrad, tf.getBackend()) != null;
}

/** @param saved as the kernel wants it of the activation */
export function activationGrad(activation: SlopedActivation, dy: tf.Tensor, saved: tf.Tensor): tf.Tensor {
  const attrs: ActivationGradAttrs = {activation};
  return tf.engine().runKernel<tf.Tensor>(ActivationGrad, {dy, saved}, attrs as unknown as tf.NamedAttrMap);
}
