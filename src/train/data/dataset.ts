/** A data set as training reads it: labelled items of any kind, epoch after epoch in batches, and what is known of them. */
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions} from '../../util/names';
import type {PerChannel} from '../../video/clips';
import type {Batch, Batches, BatchesOptions, BegunEpoch, DataRecipe, Room} from '../batches/batches';
import type {BatchForm} from './batch';
import {beginEpoch, type ClipReader, type Failures} from './epoch';
import {epochOrder, type OrderOptions, splitByClass} from './order';

/** How a data set is divided. */
export interface SplitOptions {
  /** Share of each class that goes to validation, above 0 and below 1. Default 0.2. */
  readonly share?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** What is known of a data set. */
export interface DatasetSummary {
  readonly items: number;
  /** How many items each class has, in the order of the classes. */
  readonly perClass: readonly number[];
  /** Items that could not be read so far, with the reason. */
  readonly unreadable: readonly {readonly path: string; readonly reason: string}[];
}

/** What a data set is made of. */
export interface DatasetParts {
  /** The function that made it: begins errors. */
  readonly caller: string;
  readonly classes: readonly string[];
  /** The class of each item. */
  readonly labels: readonly number[];
  nameOf(item: number): string;
  readonly form: Omit<BatchForm, 'classes'>;
  /** Absent, for validation: in the order of the items, and what cannot be read is left out. */
  readonly order?: OrderOptions;
  readonly ahead: number;
  /** Opens what reads the items, for one epoch. */
  open(): Promise<ClipReader> | ClipReader;
  /** The data set of some of the items. */
  part(items: readonly number[], isValidation: boolean): Dataset;
  /** The same data set with what a recipe asks for, where it does not say otherwise itself. */
  augmented(recipe: DataRecipe): Dataset;
}

/** A data set; `datasets` makes it. */
export class Dataset implements Batches {
  private failures: Failures = new Map();

  /** @internal Data sets are made by `datasets` and `generated`. */
  constructor(private readonly parts: DatasetParts) {
    const {caller, labels, classes} = parts;
    if (labels.length === 0 || classes.length === 0)
      throw new InvalidArgumentError(`${caller}: there are no items; a data set needs at least one.`);
    const bad = labels.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes.length);
    if (bad < 0) return;
    throw new InvalidArgumentError(
      `${caller}: '${parts.nameOf(bad)}' has class ${labels[bad]}, but there are ${classes.length}, counted from 0.`,
    );
  }

  get size(): number {
    return this.parts.labels.length;
  }

  get classes(): readonly string[] {
    return this.parts.classes;
  }

  get normalization(): {readonly mean: PerChannel; readonly std: PerChannel} {
    const {mean, std} = this.parts.form;
    return {mean, std};
  }

  async *batches(epoch: number, options: BatchesOptions): AsyncGenerator<Batch, void, void> {
    yield* (await this.begin(epoch, options)).batches();
  }

  async begin(
    epoch: number,
    options: BatchesOptions,
    room: Room = {held: 0, readers: new Set()},
  ): Promise<BegunEpoch> {
    const {caller, labels, order, form, classes, ahead, open, nameOf} = this.parts;
    checkOptions('batches', options, ['batchSize', 'seed', 'from', 'to', 'signal']);
    const {batchSize, seed, signal} = options;
    checkCount('batches', 'batchSize', batchSize);
    for (const name of ['from', 'to'] as const) {
      const place = options[name] ?? 0;
      if (!Number.isInteger(place) || place < 0)
        throw new InvalidArgumentError(
          `batches: ${name} is ${place}; it must be a whole number of at least 0.`,
        );
    }
    signal?.throwIfAborted();
    const plan = {
      caller,
      order: order === undefined ? labels.map((_, item) => item) : epochOrder(labels, seed, epoch, order),
      labels,
      nameOf,
      isReplacing: order !== undefined,
      form: {...form, classes: classes.length},
      ahead,
      failures: this.failures,
    };
    return beginEpoch(plan, epoch, options, await open(), room);
  }

  /**
   * Divides the data set, each class by itself. The second part is for validation: without augmentation, in order.
   *
   * @throws InvalidArgumentError for a share that is not between 0 and 1
   */
  split(options: SplitOptions = {}): {training: Dataset; validation: Dataset} {
    checkOptions('split', options, ['share', 'seed']);
    const {share = 0.2, seed = 0} = options;
    if (!(share > 0 && share < 1))
      throw new InvalidArgumentError(`split: share is ${share}; it must be above 0 and below 1.`);
    const [training, validation] = splitByClass(this.parts.labels, share, seed);
    if (validation.length === 0)
      throw new InvalidArgumentError(
        'split: no class has two items; of one alone nothing can be split off. Give more items, or other data for validation.',
      );
    return {training: this.parts.part(training, false), validation: this.parts.part(validation, true)};
  }

  /** The data set as a recipe wants it for training; its own options count more. What cannot be read is listed in both. */
  augmented(recipe: DataRecipe): Dataset {
    const made = this.parts.augmented(recipe);
    made.failures = this.failures;
    return made;
  }

  /** What is known of it so far. */
  summary(): DatasetSummary {
    const {labels, classes, nameOf} = this.parts;
    const perClass = classes.map(() => 0);
    for (const label of labels) perClass[label]!++;
    const unreadable = [...this.failures]
      .sort(([a], [b]) => a - b)
      .map(([item, reason]) => ({path: nameOf(item), reason}));
    return {items: labels.length, perClass, unreadable};
  }
}
