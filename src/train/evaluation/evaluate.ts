/** How good a model is on a data set: loss, metrics, the samples that it knows worst; one pass. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {outputKind} from '../../layers';
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkLayersModel} from '../../util/models';
import {checkOptions, optionNames} from '../../util/names';
import type {Batch, Batches} from '../batches/batches';
import {batchesOf} from '../batches/batches_of';
import {forModel} from '../batches/pictures';
import {type LossConfig, sampleLosses} from '../optimization/losses';
import {highest, type Metrics, MetricsCounter} from './metrics';
import {samplePictures} from './sample_pictures';
import {type WorstSample, WorstSamples} from './worst';

export interface EvaluateOptions {
  /** Samples that go through the network at once. Default 8. */
  readonly batchSize?: number;
  /** Default: softmax cross entropy. */
  readonly loss?: LossConfig;
  /** How many of the samples with the highest loss to keep, with a picture of each. Default 0. */
  readonly worst?: number;
  /** Ends it between two batches: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const OPTIONS = optionNames<EvaluateOptions>({batchSize: true, loss: true, worst: true, signal: true});

export interface Evaluation extends Metrics {
  /** Mean over the samples. */
  readonly loss: number;
  /** The samples with the highest loss, the highest first: as many as `worst` of the options asks for, absent without it. */
  readonly worst?: readonly WorstSample[];
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
  const {batchSize = 8, loss = {name: 'softmax'}, worst = 0, signal} = options;
  checkCount('evaluate', 'batchSize', batchSize);
  if (worst !== 0) checkCount('evaluate', 'worst', worst);
  const reading = {batchSize, seed: 0, ...(signal && {signal})};
  const batches = batchesOf(forModel('evaluate', model, data), 0, reading);
  return judge(model, data, batches, {loss, worst, signal});
}

/** What `evaluate` does with the batches of the data. */
export async function judge(
  model: LayersModel,
  data: Batches,
  batches: AsyncIterable<Batch>,
  options: {readonly loss: LossConfig; readonly worst: number; readonly signal: AbortSignal | undefined},
): Promise<Evaluation> {
  const {loss: config, worst: keep, signal} = options;
  const counter = new MetricsCounter(data.classes);
  const worst = new WorstSamples(keep);
  let [samples, lossSum] = [0, 0];
  for await (const {x, y, names} of batches) {
    try {
      const [logits, losses] = tf.tidy(() => {
        const answer = model.apply(x, {training: false}) as tf.Tensor2D;
        return [answer, sampleLosses(answer, y as tf.Tensor2D, config)] as const;
      });
      const [scores, targets, values] = await Promise.all([logits.array(), y.array(), losses.data()]);
      tf.dispose([logits, losses]);
      for (const [i, row] of scores.entries()) {
        const [label, value] = [highest((targets as number[][])[i]!), values[i]!];
        counter.add(row, label);
        lossSum += value;
        samples++;
        if (!worst.wants(value)) continue;
        const answer = highest(row);
        const pictures = await samplePictures(x, i, data.normalization);
        worst.add({
          ...{name: names?.[i] ?? `sample ${samples}`, loss: value, score: scoreOf(row, answer, config)},
          ...{label: data.classes[label]!, answer: data.classes[answer]!},
          pictures,
        });
      }
    } finally {
      tf.dispose([x, y]);
    }
    signal?.throwIfAborted();
  }
  const loss = samples === 0 ? 0 : lossSum / samples;
  return {...counter.result(), loss, ...(keep > 0 && {worst: worst.result()})};
}

/** What the model gives to a class, 0 to 1. */
function scoreOf(logits: readonly number[], c: number, {name}: LossConfig): number {
  if (name === 'binary') return 1 / (1 + Math.exp(-logits[c]!));
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - logits[c]!), 0);
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
