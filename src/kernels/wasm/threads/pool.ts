/**
 * The threads of one backend: workers with our module in its shared memory, and the main thread, which takes part.
 * An order names a function and how many rows it has; its ranges of rows are claimed one by one by whoever is free.
 * So a worker that the system leaves waiting costs nothing but its help, and one that has ended cannot hold up an
 * order of which it has claimed nothing; a table of turns is claimed as a whole, and waits for whoever has entered it. Which thread computes a
 * range makes no difference to the result.
 */
import {UnavailableError} from '../../../util/errors';
import type {RowFunction} from '../module/instantiate';
import {Turns} from './turns';
import {AHEAD, CONTROL, LOOKS, MOST_RANGES, TURN, TURNS, type WorkerStart} from './worker_source';
import {type RunningWorker, startWorker} from './workers';

/** Ranges for each thread where there are rows enough: what one thread is late, the others make up for. */
const RANGES_PER_THREAD = 4;

/** So few blocks are much work each, such as bands: ranges of one block leave the least for the last one. */
const SINGLE_PER_THREAD = 16;

/** Milliseconds of one sleep of the main thread. A suspended process is taken to have waited so long. */
const SLEEP = 100;

/** Milliseconds that the main thread waits for the ranges of others, beside 20 times what its own took. */
const PATIENCE = 10_000;

/** An order: rows of a function of the module, with a call for each thread, `stride` bytes apart. */
export interface Order {
  run: string;
  rows: number;
  /** Rows that the function takes at a time. */
  block: number;
  /** What ranges are multiples of, if there are several for each thread. */
  tile: number;
  call: number;
  stride: number;
}

type Exports = Record<string, unknown>;

/** How many rows a range has: several ranges for each thread if each is at least a block, else one for each. */
export function rowsOfRange(rows: number, block: number, threads: number, tile: number): number {
  const each = Math.min(RANGES_PER_THREAD, Math.max(1, Math.floor(rows / (threads * block))));
  const ranges = Math.min(MOST_RANGES, threads * each);
  if (tile === block) {
    const isWhole = each > 1 || block === 1;
    if (isWhole && rows <= block * Math.min(SINGLE_PER_THREAD * threads, MOST_RANGES)) return block;
    if (!isWhole) return Math.max(1, Math.ceil(rows / ranges));
  }
  return Math.max(1, Math.ceil(rows / ranges / tile)) * tile;
}

export class ThreadPool {
  private workers: RunningWorker[] = [];
  private orders = 0;
  private failure: UnavailableError | undefined;
  private closed = false;
  private readonly names: readonly string[];
  private readonly functions: readonly RowFunction[];
  private readonly mayWait: boolean;

  private constructor(
    private readonly exports: Exports,
    private readonly memory: WebAssembly.Memory,
    private readonly control: Int32Array,
    private readonly patience: number,
  ) {
    this.names = Object.keys(exports);
    this.functions = Object.values(exports) as RowFunction[];
    this.mayWait = mayWait();
  }

  /**
   * A pool whose workers have all started.
   *
   * @param exports the module's, in the main thread
   * @param threads at least 2: the main thread and the workers
   */
  static async start(
    exports: Exports,
    {compiled, memory}: Pick<WorkerStart, 'compiled' | 'memory'>,
    threads: number,
    patience = PATIENCE,
  ): Promise<ThreadPool> {
    const control = new Int32Array(new SharedArrayBuffer(CONTROL.words * Int32Array.BYTES_PER_ELEMENT));
    const pool = new ThreadPool(exports, memory, control, patience);
    const started = await Promise.allSettled(
      Array.from({length: threads - 1}, (_, i) =>
        startWorker({compiled, memory, control, thread: i + 1}, (reason) => pool.lose(reason)),
      ),
    );
    pool.workers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = started.find((result) => result.status === 'rejected');
    if (refused === undefined) return pool;
    await pool.close();
    throw refused.reason;
  }

  /** Main thread and workers. */
  get size(): number {
    return this.workers.length + 1;
  }

  /** Throws if a worker is gone. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * Runs an order and returns when it is done.
   *
   * @throws UnavailableError if a worker fails or does not finish what it has claimed
   */
  run(order: Order): void {
    this.check();
    const {rows, block, tile, call, stride} = order;
    const step = rowsOfRange(rows, block, this.size, tile);
    const ranges = Math.ceil(rows / step);
    this.announce([this.names.indexOf(order.run), rows, step, call, stride], ranges);
    const start = performance.now();
    const error = this.help(order);
    this.awaitOthers(this.control, CONTROL.done, ranges, start);
    if (error !== undefined) throw error;
    this.checkFailure(order.run);
  }

