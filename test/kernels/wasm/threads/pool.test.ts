/**
 * The pool of threads by itself, with a module of four instructions instead of ours: who computes what, and what
 * happens when a worker fails, hangs or is gone.
 */
import fc from 'fast-check';
import {afterEach, describe, expect, it} from 'vitest';
import {rowsOfRange, ThreadPool} from '../../../../src/kernels/wasm/threads/pool';
import {TURN} from '../../../../src/kernels/wasm/threads/worker_source';
import {UnavailableError} from '../../../../src/util/errors';

const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
const section = (id: number, contents: number[]) => [id, contents.length, ...contents];

/** A module that imports a shared memory and exports `work(call, first, end)` with the given instructions, and `mirror` with others. */
function moduleOf(instructions: number[], mirror = instructions): WebAssembly.Module {
  const bodies = [instructions, mirror].flatMap((code) => [code.length + 2, 0, ...code, 0x0b]);
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0]),
      ...section(2, [1, ...name('env'), ...name('memory'), 2, 3, 0, 16]),
      ...section(3, [2, 0, 0]),
      ...section(7, [2, ...name('work'), 0, 0, ...name('mirror'), 0, 1]),
      ...section(10, [2, ...bodies]),
    ]),
  );
}

/** `store(call + 4 * first, end)`: leaves the end of each range at its beginning, where the thread was told to. */
const noteRange = moduleOf([0x20, 0, 0x20, 1, 0x41, 2, 0x74, 0x6a, 0x20, 2, 0x36, 2, 0]);
/** The same, and `store(call + 4 * first, load(call - 4 - 4 * first))`. */
const noteAndMirror = moduleOf(
  [0x20, 0, 0x20, 1, 0x41, 2, 0x74, 0x6a, 0x20, 2, 0x36, 2, 0],
  [
    ...[0x20, 0, 0x20, 1, 0x41, 2, 0x74, 0x6a],
    ...[0x20, 0, 0x41, 4, 0x6b, 0x20, 1, 0x41, 2, 0x74, 0x6b, 0x28, 2, 0],
    ...[0x36, 2, 0],
  ],
);
const unreachable = moduleOf([0x00]);
/** `loop br 0 end` */
const hang = moduleOf([0x03, 0x40, 0x0c, 0, 0x0b]);

const CALL = 1024;
const STRIDE = 4096;

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The main thread notes its ranges itself, and is so slow that the workers get some too. */
function mainThread(memory: WebAssembly.Memory) {
  return {
    work: (call: number, first: number, end: number) => {
      sleep(5);
      new Int32Array(memory.buffer, call)[first] = end;
    },
  };
}

let pool: ThreadPool | undefined;
afterEach(() => pool?.close());

async function start(compiled: WebAssembly.Module, threads: number, patience?: number) {
  const memory = new WebAssembly.Memory({initial: 1, maximum: 16, shared: true});
  pool = await ThreadPool.start(mainThread(memory), {compiled, memory}, threads, patience);
  return {pool, words: new Int32Array(memory.buffer)};
}

const order = {run: 'work', rows: 100, block: 1, tile: 1, call: CALL, stride: STRIDE};

/** Orders until one throws: who claims a range of an order, if any, is up to the system. */
function orderUntilItThrows(): void {
  for (let turn = 0; turn < 200; turn++) pool!.run(order);
}

describe('ranges of rows', () => {
  it('are at most as many as an order can hold, none of them empty, and begin at tiles', () => {
    const numbers = fc.tuple(
      fc.integer({min: 1, max: 1e6}),
      fc.constantFrom(1, 96),
      fc.integer({min: 2, max: 64}),
    );
    fc.assert(
      fc.property(numbers, ([rows, block, threads]) => {
        const step = rowsOfRange(rows, block, threads, block === 96 ? 4 : 1);
        const ranges = Math.ceil(rows / step);
        expect(Number.isInteger(step) && step >= 1).toBe(true);
        expect(step % (block === 96 ? 4 : 1)).toBe(0);
        expect(ranges).toBeLessThanOrEqual(255);
        // Nobody has more than one tile above an equal share.
        expect(step).toBeLessThan(rows / threads + (block === 96 ? 4 : 1));
      }),
    );
  });
});

describe('a pool', () => {
  it('computes each row once, in the calling thread and in each worker with its own call', async () => {
    const {words} = await start(noteRange, 3);
    const helped = new Set<number>();
    // A worker that wakes up late finds nothing left to do, so that it takes some turns until each has helped.
    for (let turn = 0; turn < 200 && helped.size < 3; turn++) {
      words.fill(0);
      pool!.run(order);
      const ranges = [0, 1, 2].flatMap((thread) => {
        const from = (CALL + thread * STRIDE) / 4;
        const ends = words.subarray(from, from + order.rows);
        return [...ends].flatMap((end, first) => (end === 0 ? [] : [{thread, first, end}]));
      });
      ranges.sort((a, b) => a.first - b.first);
      expect(ranges).toHaveLength(12);
      expect(ranges.map(({first}) => first)).toEqual([0, ...ranges.slice(0, -1).map(({end}) => end)]);
      expect(ranges.at(-1)!.end).toBe(order.rows);
      for (const {thread} of ranges) helped.add(thread);
    }
    expect([...helped].sort()).toEqual([0, 1, 2]);
  });

  it('reports a worker that fails, then and later', async () => {
    await start(unreachable, 2);
    expect(() => pool!.run(order)).toThrow(UnavailableError);
    expect(() => pool!.run(order)).toThrow(
      /worker of setThreads is gone \(it failed in work\).*setThreads\(n\)/,
    );
  });

  it('does not wait for ever for a worker that does not finish', async () => {
    await start(hang, 2, 200);
    expect(orderUntilItThrows).toThrow(/did not finish its share/);
    expect(() => pool!.check()).toThrow(UnavailableError);
  });

  it('passes on what the function throws, once the others have finished', async () => {
    const memory = new WebAssembly.Memory({initial: 1, maximum: 16, shared: true});
    const work = () => {
      sleep(5);
      throw new RangeError('mine');
    };
    pool = await ThreadPool.start({work}, {compiled: noteRange, memory}, 2);
    expect(orderUntilItThrows).toThrow(new RangeError('mine'));
    const words = new Int32Array(memory.buffer);
    const before = [...words];
    sleep(50);
    expect([...words]).toEqual(before);
  });

  it('refuses where a worker does not start', async () => {
    // The module allows for 16 pages.
    const memory = new WebAssembly.Memory({initial: 1, maximum: 32, shared: true});
    const started = ThreadPool.start({}, {compiled: noteRange, memory}, 2);
    await expect(started).rejects.toThrow(UnavailableError);
  });
});

