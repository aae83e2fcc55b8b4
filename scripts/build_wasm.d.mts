/** Types of build_wasm.mjs, for the test that builds again from the sources. */
export function buildModule(name: 'simd' | 'relaxedSimd'): Promise<Uint8Array>;
export function binariesSource(): Promise<string>;
/** The text of assembly/calls.ts, of the description of the calls. */
export function callsSource(): Promise<string>;
/** The bytes of a module of this source, as if it were a file of assembly/. */
export function compileSource(source: string): Promise<Uint8Array<ArrayBuffer>>;
