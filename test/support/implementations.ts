/**
 * The implementations of the convolution kernels that a test runs through: on every backend the composed form, and the
 * kernels where its entry has some. A kernel that a list lacks is composed there too.
 */
import * as tf from '@tensorflow/tfjs-core';
import '../../src/entries/backends/cpu';
import '../../src/entries/backends/wasm';
import '../../src/entries/backends/webgl';
import '../../src/entries/backends/webgpu';
import {KERNEL_NAMES} from '../../src/geometry/kernel_names';
import {kernelConfigs as cpuKernels} from '../../src/kernels/cpu';
import {registerKernels} from '../../src/kernels/registry';
import {kernelConfigs as tensorflowKernels} from '../../src/kernels/tensorflow';
import {kernelConfigs as wasmKernels} from '../../src/kernels/wasm';
import {kernelConfigs as webglKernels} from '../../src/kernels/webgl';
import {kernelConfigs as webgpuKernels} from '../../src/kernels/webgpu';
import {
  type BackendName,
  backendNames,
  inBrowser,
  startBackend,
  testsWebgpuInNode,
  useFewPrograms,
} from './backends';

export interface Implementation {
  name: string;
  backend: BackendName;
  /**
   * Starts the backend and puts this implementation in place; the host's programs for webgl are few from then on. What it returns puts
   * the kernels back, as which vitest takes it from a `beforeAll(use)`: other tests may share the process.
   */
  use(): Promise<() => void>;
}

/** The name of the kernels of webgl. */
export const WEBGL_KERNELS = 'webgl, kernels';

function dropKernels(backend: BackendName): void {
  for (const name of KERNEL_NAMES) {
    if (tf.getKernel(name, backend) != null) tf.unregisterKernel(name, backend);
  }
}

const kernels: Partial<Record<BackendName, readonly tf.KernelConfig[]>> = {
  cpu: cpuKernels,
  wasm: wasmKernels,
  webgl: webglKernels,
  webgpu: webgpuKernels,
  tensorflow: tensorflowKernels,
};

function composedOn(backend: BackendName): Implementation {
  return {
    name: `${backend}, composed`,
    backend,
    use: async () => {
      await startBackend(backend);
      useFewPrograms(backend);
      dropKernels(backend);
      return () => registerKernels(kernels[backend] ?? []);
    },
  };
}

function kernelsOn(backend: BackendName, configs: readonly tf.KernelConfig[]): Implementation {
  return {
    name: `${backend}, kernels`,
    backend,
    use: async () => {
      await startBackend(backend);
      useFewPrograms(backend);
      dropKernels(backend);
      registerKernels(configs);
      // A kernel that cannot run takes itself back, and the composed form would be tested twice.
      const missing = configs.filter(({kernelName}) => tf.getKernel(kernelName, backend) == null);
      if (missing.length > 0) throw new Error(`${backend}: no kernel ${missing[0]!.kernelName}`);
      return () => {};
    },
  };
}

/** JavaScript for the cpu backend does in a page what it does in Node. */
export const implementations: Implementation[] = backendNames
  .filter((backend) => backend !== 'tensorflow' && !(inBrowser && backend === 'cpu'))
  .flatMap((backend) => {
    const configs = kernels[backend];
    return configs === undefined ? [composedOn(backend)] : [kernelsOn(backend, configs), composedOn(backend)];
  });

/**
 * Those of the tests of whole ops: in Node the kernels of webgpu and of tensorflow too. Stock ops are not worth their time there:
 * each shape of each is a program that SwiftShader compiles; they run in a page. Those of tensorflow are what its kernels are made of.
 */
export const conformingImplementations: Implementation[] = [
  ...implementations,
  ...(testsWebgpuInNode ? [kernelsOn('webgpu', webgpuKernels)] : []),
  ...(backendNames.includes('tensorflow') ? [kernelsOn('tensorflow', tensorflowKernels)] : []),
];
