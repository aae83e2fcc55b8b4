/** What decides the figures besides the code: the processor, and which build of the wasm module this Node runs. */
import os from 'node:os';

/** A module whose one function multiplies and adds in one instruction: our faster build runs where this is valid. */
const relaxedSimdProbe = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 2, 0x0b],
);

export const relaxedSimd = WebAssembly.validate(relaxedSimdProbe);
/** The flag that the command line turns on (src/cli/engine_flags.ts), where this Node does something with it. */
export const wideVectors =
  process.arch === 'x64' && /^2[46]\./.test(process.versions.node)
    ? '--experimental-wasm-revectorize'
    : undefined;
export const processor = os.cpus()[0].model.trim();

/** The name of a file of results. */
export function resultsName(what) {
  const [major] = process.versions.node.split('.');
  return `${what}-${processor.replace(/[^A-Za-z0-9]+/g, '_')}-node${major}${relaxedSimd ? '-relaxed_simd' : ''}.json`;
}
