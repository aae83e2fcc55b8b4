/** Entry "tfjs-sts/wasm": registers the wasm kernels of tfjs-sts. The only effect of importing it is that registration. */

export {};
