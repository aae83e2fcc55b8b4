/** The gradient of softmax cross entropy in training by the logits, which the kernel has made already. */
import * as tf from '@tensorflow/tfjs-core';
import {CrossEntropyTrain} from '../../geometry/kernel_names';

export const crossEntropyGradient: tf.GradConfig = {
  kernelName: CrossEntropyTrain,
  outputsToSave: [false, true, false],
  gradFunc: (gradients, saved) => {
    const [dy] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor];
    return {logits: () => tf.mul(dy, saved[0]!)};
  },
};
