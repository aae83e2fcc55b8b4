/**
 * Entry "tfjs-sts/wasm": importing it registers the kernels of tfjs-sts for the wasm backend and puts others in the
 * place of the host's own 3D kernels; `restoreStockKernels('wasm')` takes the latter back.
 */
import {registerKernels, replaceStockKernels} from '../kernels/registry';
import {kernelConfigs, stockReplacements} from '../kernels/wasm';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);

export {type SetThreadsOptions, setThreads} from '../kernels/wasm/runtime/set_threads';
export {kernelConfigs, stockReplacements};
