/**
 * The implementations of the convolution kernels that a test runs through: on every backend what a user gets with its
 * entry imported, and on cpu also the composed form, which the kernels would hide.
 */
import * as tf from '@tensorflow/tfjs-core';
import {kernelConfigs} from '../../src/cpu';
import {registerKernels} from '../../src/kernels/registry';
import {KERNEL_NAMES} from '../../src/ops/kernel_names';
import {type BackendName, backendNames, startBackend} from './backends';

export interface Implementation {
  name: string;
  backend: BackendName;
  /** Starts the backend and puts this implementation in place. */
  use(): Promise<void>;
}

function dropKernels(backend: BackendName): void {
  for (const name of KERNEL_NAMES) {
    if (tf.getKernel(name, backend) != null) tf.unregisterKernel(name, backend);
  }
}

export const implementations: Implementation[] = backendNames.flatMap((backend) => {
  const composed: Implementation = {
    name: `${backend}, composed`,
    backend,
    use: async () => {
      await startBackend(backend);
      dropKernels(backend);
    },
  };
  if (backend !== 'cpu') return [composed];
  const kernels: Implementation = {
    name: 'cpu, kernels',
    backend,
    use: async () => {
      await startBackend(backend);
      dropKernels(backend);
      registerKernels(kernelConfigs);
    },
  };
  return [kernels, composed];
});
