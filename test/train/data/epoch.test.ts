/** Reading ahead: the same batches whenever clips are ready, what fails passed over, nothing left behind. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import type {Batch, BatchesOptions, Room} from '../../../src/train/batches/batches';
import {beginEpoch, type ClipReader, type EpochPlan} from '../../../src/train/data/epoch';
import type {Place} from '../../../src/train/data/reading/items';

const order = [4, 2, 0, 6, 1, 5, 3];
const plan = (other: Partial<EpochPlan> = {}): EpochPlan => ({
  caller: 'test',
  order,
  labels: [0, 1, 0, 1, 0, 1, 0],
  nameOf: (item) => `item ${item}`,
  isReplacing: true,
  form: {classes: 2, mean: 0, std: 1, isPictures: false},
  ahead: 2,
  failures: new Map(),
  ...other,
});

const emptyRoom = (): Room => ({held: 0, readers: new Set()});
const readEpoch = (plan: EpochPlan, epoch: number, options: BatchesOptions, reader: ClipReader) =>
  beginEpoch(plan, epoch, options, reader, emptyRoom()).batches();

/** Clips of one pixel `(item, index, epoch)`, ready after a while of its own. */
class SlowReader implements ClipReader {
  reading = 0;
  most = 0;
  isClosed = false;
  readonly asked: number[] = [];

  constructor(
    private readonly delay: (item: number) => number,
    private readonly broken: readonly number[] = [],
  ) {}

  async read(item: number, {index, epoch}: Place, signal: AbortSignal) {
    this.asked.push(item);
    this.most = Math.max(this.most, ++this.reading);
    await new Promise((resolve) => setTimeout(resolve, this.delay(item)));
    this.reading--;
    signal.throwIfAborted();
    if (this.broken.includes(item)) return {unreadable: `item ${item} is broken`};
    return {data: Uint8Array.of(item, index, epoch), frames: 1, height: 1, width: 1};
  }

  async close() {
    this.isClosed = true;
  }
}

const take = ({x, y}: Batch) => {
  const taken = {x: [...x.dataSync()], y: [...y.dataSync()]};
  tf.dispose([x, y]);
  return taken;
};

async function all(batches: AsyncIterable<Batch>) {
  const list = [];
  for await (const batch of batches) list.push(take(batch));
  return list;
}

const options = {batchSize: 3, seed: 1};
const pixels = (places: readonly number[], epoch: number) =>
  places.flatMap((index) => [order[index]!, index, epoch]);

