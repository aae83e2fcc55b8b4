/**
 * The gradient of batch normalization in training, and of an activation in the same kernel. The statistics are results for moving
 * averages and carry none. While the host records what a gradient does, for a gradient of it, the gradient is made of stock ops,
 * which it knows how to differentiate: no gradient can be taken inside the gradient of a kernel.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNormFused,
  type BatchNormFusedAttrs,
  BatchNormTrain,
  type BatchNormTrainAttrs,
  BatchNormTrainGrad,
} from '../../geometry/kernel_names';
import {isBetween0And6, reluGradient, swishGradient} from '../activations';
import {composeBatchNormTrain, composeBatchNormTrainGrad, rowsOf} from '../compose/batch_norm';
import {activates, runRegistered} from '../run_kernel';
import {handedOn} from './shared_tensor';

const forwardGradient: tf.GradConfig = {
  kernelName: BatchNormTrain,
  inputsToSave: ['x', 'gamma', 'beta'],
  outputsToSave: [false, true, true],
  gradFunc: (gradients, saved, attrs) => {
    const [given] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [x, gamma, beta, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const {epsilon, activation} = attrs as unknown as BatchNormTrainAttrs;
    /** The gradient of what is activated. */
    const before = () => {
      if (activation === 'linear') return given;
      const y = composeBatchNormTrain({x, gamma, beta}, epsilon)[0]!;
      return tf.mul(given, activation === 'relu' ? tf.step(y) : isBetween0And6(y));
    };
    const kernel = () => {
      const inOneGo = activates(BatchNormTrainGrad);
      const inputs = {dy: inOneGo ? given : before(), x, gamma, mean, variance, ...(inOneGo && {beta})};
      const asked = {epsilon, activation: inOneGo ? activation : 'linear'};
      return runRegistered(BatchNormTrainGrad, inputs, asked) as tf.Tensor[];
    };
    // At once: of what a function below makes, the host would keep its result alone.
    const [dx, dgamma, dbeta] = tf.engine().isTapeOn()
      ? differentiable(before(), x, gamma, epsilon)
      : tf.tidy(kernel);
    return {x: () => dx!, gamma: () => dgamma!, beta: () => dbeta!};
  },
};

/** With statistics that are made of x anew, so that their part in a gradient comes with x. */
function differentiable(dy: tf.Tensor, x: tf.Tensor, gamma: tf.Tensor, epsilon: number): tf.Tensor[] {
  const rows = rowsOf(x);
  const mean = tf.mean(rows, 0);
  const variance = tf.mean(tf.square(tf.sub(rows, mean)), 0);
  return composeBatchNormTrainGrad({dy, x, gamma, mean, variance}, epsilon);
}

/** With what is behind it, taken once: what that does to a gradient is seen by what it gave. */
const fusedGradient: tf.GradConfig = {
  kernelName: BatchNormFused,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [true, true, true, true],
  gradFunc: (gradients, saved, attrs) => {
    const [dy] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
    const [x, gamma, y, mean, variance, sigmoid] = saved as [
      ...[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
      tf.Tensor | undefined,
    ];
    const {epsilon, activation} = attrs as unknown as BatchNormFusedAttrs;
    const isRelu = activation === 'relu';
    const before = isRelu ? reluGradient(dy, y) : sigmoid === undefined ? dy : swishGradient(dy, y, sigmoid);
    const inputs = {dy: before, x, gamma, mean, variance};
    const results = runRegistered(BatchNormTrainGrad, inputs, {epsilon, activation: 'linear'});
    const [dx, dgamma, dbeta] = results as [tf.Tensor, tf.Tensor, tf.Tensor];
    if (sigmoid !== undefined) before.dispose();
    return {
      ...{x: () => dx, gamma: () => dgamma, beta: () => dbeta},
      residual: () => (isRelu ? before : handedOn(dy)),
    };
  },
};

export const batchNormGradients: readonly tf.GradConfig[] = [forwardGradient, fusedGradient];
