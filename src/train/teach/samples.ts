/**
 * Samples that are kept: what a part of a network makes of clips, computed once, as a data set for the part that follows it. Values lie
 * in ordinary memory and become tensors a batch at a time.
 */
import * as tf from '@tensorflow/tfjs-core';
import {permutation, randomAt} from '../augment';
import type {Batch, Batches, BatchesOptions} from '../batches/batches';

/** One sample: values of `shape`, and its target over the classes. */
export interface Sample {
  readonly values: Float32Array;
  readonly target: Float32Array;
}

export class CachedSamples implements Batches {
  /** @param shape of one sample */
  constructor(
    readonly classes: readonly string[],
    readonly shape: readonly number[],
    readonly samples: readonly Sample[],
  ) {}

  get size(): number {
    return this.samples.length;
  }

  /** How many samples each class has; soft targets count in parts. */
  perClass(): number[] {
    return this.classes.map((_, c) => this.samples.reduce((sum, {target}) => sum + target[c]!, 0));
  }

  /** The mean of all absolute values. */
  meanSize(): number {
    const sizes = this.samples.map(({values}) => values.reduce((sum, value) => sum + Math.abs(value), 0));
    return sizes.reduce((sum, size) => sum + size, 0) / (this.size * this.samples[0]!.values.length);
  }

  async *batches(epoch: number, options: BatchesOptions): AsyncGenerator<Batch, void, void> {
    const {batchSize, seed, from = 0} = options;
    const order = permutation(randomAt(seed, 'order', epoch), this.size);
    for (let begin = from * batchSize; begin < this.size; begin += batchSize)
      yield this.batch(order.slice(begin, begin + batchSize).map((i) => this.samples[i]!));
  }

  /** All samples in their order. */
  *inOrder(batchSize: number): Generator<Batch, void, void> {
    for (let begin = 0; begin < this.size; begin += batchSize)
      yield this.batch(this.samples.slice(begin, begin + batchSize));
  }

  private batch(samples: readonly Sample[]): Batch {
    const joined = (rows: Float32Array[]) => {
      const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
      let end = 0;
      for (const row of rows) {
        all.set(row, end);
        end += row.length;
      }
      return all;
    };
    const values = joined(samples.map((sample) => sample.values));
    const targets = joined(samples.map((sample) => sample.target));
    return {
      x: tf.tensor(values, [samples.length, ...this.shape]),
      y: tf.tensor2d(targets, [samples.length, this.classes.length]),
    };
  }
}
