/**
 * What a run reads, in its order: the batches of an epoch, those for precise batch norm, those for validation, the next epoch. Before
 * one has come to its end the next is begun, where data can (`begin` of Batches), so that it is read while the last batches are learnt
 * from and while an epoch ends. Nothing is begun that will not be asked for, unless the run ends before.
 */
import type {Batch, Batches, BatchesOptions, BegunEpoch, Room} from '../batches/batches';
import {batchesOf} from '../batches/batches_of';
import type {CompleteRecipe} from '../recipes/recipe';

/** With so many batches left to ask for the next reading is begun. */
const BATCHES_LEFT = 1;

interface Reading {
  /** No other of the run has this name. */
  readonly name: string;
  readonly data: Batches;
  readonly epoch: number;
  readonly options: BatchesOptions;
  /** What is read after it. */
  next(): Reading | undefined;
}

export interface ReadingsPlan {
  readonly training: Batches;
  readonly validation: Batches | undefined;
  readonly recipe: CompleteRecipe;
  /** Batches for precise batch norm after each epoch, 0 for none, and what they are drawn from. */
  readonly preciseBatches: number;
  readonly preciseSeed: number;
  readonly signal: AbortSignal | undefined;
}

type Stream = AsyncGenerator<Batch, void, void>;

/** Batches by epoch of the run; undefined where the epoch has none. */
export interface Readings {
  /** @param from the batch to begin with */
  training(epoch: number, from: number): Stream;
  precise(epoch: number): Stream | undefined;
  validation(epoch: number): Stream | undefined;
  /** Ends what was begun. */
  close(): Promise<void>;
}

/** Batches that are to be asked for; the data may have fewer. */
function countOf({data, options}: Reading): number {
  const {batchSize, from = 0, to = Number.POSITIVE_INFINITY} = options;
  return Math.min(Math.ceil(data.size / batchSize), to) - from;
}

async function closed(opening: Promise<BegunEpoch> | undefined): Promise<void> {
  const begun = await opening?.catch(() => undefined);
  await begun?.close();
}

export function readingsOf(plan: ReadingsPlan): Readings {
  const {training, validation, recipe, preciseBatches, preciseSeed, signal} = plan;
  const {batchSize, microBatchSize, seed, epochs, validateEvery} = recipe;
  const begun = new Map<string, Promise<BegunEpoch>>();
  const room: Room = {held: 0, readers: new Set()};

  function readingOf(
    data: Batches,
    epoch: number,
    options: BatchesOptions,
    name: string,
    next: Reading['next'],
  ): Reading {
    return {data, epoch, options: {...options, ...(signal && {signal})}, name, next};
  }

  function ofTraining(epoch: number, from = 0): Reading | undefined {
    if (epoch >= epochs) return undefined;
    const next = () => ofPrecise(epoch) ?? ofValidation(epoch) ?? ofTraining(epoch + 1);
    return readingOf(training, epoch, {batchSize, seed, from}, `training ${epoch}`, next);
  }

  function ofPrecise(epoch: number): Reading | undefined {
    if (preciseBatches === 0) return undefined;
    const options = {batchSize: Math.min(batchSize, microBatchSize), seed: preciseSeed, to: preciseBatches};
    const next = () => ofValidation(epoch) ?? ofTraining(epoch + 1);
    return readingOf(training, epoch, options, `precise ${epoch}`, next);
  }

  /** As `evaluate` reads. */
  function ofValidation(epoch: number): Reading | undefined {
    const isDue = (epoch + 1) % validateEvery === 0 || epoch + 1 === epochs;
    if (validation === undefined || !isDue) return undefined;
    const options = {batchSize: microBatchSize, seed: 0};
    return readingOf(validation, 0, options, `validation ${epoch}`, () => ofTraining(epoch + 1));
  }

  async function* batches(reading: Reading): Stream {
    const {name, data, epoch, options} = reading;
    await begin(reading);
    const opening = begun.get(name);
    const source = opening && {
      async *batches() {
        yield* (await opening).batches();
      },
    };
    let left = countOf(reading);
    try {
      for await (const batch of batchesOf(source ?? data, epoch, options)) {
        await beginAfter(reading, --left);
        yield batch;
      }
      // Of data that gave fewer than it said.
      await beginAfter(reading, 0);
    } finally {
      begun.delete(name);
      await closed(opening);
    }
  }

  /** Begins what will be asked for soon. `left`: how many batches come before. */
  async function beginAfter(reading: Reading, left: number): Promise<void> {
    let before = left;
    for (let next = reading.next(); next !== undefined && before <= BATCHES_LEFT; next = next.next()) {
      await begin(next);
      before += countOf(next);
    }
  }

  /** Waits until it is being read: who learns from a batch leaves no time for it. */
  async function begin({name, data, epoch, options}: Reading): Promise<void> {
    if (data.begin === undefined || begun.has(name)) return;
    const opening = data.begin(epoch, options, room);
    begun.set(name, opening);
    // What goes wrong is said when its batches are asked for.
    await opening.catch(() => {});
  }

  const some = (reading: Reading | undefined) => reading && batches(reading);
  return {
    training: (epoch, from) => batches(ofTraining(epoch, from)!),
    precise: (epoch) => some(ofPrecise(epoch)),
    validation: (epoch) => some(ofValidation(epoch)),
    async close() {
      for (const opening of begun.values()) await closed(opening);
    },
  };
}
