/**
 * What a worker runs, as text: a program of its own that no bundler has to find, in Node by `eval`, in a page from a
 * Blob. It is text rather than a function made text, since what a bundler makes of a function may need helpers that
 * the worker does not have. The protocol is that of pool.ts.
 */

/** Words of the control block. The worker below has them as numbers. */
export const CONTROL = {
  /** Number of the order times 256, plus the ranges of it that nobody has claimed. Workers sleep on it. */
  claim: 0,
  /** Finished ranges of the order. The main thread may sleep on it. */
  done: 1,
  /** 1 once a function has thrown. */
  failed: 2,
  /** The order: index of the function among the exports, rows, rows of a range, address of the first thread's call, bytes from one thread's call to the next. */
  order: 3,
  words: 8,
} as const;

/**
 * How often a thread looks for what it waits for before it sleeps, some tens of microseconds: the orders of a model follow each
 * other closely, and to be woken takes longer.
 */
export const LOOKS = 16_000;

/** The most ranges of one order: what the low byte of `claim` holds. */
export const MOST_RANGES = 255;

/** What a worker is sent first. */
export interface WorkerStart {
  compiled: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: Int32Array;
  /** From 1 on; 0 is the main thread. */
  thread: number;
}

/**
 * Reading the order before claiming a range of it is safe: the main thread writes the next order only when all ranges
 * of this one are done, so a claim that succeeds is one of the order that was read.
 */
const serve = `
const LOOKS = ${LOOKS};
function serve({compiled, memory, control, thread}, ready) {
  const functions = Object.values(new WebAssembly.Instance(compiled, {env: {memory}}).exports);
  ready('ready');
  let looks = LOOKS;
  for (;;) {
    const claim = Atomics.load(control, 0);
    const left = claim & 255;
    if (left === 0) {
      if (++looks < LOOKS) continue;
      Atomics.wait(control, 0, claim);
      looks = 0;
      continue;
    }
    looks = 0;
    const [run, rows, step, call, stride] = control.slice(3);
    if (Atomics.compareExchange(control, 0, claim, claim - 1) !== claim) continue;
    const first = (left - 1) * step;
    try {
      functions[run]((call >>> 0) + thread * stride, first, Math.min(rows, first + step));
    } catch {
      Atomics.store(control, 2, 1);
    }
    Atomics.add(control, 1, 1);
    Atomics.notify(control, 1);
  }
}
`;

/** `process.getBuiltinModule` is there whether Node takes the text for a CommonJS or for an ES module. */
export const nodeWorkerSource = `${serve}
const {parentPort} = process.getBuiltinModule('node:worker_threads');
parentPort.once('message', (start) => serve(start, (text) => parentPort.postMessage(text)));
`;

export const pageWorkerSource = `${serve}
onmessage = ({data}) => serve(data, (text) => postMessage(text));
`;
