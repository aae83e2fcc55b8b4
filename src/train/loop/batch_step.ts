/**
 * One batch: forward, loss and gradients over its pieces. Leaves all weights as they are but the moving averages of batch
 * normalization, which follow the batch.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {Segment} from '../../layers';
import {InvalidArgumentError} from '../../util/errors';
import {derivedSeed, withSeededRandom} from '../../util/seeded_random';
import type {Batch} from '../batches/batches';
import {type LossConfig, lossAndHits} from '../optimization/losses';
import type {Parameter} from '../optimization/parameters';
import {lossGradients} from './gradients';
import type {StepResult, TracedSteps} from './traced/traced_steps';

/** What a batch gave. The gradients are the caller's to dispose. */
export interface BatchResult {
  /** Mean over the samples. */
  readonly loss: number;
  /** Samples whose target is greatest where the answer is. */
  readonly correct: number;
  readonly samples: number;
  readonly gradients: Map<string, tf.Tensor>;
}

export interface BatchStepOptions {
  readonly loss: LossConfig;
  readonly microBatchSize: number;
  /** Of this step: dropout is drawn from it. */
  readonly seed: number;
  /** Of the run, where its steps may be those of before. */
  readonly traced?: TracedSteps<StepResult> | undefined;
}

/** Pieces of the batch `[batch, ...]` of at most `size` samples, views of rank 2 in between: the host slices those faster. */
export function pieces({x, y}: Batch, size: number): Batch[] {
  const samples = x.shape[0]!;
  const slice = (tensor: tf.Tensor, begin: number, count: number) => {
    const rows = tf.reshape(tensor, [samples, tensor.size / samples]) as tf.Tensor2D;
    return tf.reshape(tf.slice2d(rows, [begin, 0], [count, rows.shape[1]]), [
      count,
      ...tensor.shape.slice(1),
    ]);
  };
  const begins = Array.from({length: Math.ceil(samples / size)}, (_, i) => i * size);
  return begins.map((begin) => {
    const count = Math.min(size, samples - begin);
    return {x: tf.tidy(() => slice(x, begin, count)), y: tf.tidy(() => slice(y, begin, count))};
  });
}

/**
 * @param segments of the model
 * @param batch stays the caller's
 * @throws InvalidArgumentError where answers and targets have different shapes
 */
export async function batchStep(
  segments: readonly Segment[],
  batch: Batch,
  parameters: readonly Parameter[],
  options: BatchStepOptions,
): Promise<BatchResult> {
  const samples = batch.x.shape[0]!;
  const isWhole = samples <= options.microBatchSize;
  const parts = isWhole ? [batch] : pieces(batch, options.microBatchSize);
  const gradients = new Map<string, tf.Tensor>();
  let [lossSum, correct] = [0, 0];
  try {
    for (const [index, part] of parts.entries()) {
      const share = part.x.shape[0]! / samples;
      const seed = derivedSeed(options.seed, index);
      const compute = () => piece(segments, part, parameters, options.loss);
      const {value, hits, grads} = withSeededRandom(
        seed,
        () => options.traced?.run(part, compute) ?? compute(),
      );
      addUp(gradients, grads, share);
      const [partLoss, partHits] = await Promise.all([value.data(), hits.data()]);
      tf.dispose([value, hits]);
      lossSum += partLoss[0]! * share;
      correct += partHits[0]!;
    }
  } catch (error) {
    tf.dispose([...gradients.values()]);
    throw error;
  } finally {
    if (!isWhole) tf.dispose(parts.flatMap(({x, y}) => [x, y]));
  }
  return {loss: lossSum, correct, samples, gradients};
}

/** sums += grads * share, which are disposed. */
function addUp(sums: Map<string, tf.Tensor>, grads: StepResult['grads'], share: number): void {
  for (const [name, gradient] of Object.entries(grads)) {
    const sum = sums.get(name);
    if (sum === undefined && share === 1) {
      sums.set(name, gradient);
      continue;
    }
    const part = tf.tidy(() => {
      const scaled = tf.mul(gradient, share);
      return sum === undefined ? scaled : tf.add(sum, scaled);
    });
    sums.set(name, part);
    tf.dispose(sum === undefined ? gradient : [gradient, sum]);
  }
}

function piece(
  segments: readonly Segment[],
  {x, y}: Batch,
  parameters: readonly Parameter[],
  config: LossConfig,
): StepResult {
  let hits: tf.Tensor | undefined;
  try {
    const found = lossGradients(segments, x, parameters, (answer) => {
      const logits = answer as tf.Tensor2D;
      checkShapes(logits, y);
      const found = lossAndHits(logits, y as tf.Tensor2D, config);
      hits = tf.keep(found.hits);
      return found.value;
    });
    return {...found, hits: hits!};
  } catch (error) {
    hits?.dispose();
    throw error;
  }
}

export function checkShapes(logits: tf.Tensor, y: tf.Tensor): void {
  if (logits.rank === 2 && y.rank === 2 && logits.shape.every((length, axis) => length === y.shape[axis]))
    return;
  throw new InvalidArgumentError(
    `train: the model answers [${logits.shape.join(', ')}], the targets are [${y.shape.join(', ')}]; both must be [batch, classes].`,
  );
}
