/** Types of build_wasm.mjs, for the test that builds again from the sources. */
export function buildModule(name: 'simd' | 'relaxedSimd'): Promise<Uint8Array>;
export function binariesSource(): Promise<string>;
