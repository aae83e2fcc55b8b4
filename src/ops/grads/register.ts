/** Makes the kernels of the package differentiable, and those of the host's convolutions that are not. */
import * as tf from '@tensorflow/tfjs-core';
import {UnavailableError} from '../../util/errors';
import {amendHostGradients} from './amended_host_grads';
import {batchNormGradients} from './batch_norm_grad';
import {crossEntropyGradient} from './cross_entropy_grad';
import {hostConvolutionGradients} from './host_conv3d_grad';
import {convolutionGradients} from './indirect_conv3d_grad';

/** The kernel that is none: with it registered for a backend, the host calls its setup function when that backend starts. */
const AMENDS_GRADIENTS = 'AmendsGradients';

const BACKENDS = ['cpu', 'wasm', 'webgl', 'webgpu', 'tensorflow'];

/**
 * Idempotent: a second copy of the package registers nothing. In Node the package @tensorflow/tfjs, which tfjs-node brings, registers the
 * host's own gradients again when it is imported, so those that are amended are so again when a backend starts.
 */
export function registerGradients(): void {
  registerOurs();
  const kernelFunc = () => {
    throw new UnavailableError(
      `${AMENDS_GRADIENTS} is not a kernel; it only waits for the start of the backend.`,
    );
  };
  for (const backendName of BACKENDS) {
    if (tf.getKernel(AMENDS_GRADIENTS, backendName) == null)
      tf.registerKernel({kernelName: AMENDS_GRADIENTS, backendName, setupFunc: registerOurs, kernelFunc});
  }
}

function registerOurs(): void {
  const fixed = [...convolutionGradients, ...batchNormGradients, crossEntropyGradient];
  for (const config of [...fixed, ...hostConvolutionGradients]) {
    if (tf.getGradient(config.kernelName) == null) tf.registerGradient(config);
  }
  amendHostGradients();
}
