/** The gradients of batch normalization in training on the tensorflow backend. */
import * as tf from '@tensorflow/tfjs-core';
import {BatchNormTrainGrad, epsilonOf} from '../../../geometry/kernel_names';
import {tensorFlowOf} from '../backend';
import {normalizeBack} from './norm_ops';

export const batchNormTrainGradConfig: tf.KernelConfig = {
  kernelName: BatchNormTrainGrad,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) =>
    tf.tidy(() =>
      normalizeBack(
        tensorFlowOf(backend),
        inputs as Record<'dy' | 'x' | 'gamma' | 'mean' | 'variance', tf.Tensor>,
        epsilonOf(attrs),
      ),
    ),
};
