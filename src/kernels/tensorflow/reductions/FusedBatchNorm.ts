/**
 * `tf.batchNorm` on the tensorflow backend at any rank: the host's kernel refuses rank 5. With a mean for each channel it is TensorFlow's
 * fused op on a view of rows, as in training.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type TensorFlowBackend, tensorFlowOf} from '../backend';
import {normalizeBy} from './norm_ops';

type Inputs = Record<'x' | 'mean' | 'variance', tf.Tensor> & Partial<Record<'scale' | 'offset', tf.Tensor>>;

/** What TensorFlow's op does not know: statistics of other shapes than one value a channel. */
function arithmetic({x, mean, variance, scale, offset}: Inputs, epsilon: number): tf.Tensor {
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const y = tf.mul(tf.sub(x, mean), scale === undefined ? inverse : tf.mul(inverse, scale));
  return offset === undefined ? y : tf.add(y, offset);
}

function normalized(backend: TensorFlowBackend, inputs: Inputs, epsilon: number): tf.Tensor {
  const {mean, variance} = inputs;
  const channels = inputs.x.shape.at(-1);
  const vectors = Object.entries(inputs).filter(([name, given]) => name !== 'x' && given !== undefined);
  if (vectors.some(([, {rank, size}]) => rank !== 1 || size !== channels)) return arithmetic(inputs, epsilon);
  const gamma = inputs.scale ?? tf.onesLike(mean);
  const beta = inputs.offset ?? tf.zerosLike(mean);
  return normalizeBy(backend, {x: inputs.x, gamma, beta, mean, variance}, epsilon);
}

export const fusedBatchNormConfig: tf.KernelConfig = {
  kernelName: tf.FusedBatchNorm,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {varianceEpsilon} = attrs as unknown as tf.FusedBatchNormAttrs;
    return tf.tidy(() => {
      const floats = Object.entries(inputs).map(([name, given]) => [
        name,
        given === undefined ? given : tf.cast(given as tf.Tensor, 'float32'),
      ]);
      return normalized(tensorFlowOf(backend), Object.fromEntries(floats) as Inputs, varianceEpsilon);
    });
  },
};
