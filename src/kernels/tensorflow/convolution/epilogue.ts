/** What follows a convolution: bias, residual and activation, in as few passes over the result as TensorFlow's ops allow. */
import * as tf from '@tensorflow/tfjs-core';
import type {Activation, ActivationName} from '../../../geometry/kernel_names';
import {attributes, reshape, type TensorFlowBackend} from '../backend';

type Unary = (x: tf.Tensor) => tf.Tensor;

const functions: Record<ActivationName, Unary> = {
  linear: (x) => x,
  relu: tf.relu,
  relu6: tf.relu6,
  swish: (x) => tf.mul(x, tf.sigmoid(x)),
  hardSwish: (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)),
  sigmoid: tf.sigmoid,
  elu: tf.elu,
  tanh: tf.tanh,
  softplus: tf.softplus,
  gelu: (x) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))),
};

export interface Epilogue {
  /** `[channels]` */
  bias: tf.Tensor | undefined;
  /** Of the shape of the result. */
  residual: tf.Tensor | undefined;
  activation: Activation;
}

/** y `[..., channels]` with its epilogue. */
export function applyEpilogue(
  backend: TensorFlowBackend,
  y: tf.Tensor,
  {bias, residual, activation}: Epilogue,
): tf.Tensor {
  let result = bias === undefined ? y : addBias(backend, y, bias);
  if (residual !== undefined) result = tf.add(result, reshape(residual, result.shape));
  return typeof activation === 'string'
    ? functions[activation](result)
    : tf.leakyRelu(result, activation.leakyRelu);
}

function addBias(backend: TensorFlowBackend, y: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const how = attributes(backend, {data_format: 'NHWC'});
  return backend.executeSingleOutput('BiasAdd', how, [y, bias]);
}
