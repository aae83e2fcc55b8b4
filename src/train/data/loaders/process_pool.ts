/**
 * Loader processes: each decodes (through ffmpeg) and augments some clips at a time, so that the process that trains only takes what
 * is ready. That one is busy for seconds, during which it could neither empty a pipe nor ask for another clip: whatever is to be read
 * lies with the loaders at once. Processes and not threads, since to start ffmpeg from a process of a gigabyte takes 70 ms of it, of
 * a small one 1 ms. Those that a program has open are shared by all that it reads, and end when nothing is read. Node only.
 */
import type {ChildProcess, ForkOptions} from 'node:child_process';
import {UnavailableError} from '../../../util/errors';
import type {ByteClip} from '../../augment';
import type {ClipReader} from '../epoch';
import type {FileItem, Place, Reading, Unreadable} from '../reading/items';
import {ItemReader} from './item_reader';
import type {FromLoader, Order, ToLoader} from './messages';

/**
 * The program of the processes, which lies beside the file that this one becomes part of. Asked for when processes are started: a bundle of
 * something else may have no `import.meta`. Tests of the sources, which Node cannot run as they are, put a build of their own here.
 */
export const loaderProgram = {url: () => new URL('./clip_loader.js', import.meta.url)};

type Answer = Promise<ByteClip | Unreadable>;

interface Job {
  resolve(result: ByteClip | Unreadable): void;
  reject(error: unknown): void;
}

/** One process and what it is at. */
class Loader {
  readonly jobs = new Map<number, Job>();
  private readonly ended: Promise<void>;
  private isEnding = false;

  constructor(
    private readonly child: ChildProcess,
    onFault: (error: Error) => void,
  ) {
    child.on('message', ({id, result, error}: FromLoader) => {
      const job = this.jobs.get(id);
      this.jobs.delete(id);
      if (result !== undefined) job?.resolve(result);
      else job?.reject(error);
    });
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (!this.isEnding) onFault(new Error(`with ${signal ?? `code ${code}`}`));
        resolve();
      });
      // Of one that could not be started there is no exit.
      child.once('error', (error) => {
        onFault(error);
        resolve();
      });
    });
  }

  ask(order: Order): Answer {
    return new Promise((resolve, reject) => {
      this.jobs.set(order.id, {resolve, reject});
      this.send(order);
    });
  }

  leave(id: number): void {
    if (this.jobs.has(id)) this.send({leave: id});
  }

  async end(): Promise<void> {
    this.isEnding = true;
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }

  private send(message: ToLoader): void {
    // That it has ended is told by its exit.
    if (this.child.connected) this.child.send(message, () => {});
  }
}

/** An order that is not answered. */
interface Asked {
  readonly answer: Answer;
  /** The answer is no longer wanted; it comes all the same, when nothing runs for it any more. */
  leave(): void;
}

/** The processes of this program, and how many readers there are. */
class ProcessPool {
  readonly readers = new Set<PoolReader>();
  private readonly loaders: Loader[] = [];
  private fault: UnavailableError | undefined;
  private orders = 0;

  constructor(private readonly start: () => ChildProcess) {}

  get isBroken(): boolean {
    return this.fault !== undefined;
  }

  /** Has so many processes at least. */
  grow(count: number): void {
    while (this.loaders.length < count)
      this.loaders.push(new Loader(this.start(), (error) => this.fail(error)));
  }

  /** @throws UnavailableError where a process does not start, or is gone */
  ask(order: Omit<Order, 'id'>): Asked {
    if (this.fault !== undefined) throw this.fault;
    const id = this.orders++;
    const loader = this.loaders.reduce((a, b) => (b.jobs.size < a.jobs.size ? b : a));
    return {answer: loader.ask({...order, id}), leave: () => loader.leave(id)};
  }

  async end(): Promise<void> {
    await Promise.all(this.loaders.map((loader) => loader.end()));
  }

  private fail(error: Error): void {
    this.fault ??= new UnavailableError(
      `a loader process ended (${error.message}): read again, or set loaders to 0 to read in the process of the caller. A bundler must leave tfjs-sts/node outside the bundle.`,
      {cause: error},
    );
    for (const {jobs} of this.loaders) {
      for (const {reject} of jobs.values()) reject(this.fault);
      jobs.clear();
    }
  }
}

let shared: ProcessPool | undefined;

/** What one reading has of the pool. */
class PoolReader implements ClipReader {
  private readonly asked = new Set<Asked & Pick<Job, 'reject'>>();
  /** The same for all that is read. */
  private signal: AbortSignal | undefined;

  constructor(
    private readonly pool: ProcessPool,
    private readonly items: readonly FileItem[],
    private readonly reading: Reading,
  ) {
    pool.readers.add(this);
  }

  read(item: number, place: Place, signal: AbortSignal): Answer {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.signal === undefined) {
        this.signal = signal;
        signal.addEventListener('abort', () => this.leaveAll(signal.reason), {once: true});
      }
      const order = {item: this.items[item]!, place, reading: this.reading};
      const asked = {...this.pool.ask(order), reject};
      this.asked.add(asked);
      asked.answer.then(resolve, reject).finally(() => this.asked.delete(asked));
    });
  }

  async close(): Promise<void> {
    const left = [...this.asked].map(({answer}) => answer);
    this.leaveAll(new Error('the reading was closed'));
    await Promise.allSettled(left);
    const {pool} = this;
    pool.readers.delete(this);
    if (pool.readers.size > 0) return;
    if (shared === pool) shared = undefined;
    await pool.end();
  }

  private leaveAll(reason: unknown): void {
    for (const {leave, reject} of this.asked) {
      leave();
      reject(reason);
    }
  }
}

/**
 * Something that reads items.
 *
 * @param loaders processes; 0: in that of the caller
 */
export async function openLoaders(
  loaders: number,
  items: readonly FileItem[],
  reading: Reading,
): Promise<ClipReader> {
  if (loaders === 0) {
    const reader = new ItemReader();
    return {
      read: (item, place, signal) => reader.read(items[item]!, place, reading, signal),
      close: async () => {},
    };
  }
  const {fork} = await import('node:child_process');
  // No arguments of this process: its loaders and inspectors are not theirs.
  const options: ForkOptions = {
    execArgv: [],
    serialization: 'advanced',
    // What a terminal sends to all processes of a program would end their ffmpegs before this one hears of it, as if files were damaged.
    // On Windows it would give each a window.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  };
  const start = () => fork(loaderProgram.url(), options);
  // Whoever still has one of which a process is gone does not keep others from reading.
  if (shared === undefined || shared.isBroken) shared = new ProcessPool(start);
  shared.grow(loaders);
  return new PoolReader(shared, items, reading);
}
