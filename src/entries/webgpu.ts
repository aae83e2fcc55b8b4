/**
 * Entry "tfjs-sts/webgpu": the place of the kernels for the webgpu backend. It has none yet, so that importing it changes
 * nothing: the composed form of tfjs-sts runs there, and kernelCoverage('webgpu') says so.
 */
export {};