describe('an epoch', () => {
  it.each([
    ['rising', (item: number) => item],
    ['falling', (item: number) => 7 - item],
    ['mixed', (item: number) => (item * 5) % 7],
  ])('gives its batches in order when clips take %s times', async (_, delay) => {
    const reader = new SlowReader(delay);
    const batches = await all(readEpoch(plan(), 5, options, reader));
    expect(batches).toEqual([
      {x: pixels([0, 1, 2], 5), y: [1, 0, 1, 0, 1, 0]},
      {x: pixels([3, 4, 5], 5), y: [1, 0, 0, 1, 0, 1]},
      {x: pixels([6], 5), y: [0, 1]},
    ]);
    expect(reader.isClosed).toBe(true);
  });

  it('taken up again gives what it would have given', async () => {
    const whole = await all(readEpoch(plan(), 5, options, new SlowReader(() => 0)));
    const rest = await all(readEpoch(plan(), 5, {...options, from: 1}, new SlowReader(() => 0)));
    expect(rest).toEqual(whole.slice(1));
    expect(await all(readEpoch(plan(), 5, {...options, from: 3}, new SlowReader(() => 0)))).toEqual([]);
  });

  it('reads no more ahead than it may, however slowly batches are taken', async () => {
    const reader = new SlowReader(() => 1);
    for await (const batch of readEpoch(plan(), 0, {batchSize: 2, seed: 1}, reader)) {
      take(batch);
      // Until it reads nothing more of its own accord.
      for (let quiet = 0; quiet < 5; quiet = reader.reading === 0 ? quiet + 1 : 0) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    expect(reader.most).toBe(4);
  });
});

describe('epochs that share their room', () => {
  /** What is read, or lies there. */
  const begin = (room: Room, epoch: number, to?: number) => {
    const reader = new SlowReader(() => 0);
    const reading = beginEpoch(plan(), epoch, {...options, ...(to && {to})}, reader, room);
    return {reader, reading, batches: reading.batches()};
  };

  it('hold no more together than one, the first before the second', async () => {
    const room = emptyRoom();
    const [first, second] = [begin(room, 0), begin(room, 1)];
    const asked = () => [first.reader.asked.length, second.reader.asked.length];
    expect([asked(), room.held]).toEqual([[6, 0], 6]);
    const seen = [take((await first.batches.next()).value!)];
    // One is left of the first epoch.
    expect([asked(), room.held]).toEqual([[7, 2], 6]);
    seen.push(take((await first.batches.next()).value!));
    expect([asked(), room.held]).toEqual([[7, 5], 6]);
    seen.push(take((await first.batches.next()).value!));
    expect([asked(), room.held, first.reader.isClosed]).toEqual([[7, 6], 6, true]);
    expect((await first.batches.next()).done).toBe(true);
    seen.push(...(await all(second.batches)));
    expect(seen.map(({x}) => x)).toEqual(
      [0, 1].flatMap((epoch) => [[0, 1, 2], [3, 4, 5], [6]].map((places) => pixels(places, epoch))),
    );
    expect(room.held).toBe(0);
  });

  it('are read when they are asked for, whatever lies there of another', async () => {
    const room = emptyRoom();
    const [first, second] = [begin(room, 0), begin(room, 1)];
    expect((await all(second.batches)).map(({x}) => x)).toEqual(
      [[0, 1, 2], [3, 4, 5], [6]].map((places) => pixels(places, 1)),
    );
    expect(room.held).toBe(6);
    await first.reading.close();
    expect([room.held, first.reader.isClosed, first.reader.reading]).toEqual([0, true, 0]);
  });

  it('end where they are told to, and read nothing beyond', async () => {
    const {reader, batches} = begin(emptyRoom(), 5, 1);
    expect((await all(batches)).map(({x}) => x)).toEqual([pixels([0, 1, 2], 5)]);
    expect(reader.asked).toEqual(order.slice(0, 3));
  });
});

describe('what cannot be read', () => {
  it('in training gives its place to the next that can be', async () => {
    const failures = new Map<number, string>();
    const batches = await all(readEpoch(plan({failures}), 0, options, new SlowReader(() => 0, [2, 0, 3])));
    // 4, then 6 in the places of 2 and 0, 6, 1, 5, and after the end the first one.
    expect(batches.map(({x}) => x.filter((_, i) => i % 3 === 0))).toEqual([[4, 6, 6], [6, 1, 5], [4]]);
    expect(batches[0]!.y).toEqual([1, 0, 1, 0, 1, 0]);
    expect([...failures].sort()).toEqual([
      [0, 'item 0 is broken'],
      [2, 'item 2 is broken'],
      [3, 'item 3 is broken'],
    ]);
  });

  it('is not tried again', async () => {
    const failures = new Map([[2, 'known']]);
    const reader = new SlowReader(() => 0);
    await all(readEpoch(plan({failures}), 0, options, reader));
    expect(reader.asked).not.toContain(2);
  });

  it('in validation is left out, and a batch of nothing else with it', async () => {
    const reader = new SlowReader(() => 0, [4, 6, 1, 5]);
    const batches = await all(readEpoch(plan({isReplacing: false}), 0, options, reader));
    expect(batches.map(({x}) => x.filter((_, i) => i % 3 === 0))).toEqual([[2, 0], [3]]);
  });

  it.each([true, false])('if it is everything is an error (training: %s)', async (isReplacing) => {
    const reader = new SlowReader(() => 0, order);
    const reading = all(readEpoch(plan({isReplacing}), 0, options, reader));
    await expect(reading).rejects.toThrow(
      /^test: none of the 7 items can be read; the first one: item \d is broken/,
    );
    expect(reader.isClosed).toBe(true);
  });
});

it('a part of an epoch of which nothing can be read is empty, and its batches are counted', async () => {
  const reader = () => new SlowReader(() => 1, [4, 2, 3]);
  const kept = () => plan({isReplacing: false});
  const steps = async (from: number) => {
    const found: unknown[] = [];
    for await (const batch of readEpoch(kept(), 0, {batchSize: 2, seed: 1, from}, reader())) {
      found.push(batch.step);
      take(batch);
    }
    return found;
  };
  expect(await steps(0)).toEqual([1, 2]);
  expect(await steps(2)).toEqual([2]);
  expect(await steps(3)).toEqual([]);
});

describe('an end', () => {
  it('by a signal throws its reason and closes the reader', async () => {
    const reader = new SlowReader(() => 5);
    const stop = new AbortController();
    const batches = readEpoch(plan(), 0, {...options, signal: stop.signal}, reader);
    take((await batches.next()).value!);
    stop.abort(new Error('enough'));
    await expect(batches.next()).rejects.toThrow('enough');
    expect(reader).toMatchObject({isClosed: true, reading: 0});
  });

  it('by leaving the loop closes the reader when nothing is read any more', async () => {
    const reader = new SlowReader(() => 5);
    for await (const batch of readEpoch(plan(), 0, options, reader)) {
      take(batch);
      break;
    }
    expect(reader).toMatchObject({isClosed: true, reading: 0});
  });

  it('by an error of the reader does too', async () => {
    const reader = new SlowReader((item) => item);
    reader.read = () => Promise.reject(new TypeError('a fault'));
    await expect(all(readEpoch(plan(), 0, options, reader))).rejects.toThrow('a fault');
    expect(reader.isClosed).toBe(true);
  });
});

it('leaves no tensors behind', async () => {
  const before = tf.memory().numTensors;
  await all(readEpoch(plan(), 0, options, new SlowReader(() => 0)));
  expect(tf.memory().numTensors).toBe(before);
});
