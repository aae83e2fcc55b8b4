/**
 * Workers by one small interface, whether they are Node's worker threads or those of a page. What they run is text,
 * worker_source.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {UnavailableError} from '../../../util/errors';
import {nodeWorkerSource, pageWorkerSource, type WorkerStart} from './worker_source';

/** A worker that has answered and now waits for orders. */
export interface RunningWorker {
  terminate(): Promise<void>;
}

/**
 * Starts a worker.
 *
 * @param onEnd called with the reason when the worker ends or fails, also after it has started
 * @throws UnavailableError where it does not start
 */
export function startWorker(start: WorkerStart, onEnd: (reason: string) => void): Promise<RunningWorker> {
  return tf.env().get('IS_NODE') ? startNodeWorker(start, onEnd) : startPageWorker(start, onEnd);
}

function notStarted(reason: string): UnavailableError {
  return new UnavailableError(`setThreads: a worker could not be started (${reason}).`);
}

async function startNodeWorker(start: WorkerStart, onEnd: (reason: string) => void): Promise<RunningWorker> {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  if (threads === undefined) throw notStarted('this Node has no process.getBuiltinModule; 20.16 has it');
  // No arguments of the process: its loaders and inspectors are not the worker's.
  const worker = new threads.Worker(nodeWorkerSource, {eval: true, execArgv: []});
  worker.on('error', (error) => onEnd(error.message));
  worker.on('exit', (code) => onEnd(`exit code ${code}`));
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', (error) => reject(notStarted(error.message)));
    worker.once('exit', (code) => reject(notStarted(`exit code ${code}`)));
    worker.postMessage(start);
  });
  // It sleeps between orders, and a sleeping worker is no reason for the process to go on.
  worker.unref();
  return {
    terminate: async () => {
      await worker.terminate();
    },
  };
}

async function startPageWorker(start: WorkerStart, onEnd: (reason: string) => void): Promise<RunningWorker> {
  const url = URL.createObjectURL(new Blob([pageWorkerSource], {type: 'text/javascript'}));
  try {
    const worker = new Worker(url);
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      // Also where the page's policy (worker-src) refuses scripts from a Blob.
      worker.onerror = ({message}) => reject(notStarted(message || "the page's worker-src has no blob:"));
      worker.postMessage(start);
    });
    worker.onerror = ({message}) => onEnd(message);
    return {
      terminate: async () => worker.terminate(),
    };
  } finally {
    URL.revokeObjectURL(url);
  }
}
