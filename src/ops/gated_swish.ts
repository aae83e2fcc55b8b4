/**
 * The swish of gated clips, as a squeeze-and-excitation block may end: in training one pass forward and one back where the backend has the
 * kernels. Not part of the public API.
 */
import * as tf from '@tensorflow/tfjs-core';
import {isOfChannels} from '../geometry/channels';
import {GatedSwishTrain, GateGrad} from '../geometry/kernel_names';
import {activate} from './activations';
import {isTakenOnce} from './grads/taken_once';
import {runOptionalKernel} from './optional_kernel';

/** Of two tensors whose shapes broadcast to that of `a`. */
export function gatedSwish(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const isOne =
    isTakenOnce() &&
    [GatedSwishTrain, GateGrad].every((name) => tf.getKernel(name, tf.getBackend()) != null) &&
    [a, b].every(({dtype}) => dtype === 'float32') &&
    isOfChannels(b.shape, a.shape);
  return isOne ? inOnePass(a, b) : tf.tidy(() => activate(tf.mul(a, b), 'swish'));
}

const inOnePass = tf.customGrad((...args) => {
  const [x, gate, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  const [value, sigmoid] = runOptionalKernel(GatedSwishTrain, {x, gate}) as [tf.Tensor, tf.Tensor];
  save([x, gate, sigmoid]);
  const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
    const [x, gate, s] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
    return runOptionalKernel(GateGrad, {dy, x, gate, s})!;
  };
  return {value, gradFunc};
});
