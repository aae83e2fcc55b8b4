/** Batch normalization in training on the tensorflow backend. */
import * as tf from '@tensorflow/tfjs-core';
import {BatchNormTrain, epsilonOf} from '../../../geometry/kernel_names';
import {tensorFlowOf} from '../backend';
import {normalize} from './norm_ops';

export const batchNormTrainConfig: tf.KernelConfig = {
  kernelName: BatchNormTrain,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) =>
    tf.tidy(() =>
      normalize(tensorFlowOf(backend), inputs as Record<'x' | 'gamma' | 'beta', tf.Tensor>, epsilonOf(attrs)),
    ),
};
