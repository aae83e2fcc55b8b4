/**
 * `setThreads`: how many threads the wasm kernels of this package use. Threads need a memory that they share, and
 * whether the host's memory is shared is settled when its backend starts; so this starts it, or says why it is late.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {coresHere, isAddressSpaceLimited, threadsByDefault} from '../../../util/cores';
import {InvalidArgumentError, StsError, UnavailableError} from '../../../util/errors';
import {checkOptions, optionNames} from '../../../util/names';
import type {Starter} from '../../starters';
import {isShared} from '../module/instantiate';
import {shareMemoryOfNode, type WasmPaths} from '../threads/shared_build';
import {connect} from './wasm_runtime';

/** More than any machine gains from; each worker costs some megabytes. */
const MOST_THREADS = 64;

export interface SetThreadsOptions {
  /**
   * Node alone: where the .wasm files of tfjs-backend-wasm are, as for its `setWasmPaths`, which is called here with a
   * changed build in place of what it was given before. Default: in the installed package.
   */
  wasmPaths?: WasmPaths;
}

const KNOWN = optionNames<SetThreadsOptions>({wasmPaths: true});

/**
 * Lets the wasm kernels of this package run on several threads: convolutions give the same bits, sooner. Starts the
 * wasm backend and makes it the live one if it has not started yet. Only the kernels of this package use the threads;
 * what else a model does stays on one, in a cross-origin isolated page on those of the host.
 *
 * Call it before anything else starts the backend in Node, where it starts with a shared memory only if told so. In a
 * page the memory is shared when the page is cross-origin isolated, and this may be called at any time.
 *
 * @param count threads in all: the calling one and `count - 1` workers. 1 ends the workers. They do not keep a process
 *     from ending. More than the machine has cores are slower, and the console says so once.
 * @throws InvalidArgumentError for a count that is no whole number from 1 to 64
 * @throws UnavailableError where the memory is not shared, there is no SIMD, or a worker does not start
 * @throws FormatError in Node, where the .wasm of the backend is not that of 4.22
 *
 * @example
 * ```js
 * import '@tensorflow/tfjs-backend-wasm';
 * import {setThreads} from 'tfjs-sts/wasm';
 *
 * await setThreads(2);
 * ```
 */
export function setThreads(count: number, options: SetThreadsOptions = {}): Promise<void> {
  const change = changes.then(() => changeThreads(count, options));
  changes = change.catch(() => {});
  return change;
}

/** Calls take turns, so that each finds what the one before has left. */
let changes: Promise<void> = Promise.resolve();

async function changeThreads(count: number, options: SetThreadsOptions): Promise<void> {
  checkOptions('setThreads', options, KNOWN);
  const {wasmPaths} = options;
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS) {
    throw new InvalidArgumentError(
      `setThreads: got ${count}; give a whole number from 1 to ${MOST_THREADS}, in all.`,
    );
  }
  const started = startedBackend();
  if (started === undefined && count === 1) return;
  if (started === undefined && tf.env().get('IS_NODE')) await shareMemoryOfNode(wasmPaths);
  const backend = started ?? (await startBackend());
  const runtime = connect(backend);
  if (count > 1 && runtime === undefined) {
    throw new UnavailableError(
      'setThreads: the kernels of tfjs-sts/wasm cannot run here; they need 128-bit SIMD and tfjs-backend-wasm 4.22.',
    );
  }
  if (count > 1 && !isShared(runtime!.memory)) throw new UnavailableError(whyNotShared());
  await runtime?.setThreads(count);
  warnAboutCores(count);
}

/** For `ready`: on as many threads as the machine has cores, or on one where the memory cannot be shared. */
export const wasmStarter: Starter = {
  backendName: 'wasm',
  start: async (threads) => {
    if (threads === undefined && isAddressSpaceLimited())
      return 'one thread: the address space of the process is limited, of which a shared memory takes gigabytes';
    const count = threads ?? threadsByDefault();
    if (count === 1) return 'one thread';
    try {
      await setThreads(count);
      return `${count} threads`;
    } catch (error) {
      if (!(error instanceof StsError)) throw error;
      return `one thread: ${error.message}`;
    }
  },
};

let hasWarned = false;

/** More threads than cores take turns: nothing is wrong, and everything is slower. Said once. */
function warnAboutCores(count: number): void {
  const cores = coresHere();
  if (hasWarned || cores === undefined || count <= cores) return;
  hasWarned = true;
  console.warn(
    `tfjs-sts: setThreads(${count}) on a machine of ${cores} core${cores === 1 ? '' : 's'}: threads beyond the cores take ` +
      'turns with the others and slow them down; give at most as many.',
  );
}

/** Looks without starting it, which `tf.findBackend` would do. */
function startedBackend(): BackendWasm | undefined {
  return tf.engine().registry.wasm as BackendWasm | undefined;
}

async function startBackend(): Promise<BackendWasm> {
  const isStarted = await tf.setBackend('wasm').catch(() => false);
  if (isStarted) return tf.backend() as BackendWasm;
  throw new UnavailableError(
    'setThreads: the wasm backend did not start; import @tensorflow/tfjs-backend-wasm first, and in a page let its ' +
      'setWasmPaths say where its .wasm files are.',
  );
}

function whyNotShared(): string {
  if (tf.env().get('IS_NODE')) {
    return (
      'setThreads: the wasm backend has started without a shared memory; await setThreads(n) before the first ' +
      "tf.setBackend('wasm'), tf.ready() or tensor."
    );
  }
  return globalThis.crossOriginIsolated
    ? 'setThreads: the wasm backend has not started its threaded build, which alone shares its memory; let ' +
        'setWasmPaths name tfjs-backend-wasm-threaded-simd.wasm, and do not call setWasmPath.'
    : 'setThreads: this page is not cross-origin isolated, so its threads cannot share a memory; serve it with the ' +
        'headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.';
}
