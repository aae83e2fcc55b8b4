/**
 * What engines have behind flags, and the wasm kernels gain from: on Node 20 relaxed SIMD, with which they run their build with fused
 * multiply-add; on Node 24 and 26 pairs of vectors made one of twice the width. A program of its own, such as the command line, may set
 * them; a library leaves its host's engine as it is.
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
function enableRelaxedSimd(): void {
  // Another engine complains of a flag that it does not know, and needs none.
  if (!process.versions.node.startsWith('20.') || hasRelaxedSimd()) return;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Versions of Node whose engine knows the flag, and on which all networks were compared with and without it. */
const WIDENING = ['24.', '26.'];

/** Whether V8 can make two neighbouring vectors of 128 bits one of 256: on x86 alone, where the processor has those. */
export const canWiden = (node = process.versions.node, arch: string = process.arch): boolean =>
  arch === 'x64' && WIDENING.some((major) => node.startsWith(major));

/** Before anything compiles a module. */
export function enableEngineFlags(): void {
  enableRelaxedSimd();
  if (canWiden()) setFlagsFromString('--experimental-wasm-revectorize');
}
