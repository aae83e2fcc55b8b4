/**
 * The classic script, dist/tfjs-sts.min.js, for pages that take TensorFlow.js from a script tag: all that the entry
 * "tfjs-sts" has, the kernels for the backends of a page, and `setThreads`, as the global `sts`. No entry of `exports`.
 */
import './cpu';

export * from './index';
export {type SetThreadsOptions, setThreads} from './wasm';
