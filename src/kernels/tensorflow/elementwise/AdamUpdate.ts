/** A step of Adam with decoupled decay, or of LAMB, on the tensorflow backend: the ops that the rules are made of elsewhere, in the same order. */
import * as tf from '@tensorflow/tfjs-core';
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  type AdamWeightStep,
  inputsByWeight,
} from '../../../geometry/update_kernels';
import {tensorFlowOf} from '../backend';
import {Arithmetic} from './arithmetic';

function update(
  arithmetic: Arithmetic,
  [value, given, oldMean, oldSquare]: readonly [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo],
  {gradientFactor, weightDecay, learningRate, trusts}: AdamWeightStep,
  {beta1, beta2, epsilon, step}: AdamUpdateAttrs,
): tf.Tensor[] {
  const {add, sub, mul, div, square: squared, sqrt, scaled} = arithmetic;
  const gradient = scaled(given, gradientFactor);
  const mean = add(mul(oldMean, beta1), mul(gradient, 1 - beta1));
  const square = add(mul(oldSquare, beta2), mul(squared(gradient), 1 - beta2));
  const root = div(sqrt(square), Math.sqrt(1 - beta2 ** step));
  const direction = div(div(mean, 1 - beta1 ** step), add(root, epsilon));
  if (!trusts) {
    const decayed = scaled(value, 1 - learningRate * weightDecay);
    return [sub(decayed, mul(direction, learningRate)), mean, square];
  }
  const whole = add(direction, mul(value, weightDecay));
  const along = mul(whole, trustRatio(arithmetic, value, whole));
  return [sub(value, mul(along, learningRate)), mean, square];
}

/** Norm of the weight over norm of the update; 1 where either is 0. */
function trustRatio({divNoNan, sqrt, halfSquares}: Arithmetic, value: tf.TensorInfo, whole: tf.Tensor) {
  const ratio = divNoNan(sqrt(halfSquares(value)), sqrt(halfSquares(whole)));
  return tf.where(tf.greater(ratio, 0), ratio, 1);
}

export const adamUpdateConfig: tf.KernelConfig = {
  kernelName: AdamUpdate,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const given = attrs as AdamUpdateAttrs;
    const arithmetic = new Arithmetic(tensorFlowOf(backend));
    return inputsByWeight(inputs, given.weights).flatMap((tensors, i) =>
      tf.tidy(() => update(arithmetic, tensors as Parameters<typeof update>[1], given.weights[i]!, given)),
    );
  },
};
