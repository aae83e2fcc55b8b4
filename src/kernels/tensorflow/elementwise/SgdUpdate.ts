/** A step of stochastic gradient descent on the tensorflow backend: the ops that the rule is made of elsewhere, in the same order. */
import * as tf from '@tensorflow/tfjs-core';
import {SgdUpdate, type SgdUpdateAttrs, type SgdUpdateInputs} from '../../../geometry/update_kernels';
import {tensorFlowOf} from '../backend';
import {Arithmetic} from './arithmetic';

function update(
  {add, sub, mul, scaled}: Arithmetic,
  {value, gradient, momentum}: SgdUpdateInputs,
  {gradientFactor, weightDecay, learningRate, momentumFactor, nesterov}: SgdUpdateAttrs,
): tf.TensorInfo[] {
  const clipped = scaled(gradient, gradientFactor);
  const decayed = weightDecay === 0 ? clipped : add(clipped, scaled(value, weightDecay));
  // Not given is undefined or null.
  if (momentum == null) return [sub(value, mul(decayed, learningRate))];
  const moved = add(mul(momentum, momentumFactor), decayed);
  const direction = nesterov ? add(decayed, mul(moved, momentumFactor)) : moved;
  return [sub(value, mul(direction, learningRate)), moved];
}

export const sgdUpdateConfig: tf.KernelConfig = {
  kernelName: SgdUpdate,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) =>
    tf.tidy(
      () =>
        update(
          new Arithmetic(tensorFlowOf(backend)),
          inputs as SgdUpdateInputs,
          attrs as SgdUpdateAttrs,
        ) as tf.Tensor[],
    ),
};
