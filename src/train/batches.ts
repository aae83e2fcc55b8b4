/**
 * The seam between data and training: what a data set offers and the training loop reads. Data sets of files and
 * generated ones implement it; the loop knows nothing else of them.
 */
import type * as tf from '@tensorflow/tfjs-core';

/** Samples and what is to be said of them. Whoever receives a batch disposes its tensors. */
export interface Batch {
  /** `[batch, time, height, width, channels]`, or `[batch, height, width, channels]` of pictures. */
  readonly x: tf.Tensor;
  /** Targets `[batch, classes]`: one-hot, or soft as mixup and label smoothing make them. */
  readonly y: tf.Tensor;
}

/** How an epoch is to be read. */
export interface BatchesOptions {
  /** Samples a batch; the last batch of an epoch has what is left. */
  readonly batchSize: number;
  /** Seed and epoch decide the order and every random choice: the same two give the same batches. */
  readonly seed: number;
  /** The batch of the epoch to begin with, counted from 0: that of a run which is taken up again. Default 0. */
  readonly from?: number;
  /** Ends the epoch early. */
  readonly signal?: AbortSignal;
}

/** A data set, epoch after epoch in batches. */
export interface Batches {
  /** Samples an epoch. */
  readonly size: number;
  /** Names of the classes, in the order of the targets. */
  readonly classes: readonly string[];
  /**
   * The batches of an epoch. What begins at `from` gives the same batches as what began at 0 and came there.
   *
   * @param epoch counted from 0
   */
  batches(epoch: number, options: BatchesOptions): AsyncIterable<Batch>;
}
