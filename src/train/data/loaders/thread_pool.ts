/**
 * Loader threads: each decodes (through ffmpeg) and augments some clips at a time, so that the thread that trains only takes what
 * is ready; it is busy for seconds, during which it could not even empty a pipe. Node only.
 */
import type {Worker} from 'node:worker_threads';
import {UnavailableError} from '../../../util/errors';
import type {ByteClip} from '../../augment';
import type {ClipReader} from '../epoch';
import type {FileItem, Place, Reading, Unreadable} from '../reading/items';
import {readItem} from '../reading/read_item';
import type {FromLoader, LoaderData, ToLoader} from './messages';

/**
 * The program of the threads, which lies beside the file that this one becomes part of. Asked for when threads are started: a bundle of
 * something else may have no `import.meta`. Tests of the sources, which Node cannot run as they are, put a build of their own here.
 */
export const loaderProgram = {url: () => new URL('./clip_loader.js', import.meta.url)};

/** So many clips are read by a thread at a time: one augmented while ffmpeg works on the other. */
const CLIPS_A_THREAD = 2;

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
    onFree: () => void,
    onFault: (error: unknown) => void,
  ) {
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.on('error', onFault);
    worker.on('message', ({id, result, error}: FromLoader) => {
      const job = this.jobs.get(id);
      this.jobs.delete(id);
      if (result !== undefined) job?.resolve(result);
      else job?.reject(error);
      onFree();
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
  private waiting: Job[] = [];
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
      return new Loader(
        worker,
        () => this.next(),
        (error) => this.fail(error),
      );
    });
  }

  read(item: number, place: Place, signal: AbortSignal): Promise<ByteClip | Unreadable> {
    return new Promise((resolve, reject) => {
      if (this.fault !== undefined) {
        reject(this.fault);
        return;
      }
      const message = {id: this.ids++, item: this.items[item]!, place};
      this.waiting.push({message, resolve, reject});
      if (this.signal === undefined) {
        this.signal = signal;
        signal.addEventListener('abort', () => this.rejectAll(signal.reason), {once: true});
      }
      this.next();
    });
  }

  private next(): void {
    for (;;) {
      const free = this.loaders.reduce((a, b) => (b.jobs.size < a.jobs.size ? b : a));
      if (free.jobs.size >= CLIPS_A_THREAD) return;
      const job = this.waiting.shift();
      if (job === undefined) return;
      free.start(job);
    }
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
    const jobs = [...this.waiting, ...this.loaders.flatMap((loader) => [...loader.jobs.values()])];
    this.waiting = [];
    for (const {reject} of jobs) reject(reason);
  }

  async close(): Promise<void> {
    this.waiting = [];
    await Promise.all(this.loaders.map((loader) => loader.end()));
  }
}

/** The same in the thread of the caller, so many clips at a time. */
class OwnThread implements ClipReader {
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly items: readonly FileItem[],
    private readonly reading: Reading,
  ) {}

  async read(item: number, place: Place, signal: AbortSignal): Promise<ByteClip | Unreadable> {
    // Whoever ends hands its place on.
    if (this.active >= CLIPS_A_THREAD) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active++;
    try {
      signal.throwIfAborted();
      return await readItem(this.items[item]!, place, this.reading, signal);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.active--;
      else next();
    }
  }

  async close(): Promise<void> {}
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
  if (threads === 0) return new OwnThread(items, reading);
  const {Worker} = await import('node:worker_threads');
  return new ThreadPool(Worker, threads, items, reading);
}
