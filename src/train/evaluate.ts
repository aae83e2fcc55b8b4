/** How good a model is on a data set: loss and metrics, one pass. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {outputKind} from '../layers';
import {checkCount} from '../util/counts';
import {InvalidArgumentError} from '../util/errors';
import {checkLayersModel} from '../util/models';
import {checkOptions, optionNames} from '../util/names';
import type {Batches} from './batches';
import {type LossConfig, loss} from './losses';
import {highest, type Metrics, MetricsCounter} from './metrics';
import {forModel} from './pictures';

export interface EvaluateOptions {
  /** Samples that go through the network at once. Default 8. */
  readonly batchSize?: number;
  /** Default: softmax cross entropy. */
  readonly loss?: LossConfig;
  /** Ends it between two batches: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const OPTIONS = optionNames<EvaluateOptions>({batchSize: true, loss: true, signal: true});

export interface Evaluation extends Metrics {
  /** Mean over the samples. */
  readonly loss: number;
}

/**
 * Compares a model's answers with the targets of a data set.
 *
 * @param model a classifier of logits `[batch, classes]`
 * @param data read once, epoch 0 with seed 0; of soft targets the greatest counts as the class
 * @throws InvalidArgumentError for a model that ends in probabilities, or whose classes are not those of the data
 * @example
 * const {top1, meanClass} = await evaluate(model, testSet, {batchSize: 16});
 */
export async function evaluate(
  model: LayersModel,
  data: Batches,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', options, OPTIONS);
  checkClassifier('evaluate', model, data);
  const {batchSize = 8, loss: config = {name: 'softmax'}, signal} = options;
  checkCount('evaluate', 'batchSize', batchSize);
  const counter = new MetricsCounter(data.classes);
  let lossSum = 0;
  for await (const {x, y} of forModel(model, data).batches(0, {
    batchSize,
    seed: 0,
    ...(signal && {signal}),
  })) {
    const [logits, mean] = tf.tidy(() => {
      const answer = model.apply(x, {training: false}) as tf.Tensor2D;
      return [answer, loss(answer, y as tf.Tensor2D, config)] as [tf.Tensor2D, tf.Scalar];
    });
    const [scores, targets, value] = await Promise.all([logits.array(), y.array(), mean.data()]);
    tf.dispose([x, y, logits, mean]);
    scores.forEach((row, i) => {
      counter.add(row, highest((targets as number[][])[i]!));
    });
    lossSum += value[0]! * scores.length;
    signal?.throwIfAborted();
  }
  const metrics = counter.result();
  return {...metrics, loss: metrics.samples === 0 ? 0 : lossSum / metrics.samples};
}

/**
 * Refuses what cannot be trained on the data.
 *
 * @throws InvalidArgumentError for anything but a LayersModel of one output, logits `[batch, classes]`
 */
export function checkClassifier(caller: string, model: LayersModel, data: Batches): void {
  checkLayersModel(caller, model);
  if (outputKind(model) === 'probabilities') {
    throw new InvalidArgumentError(
      `${caller}: the model ends in probabilities, the loss is of logits; make it without its softmax, as createNetwork(name, {activation: 'linear'}) does.`,
    );
  }
  const {shape} = model.outputs[0]!;
  if (model.outputs.length === 1 && shape.length === 2 && shape[1] === data.classes.length) return;
  throw new InvalidArgumentError(
    `${caller}: the model answers ${model.outputs.map((output) => `[${output.shape.join(', ')}]`).join(' and ')}, the data has ${data.classes.length} classes; make it with classes: ${data.classes.length}.`,
  );
}
