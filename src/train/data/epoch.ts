/**
 * An epoch read ahead: clips are asked for in the order of the epoch, so many at a time, and handed on in that order as batches,
 * whichever is ready first. What cannot be read is noted and passed over. Knows nothing of files or threads.
 */
import {FormatError} from '../../util/errors';
import {type ByteClip, randomAt} from '../augment';
import type {Batch, BatchesOptions, BegunEpoch} from '../batches/batches';
import type {Room} from '../batches/room';
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
  /** Where they are kept meanwhile. */
  readonly room: Room;
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

/** An epoch that is read: from the beginning as far ahead as may be, whether its batches are asked for or not. */
export class EpochReading implements BegunEpoch {
  private readonly leaving = new AbortController();
  private readonly signal: AbortSignal;
  /** Clips that are asked for and in no batch yet. */
  private readonly pending: Promise<Sample | undefined>[] = [];
  /** Places of the order: the next to ask for, the end. */
  private next: number;
  private readonly end: number;
  private closing: Promise<void> | undefined;

  /** @param reader is closed when all is read */
  constructor(
    private readonly plan: EpochPlan,
    private readonly epoch: number,
    private readonly options: BatchesOptions,
    private readonly reader: ClipReader,
  ) {
    const {batchSize, from = 0, to = Number.POSITIVE_INFINITY, signal} = options;
    this.signal = signal === undefined ? this.leaving.signal : AbortSignal.any([signal, this.leaving.signal]);
    this.next = from * batchSize;
    this.end = Math.min(plan.order.length, to * batchSize);
    plan.room.enter(this.readAhead);
    this.readAhead();
  }

  private readonly readAhead = (): void => {
    const {room, ahead} = this.plan;
    while (room.held < this.options.batchSize * ahead && this.readNext());
  };

  /** @returns false if nothing is left to read */
  private readNext(): boolean {
    const {plan, epoch, options, reader, signal} = this;
    if (this.next >= this.end || signal.aborted) return false;
    const index = this.next++;
    const sample = sampleAt(index, plan, reader, {seed: options.seed, epoch, index}, signal);
    // Its turn may come later: until then a failure is nobody's.
    sample.catch(() => {});
    this.pending.push(sample);
    plan.room.take();
    return true;
  }

  /** The samples of the next batch. */
  private async nextSamples(): Promise<(Sample | undefined)[]> {
    const {pending, signal, plan} = this;
    const {batchSize} = this.options;
    signal.throwIfAborted();
    // What is awaited is read whether others leave room for it or not.
    while (pending.length < batchSize && this.readNext());
    const samples = await Promise.all(pending.slice(0, batchSize));
    pending.splice(0, batchSize);
    plan.room.free(samples.length);
    signal.throwIfAborted();
    // What has nothing left to read ends while the last batch is used.
    if (pending.length === 0 && this.next >= this.end) this.closing = this.reader.close();
    return samples;
  }

  /** @throws FormatError if nothing of it can be read; the reason of the signal, once it is aborted */
  async *batches(): AsyncGenerator<Batch, void, void> {
    const {plan, epoch} = this;
    const {batchSize, seed, from = 0} = this.options;
    let isEmpty = true;
    try {
      for (let batch = from; batch * batchSize < this.end; batch++) {
        const samples = (await this.nextSamples()).filter((sample) => sample !== undefined);
        if (samples.length === 0) continue;
        isEmpty = false;
        const made = makeBatch(
          samples.map(({clip}) => clip),
          samples.map(({item}) => plan.labels[item]!),
          plan.form,
          randomAt(seed, 'mix', epoch, batch),
        );
        yield {...made, names: samples.map(({item}) => plan.nameOf(item))};
      }
      if (isEmpty && from * batchSize < this.end) throw nothingReadable(plan);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const {plan, pending} = this;
    plan.room.leave(this.readAhead);
    this.leaving.abort(new Error('the epoch was left'));
    await Promise.allSettled(pending);
    plan.room.free(pending.splice(0).length);
    this.closing ??= this.reader.close();
    await this.closing;
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
