/**
 * Brings up one of the backends that the command line knows, with the kernels of tfjs-sts. Backends are optional
 * peers: each is imported when it is asked for, and a missing one is an error that says what to install.
 */
import * as tf from '@tensorflow/tfjs-core';
import {isForWasm, isMeasured} from '../../kernels/measured_networks';
import {ready} from '../../kernels/ready';
import {starterOf} from '../../kernels/starters';
import {registerWithHost} from '../../layers';
import {modelNamed} from '../../models/zoo/table/models';
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

/** The build for GPUs, which nobody has by chance; false where it is not installed. */
async function importTfjsNodeGpu(): Promise<boolean> {
  // What libtensorflow says of itself as it starts would stand among our lines; its warnings stay.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '1';
  // Before them: it puts back what they miss on Node 24.
  await import('../../entries/node');
  try {
    await import(TFJS_NODE[0]!);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return false;
  }
}

/** Whichever of the two builds is there. */
async function importTfjsNode(): Promise<void> {
  if (!(await importTfjsNodeGpu())) await import(TFJS_NODE[1]!);
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

/** For `--backend`: the best of those that are installed. */
export const BEST = 'best';

/** Names for `--backend`. */
export const BACKEND_NAMES: readonly string[] = [BEST, ...Object.keys(BACKENDS)];

/** What `--threads` is when it is not given: as many as suit the machine. */
export const ALL_CORES = 'one for each core, 8 at most';

export const threadsHelp = (
  byDefault: string,
) => `  --threads N           how many threads the wasm backend's convolutions run on
                        (default: ${byDefault})
`;

/** Whether it could be loaded. */
const succeeds = (loading: Promise<unknown>) =>
  loading.then(
    () => true,
    () => false,
  );

/** The first line, of which the host's are several. */
const reasonOf = (error: unknown) => (error as Error).message.split('\n')[0]!.trim();

/** tfjs-node comes in two halves: without a native one that fits its import fails, and to install it again changes nothing. */
function remedyFor(name: string, peer: string, reason: string): string {
  return name === 'tensorflow' && /tfjs_binding\.node|libtensorflow/.test(reason)
    ? `its native half is missing or does not fit: npm rebuild ${peer}, or docs/guide/tfjs_node.md where its download is not reached`
    : `install it with: npm install ${peer}`;
}

function couldNotStart(name: string, reason: string): UnavailableError {
  const remedy = remedyFor(name, BACKENDS[name]!.peer, reason);
  return new UnavailableError(`the ${name} backend could not be started (${reason}); ${remedy}`);
}

/**
 * Loads what `ready` chooses among, and lets it: tensorflow, wasm or cpu; webgpu only by its name, since looking for a GPU takes a
 * second where there is none. The build of tensorflow for the processor takes as long, and is left out where wasm is faster.
 */
async function startBest(
  threads: number | undefined,
  network: string | undefined,
  training: boolean,
): Promise<string> {
  const hasWasm = await succeeds(BACKENDS.wasm!.load());
  const isWasmFaster = hasWasm && isForWasm(network, training);
  let hasTensorflow = true;
  try {
    await (isWasmFaster ? importTfjsNodeGpu() : importTfjsNode());
  } catch (error) {
    hasTensorflow = false;
    // One that is broken would leave a hundred times the work to cpu, which comes with it, and nobody would know why.
    if (!hasWasm && (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND')
      throw couldNotStart('tensorflow', reasonOf(error));
  }
  if (!hasWasm && !hasTensorflow) await succeeds(BACKENDS.cpu!.load());
  try {
    const wanted = {...(threads !== undefined && {threads}), ...(network !== undefined && {network})};
    return (await ready({training, ...wanted})).backend;
  } catch (error) {
    throw new UnavailableError(
      `no backend could be started; install one with: npm install ${BACKENDS.wasm!.peer}`,
      {cause: error},
    );
  }
}

/** The network of a model, where there are measurements of it; a path may be to any. */
export function measuredNetwork(model: string): string | undefined {
  const network = modelNamed(model)?.network ?? model;
  return isMeasured(network) ? network : undefined;
}

/**
 * Makes a backend the live one.
 *
 * @param name one of `BACKEND_NAMES`.
 * @param threads for our kernels; only wasm has more than one, and is the best if several are given. Undefined: one for each core
 *     where it is wasm, 8 at most.
 * @param network what is going to run, for the best: the name of a measured network.
 * @param training that it is going to be trained, and on how many threads of wasm if `threads` says nothing
 * @returns the name of the backend.
 * @throws InvalidArgumentError for another name or threads elsewhere, UnavailableError when its package is missing or
 *     does not start.
 */
export async function startBackend(
  name: string,
  threads?: number,
  network?: string,
  training?: {readonly threads: number},
): Promise<string> {
  // Hints of the host on faster backends would land between our lines.
  tf.enableProdMode();
  // A file may hold layers of ours, or stock ones that need mending; training needs the gradients.
  registerWithHost();
  const beside = threads ?? training?.threads;
  if (name !== BEST) return startNamed(name, name === 'wasm' ? beside : threads);
  return threads !== undefined && threads > 1
    ? startNamed('wasm', threads)
    : startBest(beside, network, training !== undefined);
}

async function startNamed(name: string, threads: number | undefined): Promise<string> {
  const backend = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (backend === undefined) {
    throw new InvalidArgumentError(`unknown backend '${name}'${knownNames(name, BACKEND_NAMES)}`);
  }
  if (threads !== undefined && threads > 1 && name !== 'wasm') {
    throw new InvalidArgumentError(`--threads ${threads}: only --backend wasm takes threads, not ${name}`);
  }
  let reason = 'the host refused it';
  try {
    await backend.load();
    // Before the start, which settles whether the memory is shared.
    if (name === 'wasm') await startThreads(threads);
    if (await tf.setBackend(name)) return name;
  } catch (error) {
    if (error instanceof StsError) throw error;
    reason = reasonOf(error);
  }
  throw couldNotStart(name, reason);
}

async function startThreads(threads: number | undefined): Promise<void> {
  if (threads === undefined) await starterOf('wasm')?.start?.(undefined);
  else await (await import('../../entries/backends/wasm')).setThreads(threads);
}
