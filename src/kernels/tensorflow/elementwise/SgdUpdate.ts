/** A step of stochastic gradient descent on the tensorflow backend: the ops that the rule is made of elsewhere, in the same order. */
import * as tf from '@tensorflow/tfjs-core';
import {
  inputsByWeight,
  SgdUpdate,
  type SgdUpdateAttrs,
  type WeightStep,
} from '../../../geometry/update_kernels';
import {tensorFlowOf} from '../backend';
import {Arithmetic} from './arithmetic';

function update(
  {add, sub, mul, scaled}: Arithmetic,
  [value, gradient, momentum]: readonly tf.TensorInfo[],
  {gradientFactor, weightDecay, learningRate}: WeightStep,
  {momentumFactor, nesterov}: SgdUpdateAttrs,
): tf.TensorInfo[] {
  const clipped = scaled(gradient!, gradientFactor);
  const decayed = weightDecay === 0 ? clipped : add(clipped, scaled(value!, weightDecay));
  if (momentum === undefined) return [sub(value!, mul(decayed, learningRate))];
  const moved = add(mul(momentum, momentumFactor), decayed);
  const direction = nesterov ? add(decayed, mul(moved, momentumFactor)) : moved;
  return [sub(value!, mul(direction, learningRate)), moved];
}

export const sgdUpdateConfig: tf.KernelConfig = {
  kernelName: SgdUpdate,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const given = attrs as SgdUpdateAttrs;
    const arithmetic = new Arithmetic(tensorFlowOf(backend));
    return inputsByWeight(inputs, given.weights).flatMap((tensors, i) =>
      tf.tidy(() => update(arithmetic, tensors, given.weights[i]!, given) as tf.Tensor[]),
    );
  },
};
