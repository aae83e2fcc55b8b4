/**
 * Entry "tfjs-sts/wasm": importing it registers the kernels of tfjs-sts for the wasm backend and puts others in the place of
 * the host's own: 3D convolution and pooling, gradients of convolutions, Mean, Sum, Identity and the ops that copy, from Slice
 * to Cast (`kernelCoverage('wasm')` lists them). `restoreStockKernels('wasm')` takes the latter back, all or by name.
 */
import {registerKernels, replaceStockKernels} from '../../kernels/registry';
import {registerStarter} from '../../kernels/starters';
import {kernelConfigs, stockReplacements} from '../../kernels/wasm';
import {wasmStarter} from '../../kernels/wasm/runtime/set_threads';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);
registerStarter(wasmStarter);

export {type SetThreadsOptions, setThreads} from '../../kernels/wasm/runtime/set_threads';
export type {WasmPaths} from '../../kernels/wasm/threads/shared_build';
