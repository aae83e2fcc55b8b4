/** Entry "tfjs-sts/wasm": importing it registers the kernels of tfjs-sts for the wasm backend. */
import {registerKernels} from './kernels/registry';
import {kernelConfigs} from './kernels/wasm';

registerKernels(kernelConfigs);

export {type SetThreadsOptions, setThreads} from './kernels/wasm/threads/set_threads';
export {kernelConfigs};
