/**
 * What a run reads, in its order: the batches of an epoch, those for precise batch norm, those for validation, the next epoch. Before
 * one has come to its end the next is begun, where data can (`begin` of Batches), so that it is read while the last batches are learnt
 * from and while an epoch ends. Nothing is begun that will not be asked for, unless the run ends before.
 */
import type {Batch, Batches, BatchesOptions, BegunEpoch} from '../batches/batches';
import {batchesOf} from '../batches/batches_of';
import {Room} from '../batches/room';
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

/** Batches that are to be asked for; the data may have fewer. */
function countOf({data, options}: Reading): number {
  const {batchSize, from = 0, to = Number.POSITIVE_INFINITY} = options;
  return Math.min(Math.ceil(data.size / batchSize), to) - from;
}

export interface ReadingsPlan {
  readonly training: Batches;
  readonly validation: Batches | undefined;
  readonly recipe: CompleteRecipe;
  /** Batches for precise batch norm after each epoch, 0 for none, and what they are drawn from. */
  readonly precise: {readonly count: number; readonly seed: number};
  readonly signal: AbortSignal | undefined;
}

export class Readings {
  private readonly begun = new Map<string, Promise<BegunEpoch>>();
  private readonly room = new Room();

  constructor(private readonly plan: ReadingsPlan) {}

  /** @param from the batch to begin with */
  training(epoch: number, from: number): AsyncGenerator<Batch, void, void> {
    return this.batches(this.ofTraining(epoch, from)!);
  }

  /** Undefined where there are none. */
  precise(epoch: number): AsyncGenerator<Batch, void, void> | undefined {
    const reading = this.ofPrecise(epoch);
    return reading && this.batches(reading);
  }

  /** Undefined after an epoch that is not validated. */
  validation(epoch: number): AsyncGenerator<Batch, void, void> | undefined {
    const reading = this.ofValidation(epoch);
    return reading && this.batches(reading);
  }

  private ofTraining(epoch: number, from = 0): Reading | undefined {
    const {training: data, recipe, signal} = this.plan;
    const {batchSize, seed, epochs} = recipe;
    if (epoch >= epochs) return undefined;
    const options = {batchSize, seed, from, ...(signal && {signal})};
    const next = () => this.ofPrecise(epoch) ?? this.ofValidation(epoch) ?? this.ofTraining(epoch + 1);
    return {name: `training ${epoch}`, data, epoch, options, next};
  }

  private ofPrecise(epoch: number): Reading | undefined {
    const {training: data, recipe, precise, signal} = this.plan;
    if (precise.count === 0) return undefined;
    const batchSize = Math.min(recipe.batchSize, recipe.microBatchSize);
    const options = {batchSize, seed: precise.seed, to: precise.count, ...(signal && {signal})};
    const next = () => this.ofValidation(epoch) ?? this.ofTraining(epoch + 1);
    return {name: `precise ${epoch}`, data, epoch, options, next};
  }

  /** As `evaluate` reads. */
  private ofValidation(epoch: number): Reading | undefined {
    const {validation: data, recipe, signal} = this.plan;
    const {epochs, validateEvery, microBatchSize} = recipe;
    const isDue = (epoch + 1) % validateEvery === 0 || epoch + 1 === epochs;
    if (data === undefined || !isDue) return undefined;
    const options = {batchSize: microBatchSize, seed: 0, ...(signal && {signal})};
    return {name: `validation ${epoch}`, data, epoch: 0, options, next: () => this.ofTraining(epoch + 1)};
  }

  private async *batches(reading: Reading): AsyncGenerator<Batch, void, void> {
    const {name, data, epoch, options} = reading;
    await this.begin(reading);
    const begun = this.begun.get(name);
    const source = begun === undefined ? data : {batches: () => batchesIn(begun)};
    let left = countOf(reading);
    try {
      for await (const batch of batchesOf(source, epoch, options)) {
        await this.beginAfter(reading, --left);
        yield batch;
      }
      // Of data that gave fewer than it said.
      await this.beginAfter(reading, 0);
    } finally {
      this.begun.delete(name);
      await closed(begun);
    }
  }

  /**
   * Begins what will be asked for soon.
   *
   * @param left how many batches come before
   */
  private async beginAfter(reading: Reading, left: number): Promise<void> {
    let before = left;
    for (let next = reading.next(); next !== undefined && before <= BATCHES_LEFT; next = next.next()) {
      await this.begin(next);
      before += countOf(next);
    }
  }

  /** Waits until it is being read: who learns from a batch leaves no time for it. */
  private async begin({name, data, epoch, options}: Reading): Promise<void> {
    if (data.begin === undefined || this.begun.has(name)) return;
    const begun = data.begin(epoch, options, this.room);
    this.begun.set(name, begun);
    // What goes wrong is said when its batches are asked for.
    await begun.catch(() => {});
  }

  /** Ends what was begun. */
  async close(): Promise<void> {
    for (const begun of this.begun.values()) await closed(begun);
  }
}

async function closed(opening: Promise<BegunEpoch> | undefined): Promise<void> {
  const begun = await opening?.catch(() => undefined);
  await begun?.close();
}

async function* batchesIn(opening: Promise<BegunEpoch>): AsyncGenerator<Batch, void, void> {
  yield* (await opening).batches();
}
