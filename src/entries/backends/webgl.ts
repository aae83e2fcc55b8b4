/**
 * Entry "tfjs-sts/webgl": the place of the kernels for the webgl backend. It has none yet, so that importing it changes
 * nothing: the composed form of tfjs-sts runs there, and kernelCoverage('webgl') says so.
 */
export {};
