/**
 * An epoch read ahead: clips are asked for in the order of the epoch, so many at a time, and handed on in that order as batches,
 * whichever is ready first. What cannot be read is noted and passed over. Knows nothing of files or processes.
 */
import {FormatError} from '../../util/errors';
import {type ByteClip, randomAt} from '../augment';
import type {Batch, BatchesOptions, Room} from '../batches/batches';
import {type BatchForm, makeBatch} from './batch';
import type {Place, Unreadable} from './reading/items';

/** Where clips come from. */
export interface ClipReader {
  read(item: number, place: Place, signal: AbortSignal): Promise<ByteClip | Unreadable>;
  /** Frees what it holds, once nothing is read any more. */
  close(): Promise<void>;
}

/** Items that could not be read, by number, with the reason. */
export type Failures = Map<number, string>;

export interface EpochPlan {
  readonly caller: string;
  /** The items in their order. */
  readonly order: readonly number[];
  /** The class of each item. */
  readonly labels: readonly number[];
  nameOf(item: number): string;
  /** Whether the next item of the order that can be read takes the place of one that cannot. */
  readonly isReplacing: boolean;
  readonly form: BatchForm;
  /** How many batches are read at a time, the awaited one among them. */
  readonly ahead: number;
  /** What could not be read before is not tried again; what fails is added. */
  readonly failures: Failures;
}

interface Sample {
  readonly clip: ByteClip;
  readonly item: number;
}

/** The sample at a place of the order; undefined if nothing can be read. */
async function sampleAt(
  index: number,
  plan: EpochPlan,
  reader: ClipReader,
  place: Place,
  signal: AbortSignal,
): Promise<Sample | undefined> {
  const {order, failures, isReplacing} = plan;
  for (let further = 0; further < (isReplacing ? order.length : 1); further++) {
    const item = order[(index + further) % order.length]!;
    if (failures.has(item)) continue;
    const result = await reader.read(item, place, signal);
    if (!('unreadable' in result)) return {clip: result, item};
    failures.set(item, result.unreadable);
  }
  return undefined;
}

/**
 * Begins to read an epoch, as far ahead as may be, whether its batches are asked for or not.
 *
 * @param room for what is read and in no batch yet
 * @param reader is closed when all is read
 * @returns whose batches throw a FormatError if nothing of it can be read, and the reason of the signal once it is aborted
 */
export function beginEpoch(
  plan: EpochPlan,
  epoch: number,
  {batchSize, seed, from = 0, to = Number.POSITIVE_INFINITY, signal: given}: BatchesOptions,
  reader: ClipReader,
  room: Room,
) {
  const leaving = new AbortController();
  const signal = given === undefined ? leaving.signal : AbortSignal.any([given, leaving.signal]);
  const pending: Promise<Sample | undefined>[] = [];
  const begin = from * batchSize;
  const end = Math.min(plan.order.length, to * batchSize);
  let next = begin;
  let closing: Promise<void> | undefined;
  const readUntil = (isFull: () => boolean) => {
    while (next < end && !isFull() && !signal.aborted) {
      const index = next++;
      const sample = sampleAt(index, plan, reader, {seed, epoch, index}, signal);
      // Its turn may come later: until then a failure is nobody's.
      sample.catch(() => {});
      pending.push(sample);
      room.held++;
    }
  };
  const readAhead = () => readUntil(() => room.held >= batchSize * plan.ahead);
  const take = (count: number) => {
    room.held -= pending.splice(0, count).length;
    for (const read of room.readers) read();
  };
  const close = async () => {
    room.readers.delete(readAhead);
    leaving.abort(new Error('the epoch was left'));
    await Promise.allSettled(pending);
    take(pending.length);
    closing ??= reader.close();
    await closing;
  };
  async function* batches(): AsyncGenerator<Batch, void, void> {
    let isEmpty = true;
    try {
      for (let batch = from; batch * batchSize < end; batch++) {
        // What is awaited is read whether others leave room for it or not.
        readUntil(() => pending.length >= batchSize);
        signal.throwIfAborted();
        const read = await Promise.all(pending.slice(0, batchSize));
        take(batchSize);
        signal.throwIfAborted();
        // What has nothing left to read ends while the last batch is used.
        if (pending.length === 0 && next >= end) closing = reader.close();
        const samples = read.filter((sample) => sample !== undefined);
        if (samples.length === 0) continue;
        isEmpty = false;
        const made = makeBatch(
          samples.map(({clip}) => clip),
          samples.map(({item}) => plan.labels[item]!),
          plan.form,
          randomAt(seed, 'mix', epoch, batch),
        );
        yield {...made, step: batch, names: samples.map(({item}) => plan.nameOf(item))};
      }
      // Of a part of an epoch that gives nothing the others may still be read.
      if (isEmpty && plan.order.every((item) => plan.failures.has(item))) throw nothingReadable(plan);
    } finally {
      await close();
    }
  }
  room.readers.add(readAhead);
  readAhead();
  return {batches, close};
}

function nothingReadable({caller, order, failures}: EpochPlan): FormatError {
  const [reason] = failures.values();
  const count = new Set(order).size;
  return new FormatError(
    count === 1
      ? `${caller}: its one item cannot be read: ${reason}`
      : `${caller}: none of the ${count} items can be read; the first one: ${reason}`,
  );
}
