/**
 * The gradient of batch normalization in training. The statistics are results for moving averages and carry none. While
 * the host records what a gradient does, for a gradient of it, the gradient is made of stock ops, which it knows how to
 * differentiate: no gradient can be taken inside the gradient of a kernel.
 */
import * as tf from '@tensorflow/tfjs-core';
import {BatchNormTrain, BatchNormTrainGrad, epsilonOf} from '../../geometry/kernel_names';
import {composeBatchNormTrainGrad} from '../compose/batch_norm';
import {runRegistered} from '../run_kernel';

const forwardGradient: tf.GradConfig = {
  kernelName: BatchNormTrain,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (gradients, saved, attrs) => {
    const [dy] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [x, gamma, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const epsilon = epsilonOf(attrs);
    // At once: of what a function below makes, the host would keep its result alone.
    const [dx, dgamma, dbeta] = tf.engine().isTapeOn()
      ? differentiable(dy, x, gamma, epsilon)
      : (runRegistered(BatchNormTrainGrad, {dy, x, gamma, mean, variance}, {epsilon}) as tf.Tensor[]);
    return {x: () => dx!, gamma: () => dgamma!, beta: () => dbeta!};
  },
};

/** With statistics that are made of x anew, so that their part in a gradient comes with x. */
function differentiable(dy: tf.Tensor, x: tf.Tensor, gamma: tf.Tensor, epsilon: number): tf.Tensor[] {
  const mean = tf.mean(x, 0);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), 0);
  return composeBatchNormTrainGrad({dy, x, gamma, mean, variance}, epsilon);
}

export const batchNormGradients: readonly tf.GradConfig[] = [forwardGradient];
