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
  /**
   * The order: index of the function among the exports, rows, rows of a range, address of the first thread's call, bytes from one
   * thread's call to the next. Or turns: TURNS, how many, and in the place of the call the address of their table.
   */
  order: 3,
  words: 8,
} as const;

/** In the place of a function: threads go through a table of turns, each of which may do so once. */
export const TURNS = -1;

/** Words of a turn, which is a call that all threads share. The worker below has them as numbers. */
export const TURN = {
  /** Ranges that nobody has claimed, and fewer once somebody has looked in vain. */
  left: 0,
  /** Finished ranges; threads may sleep on it. */
  done: 1,
  ranges: 2,
  /** As of an order. */
  run: 3,
  rows: 4,
  step: 5,
  call: 6,
  stride: 7,
  /** Where the numbers of the turns stand that have to be done before this one begins, in words from the beginning of the table. */
  waits: 8,
  /** How many these are. */
  waitCount: 9,
  words: 10,
} as const;

/**
 * How often a thread looks for what it waits for before it sleeps, some tens of microseconds: the orders of a model follow each
 * other closely, and to be woken takes longer.
 */
export const LOOKS = 16_000;

/** Of how many turns on a thread takes ranges that need not wait, while its own turn has to. */
export const AHEAD = 8;

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
 * of this one are done, so a claim that succeeds is one of the order that was read. A table of turns is read by those who have claimed
 * that: the main thread lets nobody in once it has come to the end, and waits for those who are in. A thread may see a memory that another
 * has grown a moment later.
 */
const serve = `
const LOOKS = ${LOOKS}, AHEAD = ${AHEAD};
function serve({compiled, memory, control, thread}, ready) {
  const functions = Object.values(new WebAssembly.Instance(compiled, {env: {memory}}).exports);
  function compute(run, call, first, end) {
    try {
      functions[run](call, first, end);
    } catch {
      Atomics.store(control, 2, 1);
    }
  }
  function takeTurns(first, count) {
    const end = first + 10 * count;
    let words;
    do words = new Int32Array(memory.buffer);
    while (words.length < end);
    function takeRange(at) {
      const left = Atomics.sub(words, at, 1);
      if (left <= 0) return false;
      const rows = words[at + 4], step = words[at + 5];
      const from = (left - 1) * step;
      compute(words[at + 3], (words[at + 6] >>> 0) + thread * words[at + 7], from, Math.min(rows, from + step));
      if (Atomics.add(words, at + 1, 1) + 1 === words[at + 2]) Atomics.notify(words, at + 1);
      return true;
    }
    // One that is not done yet, of the turns that a turn waits for.
    function awaited(at) {
      const waits = first + words[at + 8];
      for (let i = 0; i < words[at + 9]; i++) {
        const other = first + 10 * words[waits + i];
        if (Atomics.load(words, other + 1) !== words[other + 2]) return other;
      }
    }
    function takeAhead(at) {
      for (const until = Math.min(end, at + 10 * AHEAD); (at += 10) < until; ) {
        if (Atomics.load(words, at) > 0 && awaited(at) === undefined && takeRange(at)) return true;
      }
      return false;
    }
    for (let at = first; at < end; at += 10) {
      let looks = 0, other;
      while ((other = awaited(at)) !== undefined) {
        if (takeAhead(at)) looks = 0;
        else if ((looks += AHEAD) > LOOKS) {
          const done = Atomics.load(words, other + 1);
          if (done !== words[other + 2]) Atomics.wait(words, other + 1, done);
        }
      }
      while (takeRange(at));
    }
  }
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
    if (run >= 0) compute(run, (call >>> 0) + thread * stride, first, Math.min(rows, first + step));
    else takeTurns(call >>> 2, rows);
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
