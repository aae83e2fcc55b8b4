/**
 * Node 20 has relaxed SIMD behind a flag of its engine, with which the wasm kernels run their build with fused multiply-add. A
 * program of its own, such as the command line, may set it; a library leaves its host's engine as it is.
 */
import {setFlagsFromString} from 'node:v8';

/** A module whose one function is `f32x4.relaxed_madd` of its three parameters. */
const PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // Its type: three vectors to one.
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  // Its code: local.get 0, 1 and 2, the instruction, end.
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b],
);

/** Whether modules with relaxed SIMD compile. An engine may have no WebAssembly at all (`node --jitless`). */
export const hasRelaxedSimd = (): boolean =>
  typeof WebAssembly !== 'undefined' && WebAssembly.validate(PROBE);

/** Turns it on, where the engine has it and hides it. Before anything asks which build of the kernels runs. */
export function enableRelaxedSimd(): void {
  // Another engine complains of a flag that it does not know, and needs none.
  if (!process.versions.node.startsWith('20.') || hasRelaxedSimd()) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
