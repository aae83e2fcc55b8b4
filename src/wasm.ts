/**
 * Entry "tfjs-sts/wasm": the place of the kernels for the wasm backend. It has none yet, so that importing it changes
 * nothing: the composed form of tfjs-sts runs there, and kernelCoverage('wasm') says so.
 */
export {};
