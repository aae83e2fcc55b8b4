/**
 * The config of a wasm kernel: a function that is handed the runtime of its backend. Where our module cannot run (no SIMD, a
 * backend that shows nothing of its memory) the kernel takes itself out of the registry when the backend is set up, so that
 * the composed form runs and kernelCoverage() says so.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {type KernelConfig, unregisterKernel} from '@tensorflow/tfjs-core';
import {UnavailableError} from '../../../util/errors';
import {WATCHED} from '../memory/undo';
import {connect, type WasmKernel} from './wasm_runtime';

export function wasmKernel(kernelName: string, run: WasmKernel): KernelConfig {
  const config: KernelConfig & {[WATCHED]: true} = {
    [WATCHED]: true,
    kernelName,
    backendName: 'wasm',
    setupFunc: (backend) => {
      if (connect(backend as BackendWasm) === undefined) unregisterKernel(kernelName, 'wasm');
    },
    kernelFunc: (args) => {
      const runtime = connect(args.backend as BackendWasm);
      if (runtime === undefined) {
        throw new UnavailableError(
          `${kernelName}: the memory of the wasm backend cannot be reached; call registerKernels after the backend ` +
            'has started, or leave out the import of tfjs-sts/wasm.',
        );
      }
      return runtime.run(kernelName, run, args);
    },
  };
  return config;
}