  /**
   * Runs calls, each on all threads and one after the other but where they need not wait, and returns when all are done.
   *
   * @param table address of their turns, as TURN says, with the numbers of functions that `names` has
   * @throws UnavailableError as `run`
   */
  runTurns(table: number, count: number): void {
    this.check();
    const {control} = this;
    const workers = this.size - 1;
    this.announce([TURNS, count, 0, table, 0], workers);
    const error = this.takeTurns(table, count);
    // Nobody else may begin, and those who have are done but for the last look at the table.
    const left = Atomics.exchange(control, CONTROL.claim, this.orders << 8) & MOST_RANGES;
    this.awaitOthers(control, CONTROL.done, workers - left, performance.now());
    if (error !== undefined) throw error;
    this.checkFailure('a recording');
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private announce(order: readonly number[], ranges: number): void {
    const {control} = this;
    control.set(order, CONTROL.order);
    Atomics.store(control, CONTROL.done, 0);
    this.orders++;
    Atomics.store(control, CONTROL.claim, (this.orders << 8) | ranges);
    Atomics.notify(control, CONTROL.claim);
  }

  private checkFailure(run: string): void {
    if (Atomics.load(this.control, CONTROL.failed) === 0) return;
    this.lose(`it failed in ${run}`);
    this.check();
  }

  /** Goes through a table of turns as the workers do, to its end. What a function throws is returned: the turns still have to end. */
  private takeTurns(table: number, count: number): unknown {
    const start = performance.now();
    let thrown: unknown;
    const turns = new Turns(new Int32Array(this.memory.buffer), table, count, (run, call, first, end) => {
      try {
        this.functions[run]!(call, first, end);
      } catch (error) {
        thrown = error;
      }
    });
    const {words} = turns;
    const awaitTurn = (at: number) =>
      this.awaitOthers(words, at + TURN.done, words[at + TURN.ranges]!, start);
    for (let at = turns.first; at < turns.end; at += TURN.words) {
      let looks = 0;
      for (let other = turns.awaited(at); other !== undefined; other = turns.awaited(at)) {
        looks = turns.takeAhead(at) ? 0 : looks + AHEAD;
        if (looks > LOOKS) awaitTurn(other);
      }
      while (turns.takeRange(at));
    }
    for (let at = turns.first; at < turns.end; at += TURN.words) awaitTurn(at);
    return thrown;
  }

  /** Claims ranges until there are none. What the function throws is returned: the order still has to end. */
  private help({run, rows, call}: Order): unknown {
    const {control} = this;
    const step = control[CONTROL.order + 2]!;
    const work = this.exports[run] as RowFunction;
    let thrown: unknown;
    for (;;) {
      const claim = Atomics.load(control, CONTROL.claim);
      const left = claim & MOST_RANGES;
      if (left === 0) return thrown;
      if (Atomics.compareExchange(control, CONTROL.claim, claim, claim - 1) !== claim) continue;
      const first = (left - 1) * step;
      try {
        work(call, first, Math.min(rows, first + step));
      } catch (error) {
        thrown = error;
      }
      Atomics.add(control, CONTROL.done, 1);
    }
  }

  /**
   * Looks a while, then sleeps where that is allowed; the main thread of a page has to look again and again.
   *
   * @param start when this thread began with its own ranges
   */
  private awaitOthers(words: Int32Array, at: number, ranges: number, start: number): void {
    for (let looks = 0; looks < LOOKS; looks++) if (Atomics.load(words, at) === ranges) return;
    let last = performance.now();
    const patience = this.patience + 20 * (last - start);
    for (let waited = 0; waited < patience; ) {
      const done = Atomics.load(words, at);
      if (done === ranges) return;
      if (this.mayWait) Atomics.wait(words, at, done, SLEEP);
      const now = performance.now();
      waited += Math.min(SLEEP, now - last);
      last = now;
    }
    this.lose('it did not finish its share');
    void this.close();
    this.check();
  }

  private lose(reason: string): void {
    if (this.closed) return;
    this.failure ??= new UnavailableError(
      `tfjs-sts/wasm: a worker of setThreads is gone (${reason}); call setThreads(n) for new ones, ` +
        'or setThreads(1) to go on without.',
    );
  }
}

/** Whether this thread may sleep: not the main thread of a page. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