describe('turns', () => {
  const ROWS = 60;
  const TABLE = 40_960;
  const ROW_BYTES = ROWS * Int32Array.BYTES_PER_ELEMENT;

  const TURNS = 120;

  /** Where a turn of one of some chains, which take turns, writes. */
  const placeOf = (i: number, chains: number) =>
    CALL + ((i % chains) * Math.ceil(TURNS / chains) + Math.floor(i / chains)) * ROW_BYTES;

  /** The first of a chain notes its ranges, of a row each; each of the others mirrors what the one before it has written. */
  function writeTable(words: Int32Array, turns: number, chains = 1): void {
    for (let i = 0; i < turns; i++) {
      const turn = {
        ...{left: ROWS, done: 0, ranges: ROWS, run: i < chains ? 0 : 1},
        ...{rows: ROWS, step: 1, call: placeOf(i, chains), stride: 0},
        ...{waits: turns * TURN.words + i, waitCount: Number(i >= chains)},
      };
      words[TABLE / 4 + turn.waits] = i - chains;
      for (const [key, value] of Object.entries(turn))
        words[TABLE / 4 + i * TURN.words + TURN[key as keyof typeof turn]] = value;
    }
  }

  const mainThreadOf = (memory: WebAssembly.Memory, rows: number[] = []) => ({
    work: (call: number, first: number) => {
      rows.push(first);
      new Int32Array(memory.buffer, call)[first] = first + 1;
    },
    mirror: (call: number, first: number) => {
      rows.push(first);
      const words = new Int32Array(memory.buffer);
      words[call / 4 + first] = words[call / 4 - 1 - first]!;
    },
  });

  it.each([1, 2, 3])('begin when those that they wait for have ended: %i chains', async (chains) => {
    const memory = new WebAssembly.Memory({initial: 1, maximum: 16, shared: true});
    const words = new Int32Array(memory.buffer);
    const ownRows: number[] = [];
    pool = await ThreadPool.start(mainThreadOf(memory, ownRows), {compiled: noteAndMirror, memory}, 3);
    const forth = Array.from({length: ROWS}, (_, i) => i + 1);
    const back = [...forth].reverse();
    const expected = Array.from({length: TURNS}, (_, i) => (Math.floor(i / chains) % 2 === 0 ? forth : back));
    let run = 0;
    for (; run < 2000 && (run < 100 || ownRows.length === run * TURNS * ROWS); run++) {
      words.fill(0);
      writeTable(words, TURNS, chains);
      pool.runTurns(TABLE, TURNS);
      const made = expected.map((_, i) => {
        const at = placeOf(i, chains) / 4;
        return [...words.subarray(at, at + ROWS)];
      });
      expect(made).toEqual(expected);
    }
    // Others have computed some.
    expect(ownRows.length).toBeLessThan(run * TURNS * ROWS);
    // Between orders nobody touches the table.
    words.fill(7);
    pool.run({...order, run: 'work', stride: 0});
    sleep(20);
    expect(words.subarray(TABLE / 4).every((word) => word === 7)).toBe(true);
  });

  it('report a worker that fails or hangs, and pass on what the function throws', async () => {
    const run = () => {
      for (let i = 0; i < 200; i++) {
        writeTable(words, 3);
        pool!.runTurns(TABLE, 3);
      }
    };
    const memory = new WebAssembly.Memory({initial: 1, maximum: 16, shared: true});
    const words = new Int32Array(memory.buffer);
    const slow = (after: () => void) => ({
      work: () => {
        sleep(1);
        after();
      },
      mirror: () => sleep(1),
    });
    pool = await ThreadPool.start(
      slow(() => {}),
      {compiled: unreachable, memory},
      2,
    );
    expect(run).toThrow(/worker of setThreads is gone \(it failed in a recording\)/);
    await pool.close();
    pool = await ThreadPool.start(
      slow(() => {}),
      {compiled: hang, memory},
      2,
      200,
    );
    expect(run).toThrow(/did not finish its share/);
    await pool.close();
    const mine = new RangeError('mine');
    const fails = slow(() => {
      throw mine;
    });
    pool = await ThreadPool.start(fails, {compiled: noteAndMirror, memory}, 2);
    expect(run).toThrow(mine);
  });
});
