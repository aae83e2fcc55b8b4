/**
 * The config of a webgl kernel: a function that is handed its backend. Where our programs cannot run the kernel takes itself out of the
 * registry when the backend is set up, so that the composed form runs and kernelCoverage() says so.
 */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {type KernelConfig, type KernelFunc, type TensorInfo, unregisterKernel} from '@tensorflow/tfjs-core';
import {canRun} from './program';

type WebGLKernel = (args: Parameters<KernelFunc>[0], backend: MathBackendWebGL) => TensorInfo | TensorInfo[];

export function webglKernel(kernelName: string, run: WebGLKernel): KernelConfig {
  return {
    kernelName,
    backendName: 'webgl',
    setupFunc: () => {
      if (!canRun()) unregisterKernel(kernelName, 'webgl');
    },
    kernelFunc: (args) => run(args, args.backend as MathBackendWebGL),
  };
}
