/**
 * Loader threads: each decodes (through ffmpeg) and augments some clips at a time, so that the thread that trains only takes what
 * is ready. That one is busy for seconds, during which it could neither empty a pipe nor ask for another clip: whatever is to be read
 * lies with the threads at once. Node only.
 */
import type {Worker} from 'node:worker_threads';
import {UnavailableError} from '../../../util/errors';
import type {ByteClip} from '../../augment';
import type {ClipReader} from '../epoch';
import type {FileItem, Place, Reading, Unreadable} from '../reading/items';
import {ItemReader} from './item_reader';
import type {FromLoader, LoaderData, ToLoader} from './messages';

/**
 * The program of the threads, which lies beside the file that this one becomes part of. Asked for when threads are started: a bundle of
 * something else may have no `import.meta`. Tests of the sources, which Node cannot run as they are, put a build of their own here.
 */
export const loaderProgram = {url: () => new URL('./clip_loader.js', import.meta.url)};

interface Job {
  readonly message: Exclude<ToLoader, 'end'>;
  resolve(result: ByteClip | Unreadable): void;
  reject(error: unknown): void;
}

/** One thread and what it is at. */
class Loader {
  readonly jobs = new Map<number, Job>();
  readonly ended: Promise<void>;

  constructor(
    private readonly worker: Worker,
    onFault: (error: unknown) => void,
  ) {
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('error', onFault);
    worker.on('message', ({id, result, error}: FromLoader) => {
      const job = this.jobs.get(id);
      this.jobs.delete(id);
      if (result !== undefined) job?.resolve(result);
      else job?.reject(error);
    });
  }

  start(job: Job): void {
    this.jobs.set(job.message.id, job);
    this.worker.postMessage(job.message);
  }

  async end(): Promise<void> {
    this.worker.postMessage('end');
    await this.ended;
  }
}

class ThreadPool implements ClipReader {
  private readonly loaders: Loader[];
  private fault: unknown;
  /** The same for all readings of an epoch. */
  private signal: AbortSignal | undefined;
  private ids = 0;

  constructor(
    Thread: typeof Worker,
    count: number,
    private readonly items: readonly FileItem[],
    reading: Reading,
  ) {
    const workerData: LoaderData = {reading};
    this.loaders = Array.from({length: count}, () => {
      const worker = new Thread(loaderProgram.url(), {workerData, name: 'tfjs-sts loader'});
      return new Loader(worker, (error) => this.fail(error));
    });
  }

  read(item: number, place: Place, signal: AbortSignal): Promise<ByteClip | Unreadable> {
    return new Promise((resolve, reject) => {
      if (this.fault !== undefined) {
        reject(this.fault);
        return;
      }
      if (this.signal === undefined) {
        this.signal = signal;
        signal.addEventListener('abort', () => this.rejectAll(signal.reason), {once: true});
      }
      const message = {id: this.ids++, item: this.items[item]!, place};
      const freest = this.loaders.reduce((a, b) => (b.jobs.size < a.jobs.size ? b : a));
      freest.start({message, resolve, reject});
    });
  }

  /** A thread that does not start, or dies, ends the reading. */
  private fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.fault ??= new UnavailableError(
      `a loader thread ended (${reason}); set loaders to 0 to read in the thread of the caller. A bundler must leave tfjs-sts/node outside the bundle.`,
      {cause: error},
    );
    this.rejectAll(this.fault);
  }

  private rejectAll(reason: unknown): void {
    for (const {jobs} of this.loaders) for (const {reject} of jobs.values()) reject(reason);
  }

  async close(): Promise<void> {
    await Promise.all(this.loaders.map((loader) => loader.end()));
  }
}

/**
 * Something that reads items.
 *
 * @param threads 0: in the thread of the caller
 */
export async function openLoaders(
  threads: number,
  items: readonly FileItem[],
  reading: Reading,
): Promise<ClipReader> {
  if (threads === 0) {
    const reader = new ItemReader(reading);
    return {read: (item, place, signal) => reader.read(items[item]!, place, signal), close: async () => {}};
  }
  const {Worker} = await import('node:worker_threads');
  return new ThreadPool(Worker, threads, items, reading);
}
