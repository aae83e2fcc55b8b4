/** Makes the kernels of the package differentiable, and those of the host's convolutions that are not. */
import * as tf from '@tensorflow/tfjs-core';
import {amendHostGradients} from './amended_host_grads';
import {batchNormGradients} from './batch_norm_grad';
import {hostConvolutionGradients} from './host_conv3d_grad';
import {convolutionGradients} from './indirect_conv3d_grad';

/** Idempotent: a second copy of the package registers nothing. */
export function registerGradients(): void {
  for (const config of [...convolutionGradients, ...batchNormGradients, ...hostConvolutionGradients]) {
    if (tf.getGradient(config.kernelName) == null) tf.registerGradient(config);
  }
  amendHostGradients();
}
