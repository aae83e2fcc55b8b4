/**
 * In Node the host's builds of one thread keep their memory to themselves. Its SIMD build is made to share it by one bit of
 * its memory section and handed to the host for all of its builds, so that threads of ours can read and write it. Starts no
 * thread (see runtime/set_threads.ts).
 */
import {FormatError, UnavailableError} from '../../../util/errors';

const PACKAGE = '@tensorflow/tfjs-backend-wasm';
const SIMD_BUILD = 'tfjs-backend-wasm-simd.wasm';
const BUILDS = ['tfjs-backend-wasm.wasm', SIMD_BUILD, 'tfjs-backend-wasm-threaded-simd.wasm'];

/** The memory section of a WebAssembly module, and its flags (specification 5.5.8, 5.3.7). */
const MEMORY_SECTION = 5;
const WITH_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

/** What setWasmPaths of tfjs-backend-wasm takes: a folder with a slash at its end, or the path of each build. */
export type WasmPaths = string | Readonly<Record<string, string>>;

/**
 * A module with a memory of its own, its memory shared.
 *
 * @throws FormatError if it is damaged, or has no memory, several, or one without a maximum
 */
export function withSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const changed = Uint8Array.from(bytes);
  const flags = memoryFlagsOf(changed);
  if (flags !== undefined && changed[flags] === WITH_MAXIMUM) {
    changed[flags] = SHARED_WITH_MAXIMUM;
    // The host would wait for ever for a module that does not compile.
    if (WebAssembly.validate(changed)) return changed;
  }
  throw new FormatError(
    'setThreads: the .wasm of tfjs-backend-wasm is damaged, or does not have the one memory with a maximum that 4.22 ' +
      'has; use version 4.22, or no threads.',
  );
}

/** Where the flags of a module's one memory are. */
function memoryFlagsOf(bytes: Uint8Array): number | undefined {
  const number = (at: number) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return {value, end: at};
    }
  };
  // Behind eight bytes of magic number and version stand the sections: a number, a length, the contents.
  for (let at = 8; at < bytes.length; ) {
    const length = number(at + 1);
    if (bytes[at] !== MEMORY_SECTION) at = length.end + length.value;
    else return bytes[length.end] === 1 ? length.end + 1 : undefined;
  }
  return undefined;
}

/**
 * Tells the host, which must not have started yet, to start with a shared memory.
 *
 * @param paths where the host's .wasm files are; default: beside the installed tfjs-backend-wasm
 */
export async function shareMemoryOfNode(paths: WasmPaths | undefined): Promise<void> {
  const bytes = withSharedMemory(await readBuild(paths));
  const address = `data:application/wasm;base64,${Buffer.from(bytes).toString('base64')}`;
  // The instance that the user's program has: it was loaded before the entry tfjs-sts/wasm was of any use.
  const {setWasmPaths} = await import('@tensorflow/tfjs-backend-wasm');
  // With the platform's fetch, which knows data: addresses; the host's own loader in Node opens files.
  setWasmPaths(Object.fromEntries(BUILDS.map((name) => [name, address])), true);
}

async function readBuild(paths: WasmPaths | undefined): Promise<Uint8Array> {
  // Node is asked for its modules instead of importing them, which a bundler would follow.
  const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (files === undefined) {
    throw new UnavailableError('setThreads: needs process.getBuiltinModule, which Node has from 20.16 on.');
  }
  const path =
    typeof paths === 'string' ? `${paths}${SIMD_BUILD}` : (paths?.[SIMD_BUILD] ?? installedBuild());
  try {
    return await files.readFile(path);
  } catch {
    throw new UnavailableError(
      `setThreads: ${path} cannot be read; say where the .wasm files of ${PACKAGE} are, as for its setWasmPaths: ` +
        'setThreads(n, {wasmPaths}).',
    );
  }
}

/** Beside the code of the package, or its bare name where there is no package: in a program bundled into one file. */
function installedBuild(): string {
  const {createRequire} = globalThis.process.getBuiltinModule('node:module');
  const {dirname, join} = globalThis.process.getBuiltinModule('node:path');
  try {
    return join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), SIMD_BUILD);
  } catch {
    return SIMD_BUILD;
  }
}
