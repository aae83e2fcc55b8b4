/**
 * Brings up one of the backends that the command line knows, with the kernels of tfjs-sts. Backends are optional
 * peers: each is imported when it is asked for, and a missing one is an error that says what to install.
 */
import * as tf from '@tensorflow/tfjs-core';
import {InvalidArgumentError, StsError, UnavailableError} from '../../util/errors';
import {knownNames} from '../../util/names';

interface CliBackend {
  /** The package to install. */
  readonly peer: string;
  /** Loads the backend, then the kernels of tfjs-sts for it. */
  load(): Promise<unknown>;
}

/** Not known to the compiler, since the one for GPUs is not installed where this is compiled. */
const TFJS_NODE: readonly string[] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** Whichever of the two builds is there; the one for GPUs first, which nobody has by chance. */
async function importTfjsNode(): Promise<void> {
  // What libtensorflow says of itself as it starts would stand among our lines; its warnings stay.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  // Before them: it puts back what they miss on Node 24.
  await import('../../entries/node');
  const [gpu, cpu] = TFJS_NODE as [string, string];
  try {
    await import(gpu);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    await import(cpu);
  }
}

const BACKENDS: Readonly<Record<string, CliBackend>> = {
  // In Node the wasm backend finds its .wasm files beside itself; setWasmPaths is for browsers.
  wasm: {
    peer: '@tensorflow/tfjs-backend-wasm',
    load: () => import('@tensorflow/tfjs-backend-wasm').then(() => import('../../entries/backends/wasm')),
  },
  cpu: {
    peer: '@tensorflow/tfjs-backend-cpu',
    load: () => import('@tensorflow/tfjs-backend-cpu').then(() => import('../../entries/backends/cpu')),
  },
  webgpu: {
    peer: 'webgpu @tensorflow/tfjs-backend-webgpu',
    load: () =>
      import('../../entries/node')
        .then(({startWebGPU}) => startWebGPU())
        .then(() => import('../../entries/backends/webgpu')),
  },
  tensorflow: {
    peer: '@tensorflow/tfjs-node',
    load: importTfjsNode,
  },
};

/** Names for `--backend`. */
export const BACKEND_NAMES: readonly string[] = Object.keys(BACKENDS);

/**
 * Makes a backend the live one.
 *
 * @param name one of `BACKEND_NAMES`.
 * @param threads for our kernels; only wasm has more than one.
 * @throws InvalidArgumentError for another name or threads elsewhere, UnavailableError when its package is missing or
 *     does not start.
 */
export async function startBackend(name: string, threads = 1): Promise<void> {
  const backend = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (backend === undefined) {
    throw new InvalidArgumentError(`unknown backend '${name}'${knownNames(name, BACKEND_NAMES)}`);
  }
  if (threads > 1 && name !== 'wasm') {
    throw new InvalidArgumentError(`--threads ${threads}: only --backend wasm takes threads, not ${name}`);
  }
  // Hints of the host on faster backends would land between our lines.
  tf.enableProdMode();
  let reason = 'the host refused it';
  try {
    await backend.load();
    // Before the start, which settles whether the memory is shared.
    if (threads > 1) await (await import('../../entries/backends/wasm')).setThreads(threads);
    if (await tf.setBackend(name)) return;
  } catch (error) {
    if (error instanceof StsError) throw error;
    reason = (error as Error).message.split('\n')[0]!;
  }
  throw new UnavailableError(
    `the ${name} backend could not be started (${reason}); install it with: npm install ${backend.peer}`,
  );
}
