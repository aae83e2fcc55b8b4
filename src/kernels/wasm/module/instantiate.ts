/**
 * Our WebAssembly module in a given memory: which build the engine can run, and its functions. The module has no
 * memory, no data and no state of its own; whatever it reads or writes, it was given the address of.
 */
import {relaxedSimd, simd} from './binaries';

/** Works on the rows `first` to `end - 1` of what the call at an address says. Ranges may be computed in any order. */
export type RowFunction = (call: number, first: number, end: number) => void;

/** The functions that threads share by rows. */
export type RowFunctionName =
  | 'packDense'
  | 'packTransposed'
  | 'transformDense'
  | 'transformTransposed'
  | 'convolveDense'
  | 'multiplyFewRows'
  | 'multiplyFewRowsTransposed'
  | 'convolveWinograd'
  | 'convolveWinogradPanels'
  | 'convolveNarrow'
  | 'convolveDepthwise'
  | 'convolveBands'
  | 'scatterDense'
  | 'productDense'
  | 'productColumns'
  | 'productFewRows'
  | 'productWinograd'
  | 'productNarrow'
  | 'productNarrowOutputs'
  | 'productChannels'
  | 'productLineTaps'
  | 'productDepthwise'
  | 'addPieces'
  | 'maxPool'
  | 'maxPoolWholes'
  | 'maxPoolGradient'
  | 'maxPoolGradientOfWholes'
  | 'averagePool'
  | 'averagePoolGradient'
  | 'normStatistics'
  | 'normMoments'
  | 'normFactors'
  | 'normScale'
  | 'normSums'
  | 'normGradients'
  | 'normBackprop'
  | 'sumStrips'
  | 'sgdUpdate'
  | 'adamUpdate'
  | 'squareSums'
  | 'copyRuns'
  | 'zeroChunks'
  | 'elementwise'
  | 'channelwise'
  | 'channelwiseGradients'
  | 'channelwiseTotals'
  | 'crossEntropy';

/** The functions of assembly/index.ts that the host uses. Addresses are bytes. */
export type KernelModule = Readonly<Record<RowFunctionName, RowFunction>>;

/** 'relaxed-simd' multiplies and adds in one instruction, where the processor has it. */
export type Build = 'relaxed-simd' | 'simd';

const sources: Record<Build, string> = {'relaxed-simd': relaxedSimd, simd};

/** The value of a digit in base 16: of a code of '0' to '9', or of 'a' to 'f', which has bit 6. */
const digit = (code: number) => (code & 15) + 9 * (code >> 6);

/** The bytes of a build. */
export function bytesOf(build: Build): Uint8Array<ArrayBuffer> {
  const digits = sources[build];
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = 16 * digit(digits.charCodeAt(2 * i)) + digit(digits.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** The best build that this engine runs, or undefined without 128-bit SIMD. */
export function bestBuild(): Build | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  return (['relaxed-simd', 'simd'] as const).find((build) => WebAssembly.validate(bytesOf(build)));
}

/** A build, compiled for memories of the kind of `memory`: shared or not. */
export function compile(build: Build, memory: WebAssembly.Memory): WebAssembly.Module {
  return new WebAssembly.Module(isShared(memory) ? importingSharedMemory(bytesOf(build)) : bytesOf(build));
}

/** The functions of a compiled build, working in `memory`. */
export function instantiate(compiled: WebAssembly.Module, memory: WebAssembly.Memory): KernelModule {
  const instance = new WebAssembly.Instance(compiled, {env: {memory}});
  // The engine types exports as an open map; what they are is said by assembly/index.ts.
  return instance.exports as unknown as KernelModule;
}

/** Whether other threads can work in a memory. */
export function isShared({buffer}: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}

/** `(import "env" "memory" (memory 0))` in bytes, from the length of the first name to the limits. */
const MEMORY_IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 0, 0];
/** Limits of a shared memory: flags 3, at least 0 and at most 65536 pages. */
const SHARED_LIMITS = [3, 0, 0x80, 0x80, 4];

/**
 * The same module for a shared memory, which the format makes another import: its limits are flagged and have an
 * end. The import section holds this one import, so that its length is one byte, 3 bytes more.
 */
export function importingSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = bytes.findIndex((_, i) => MEMORY_IMPORT.every((byte, k) => bytes[i + k] === byte));
  const limits = at + MEMORY_IMPORT.length - 2;
  const patched = [...bytes.subarray(0, limits), ...SHARED_LIMITS, ...bytes.subarray(limits + 2)];
  // Before the import stand the section's length and the number of imports.
  patched[at - 2]! += SHARED_LIMITS.length - 2;
  return Uint8Array.from(patched);
}
