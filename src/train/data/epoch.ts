/**
 * An epoch read ahead: clips are asked for in the order of the epoch, so many at a time, and handed on in that order as batches,
 * whichever is ready first. What cannot be read is noted and passed over. Knows nothing of files or threads.
 */
import {FormatError} from '../../util/errors';
import {type ByteClip, randomAt} from '../augment';
import type {Batch, BatchesOptions} from '../batches/batches';
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
 * The batches of an epoch.
 *
 * @throws FormatError if nothing of it can be read; the reason of the signal, once it is aborted
 */
export async function* readEpoch(
  plan: EpochPlan,
  epoch: number,
  {batchSize, seed, from = 0, signal}: BatchesOptions,
  reader: ClipReader,
): AsyncGenerator<Batch, void, void> {
  const leaving = new AbortController();
  const both = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]);
  const pending: Promise<Sample | undefined>[] = [];
  let next = from * batchSize;
  const readAhead = () => {
    while (next < plan.order.length && pending.length < batchSize * plan.ahead) {
      const index = next++;
      const sample = sampleAt(index, plan, reader, {seed, epoch, index}, both);
      // Its turn may come later: until then a failure is nobody's.
      sample.catch(() => {});
      pending.push(sample);
    }
  };
  let isEmpty = true;
  try {
    for (let batch = from; batch * batchSize < plan.order.length; batch++) {
      both.throwIfAborted();
      readAhead();
      const read = await Promise.all(pending.slice(0, batchSize));
      pending.splice(0, batchSize);
      both.throwIfAborted();
      const samples = read.filter((sample) => sample !== undefined);
      if (samples.length === 0) continue;
      isEmpty = false;
      readAhead();
      const made = makeBatch(
        samples.map(({clip}) => clip),
        samples.map(({item}) => plan.labels[item]!),
        plan.form,
        randomAt(seed, 'mix', epoch, batch),
      );
      yield {...made, names: samples.map(({item}) => plan.nameOf(item))};
    }
    if (isEmpty && from * batchSize < plan.order.length) throw nothingReadable(plan);
  } finally {
    leaving.abort(new Error('the epoch was left'));
    await Promise.allSettled(pending);
    await reader.close();
  }
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
