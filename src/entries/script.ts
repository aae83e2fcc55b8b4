/**
 * The classic script, dist/tfjs-sts.min.js, for pages that take TensorFlow.js from a script tag: what the entries for pages
 * have, under the same names, as the global `sts`, and the kernels for the backends of a page. The functions of
 * "tfjs-sts/checkpoints", whose names say little alone (read, assign), are in `sts.checkpoints`. No entry of `exports`.
 */
import './backends/cpu';
import './backends/webgl';
import './backends/webgpu';

export {type SetThreadsOptions, setThreads} from './backends/wasm';
export * as checkpoints from './checkpoints';
export * from './convert';
export * from './index';
export * from './networks';
export * from './onnx';
export * from './timeline';
export * from './video';
export * from './zoo';
