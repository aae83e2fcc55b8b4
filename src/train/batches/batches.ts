/**
 * The seam between data and training: what a data set offers and the training loop reads. Data sets of files and
 * generated ones implement it; the loop knows nothing else of them.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type {PerChannel} from '../../video/clips';
import type {Augmentation, MixOptions} from '../augment';

/** Samples and what is to be said of them. Whoever receives a batch disposes its tensors. */
export interface Batch {
  /** `[batch, time, height, width, channels]`, or `[batch, height, width, channels]` of pictures. */
  readonly x: tf.Tensor;
  /** Targets `[batch, classes]`: one-hot, or soft as mixup and label smoothing make them. */
  readonly y: tf.Tensor;
  /** What each sample is called, such as the path of its file. Reports name samples so; absent: by their number. */
  readonly names?: readonly string[];
  /**
   * Which batch of the epoch it is, counted from 0: of data that leave out batches of which nothing can be read, so that a run is taken up
   * behind it. Absent: the one after that before it.
   */
  readonly step?: number;
}

/** How an epoch is to be read. */
export interface BatchesOptions {
  /** Samples a batch; the last batch of an epoch has what is left. */
  readonly batchSize: number;
  /** Seed and epoch decide the order and every random choice: the same two give the same batches. */
  readonly seed: number;
  /** The batch of the epoch to begin with, counted from 0: that of a run which is taken up again. Default 0. */
  readonly from?: number;
  /** The batch before which to end, for who takes no more; data may go on. Default: none, all of the epoch. */
  readonly to?: number;
  /** Ends the epoch early: the data throws its reason, any other error, or just ends. */
  readonly signal?: AbortSignal;
}

/** What a recipe asks of its data. */
export interface DataRecipe {
  /** Of each clip. Absent: the data are what they are, whatever else is said here. */
  readonly augmentation?: Augmentation;
  /** Of batches. Default: none. */
  readonly mix?: MixOptions;
  /** How often in a row each clip is seen, every time differently augmented. Default 1. */
  readonly repeats?: number;
}

/** Room for samples that are read ahead: readings that share it hold no more together than one of them may alone. */
export interface Room {
  /** How many samples are read, or being read, and in no batch yet. */
  held: number;
  /** Called when there is room again, those first that came first. */
  readonly readers: Set<() => void>;
}

/** An epoch that is read before its batches are asked for. */
export interface BegunEpoch {
  /** What `batches` of the data gives. Asked for once. */
  batches(): AsyncIterable<Batch>;
  /** Ends the reading and frees what it holds, whether the batches were asked for or not. */
  close(): Promise<void>;
}

/** A data set, epoch after epoch in batches. */
export interface Batches {
  /** Samples an epoch. */
  readonly size: number;
  /** Names of the classes, in the order of the targets. */
  readonly classes: readonly string[];
  /**
   * How the values of `x` come from bytes, `(byte - mean) / std`, from which reports make pictures again. Absent: they make the least
   * value black and the greatest white.
   */
  readonly normalization?: {readonly mean: PerChannel; readonly std: PerChannel};
  /**
   * The batches of an epoch. What begins at `from` gives the same batches as what began at 0 and came there.
   *
   * @param epoch counted from 0
   */
  batches(epoch: number, options: BatchesOptions): AsyncIterable<Batch>;
  /**
   * Begins to read what will soon be asked for: `train` calls it before its last batches are learnt from, and before those of
   * validation are asked for. Absent: nothing is read before `batches` is called.
   *
   * @param room shared by all that is read for one run
   * @returns as soon as something is being read
   */
  begin?(epoch: number, options: BatchesOptions, room?: Room): Promise<BegunEpoch>;
  /**
   * The same data as a recipe wants them for training; what the data set was told itself stays. Absent: `train` takes the batches as
   * they are, whatever the recipe says.
   */
  augmented?(recipe: DataRecipe): Batches;
}
