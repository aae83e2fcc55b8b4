/**
 * What a network says of a video that it sees in one or several views: probabilities of each view, averaged, best labels
 * first (mmaction's `average_clips='prob'`). Which views there are is views.ts; reading a video is video/.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type FrozenModel, freeze} from '../../inference/freeze';
import {type OutputKind, outputKind} from '../../layers';
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {described, inputShapes} from '../../util/models';
import {checkOptions} from '../../util/names';
import {partialShapeText} from '../../util/shapes';
import {likeliest, probabilityRows, type Recognition} from './answers';

/**
 * One clip `[time, height, width, 3]`, views of one video `[views, time, height, width, 3]`, or any number of such tensors.
 * Tensors of an asynchronous iterable, such as `readViews`, are disposed of after use; others stay the caller's.
 */
export type Views = tf.Tensor4D | tf.Tensor5D | Iterable<tf.Tensor> | AsyncIterable<tf.Tensor>;

export interface RecognizeOptions {
  /** Names of the classes, by their place in the output. A class without one is called `class <index>`. */
  readonly labels?: readonly string[];
  /** How many classes to return; all of them when there are fewer. Default 5. */
  readonly top?: number;
  /**
   * What the model's output is. Default: probabilities, which are taken as they are, if it ends in a softmax over the classes
   * or a sigmoid, also within a nested model and if dropout, reshaping or means of several follow; otherwise logits, which go
   * through a softmax.
   */
  readonly output?: OutputKind;
  /** Views in one call of the model; more is faster on a GPU and takes more memory. Default 1. */
  readonly batchSize?: number;
  /**
   * Whether a LayersModel is frozen for the time of the call (see `freeze`). Default true. With many calls freeze it once
   * yourself; false is for models that cannot be frozen.
   */
  readonly freeze?: boolean;
  /** Called after each view, with how many are done. */
  readonly onView?: (done: number) => void;
  /** Ends the work before the next view; its reason is thrown. */
  readonly signal?: AbortSignal;
}

const OPTIONS = [
  'labels',
  'top',
  'output',
  'batchSize',
  'freeze',
  'onView',
  'signal',
] satisfies (keyof RecognizeOptions)[];

/**
 * Names what a video shows. The model is asked for each view; the probabilities are averaged over the views (and over
 * the frames, for a model with an answer for each frame).
 *
 * @param model input `[batch, time, height, width, 3]`, output `[batch, classes]` or `[batch, time, classes]`; stays the
 *   caller's
 * @param clipOrViews all of one video, normalised as the model wants it
 * @returns most likely first; classes of equal probability in the order of the output
 * @throws InvalidArgumentError for what is no model, no view at all, a view that the model does not take, or an option that makes no sense or is
 *   unknown; the reason of the signal when that is aborted
 *
 * ```ts
 * const views = readViews(source, {...TEST_VIEWS.kinetics400, frames: 32, interval: 2, size: 256, crop: 256});
 * const [best] = await recognize(model, views, {labels});
 * ```
 */
export async function recognize(
  model: LayersModel | FrozenModel,
  clipOrViews: Views,
  options: RecognizeOptions = {},
): Promise<Recognition[]> {
  checkOptions('recognize', options, OPTIONS);
  checkGiven(model, clipOrViews);
  const {labels = [], top = 5, batchSize = 1} = options;
  checkCount('recognize', 'top', top);
  checkCount('recognize', 'batchSize', batchSize);
  const frozen = 'layers' in model && options.freeze !== false ? freeze(model) : undefined;
  try {
    return likeliest(await meanProbabilities(frozen ?? model, clipOrViews, batchSize, options), labels, top);
  } finally {
    frozen?.dispose();
  }
}

/** Refuses what cannot be asked, or looked at; the first mistakes are all of what loadModel gives, and a path. */
function checkGiven(model: unknown, clipOrViews: unknown): void {
  if (!isObject(model) || !('predict' in model)) {
    throw new InvalidArgumentError(
      `recognize: takes a LayersModel or what freeze makes of one; got ${described(model)}.`,
    );
  }
  if (!isObject(clipOrViews)) {
    throw new InvalidArgumentError(
      `recognize: got ${JSON.stringify(clipOrViews)} for a clip; readClip and readViews make tensors of a video.`,
    );
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

async function meanProbabilities(
  model: LayersModel | FrozenModel,
  clipOrViews: Views,
  batchSize: number,
  options: RecognizeOptions,
): Promise<number[]> {
  const output = options.output ?? outputKind(model);
  const sum = new ProbabilitySum();
  const add = async (tensor: tf.Tensor) => {
    const views = asViews(model, tensor);
    for (let start = 0; start < views; start += batchSize) {
      options.signal?.throwIfAborted();
      const part = Math.min(batchSize, views - start);
      await sum.add(probabilitiesOf(model, tensor, start, part, output), part);
      options.onView?.(sum.views);
    }
  };
  if (clipOrViews instanceof tf.Tensor) await add(clipOrViews);
  else if (Symbol.asyncIterator in clipOrViews) {
    for await (const tensor of clipOrViews) await add(tensor).finally(() => tensor.dispose());
  } else for (const tensor of clipOrViews) await add(tensor);
  if (sum.views === 0)
    throw new InvalidArgumentError('recognize: no view was given; give at least one clip.');
  return sum.means();
}

/** Adds up in double precision: thirty views in float32 would lose a digit. */
class ProbabilitySum {
  views = 0;
  private rows = 0;
  private readonly sums: number[] = [];

  /** `[rows, classes]`, which is disposed of. */
  async add(probabilities: tf.Tensor2D, views: number): Promise<void> {
    const [rows, classes] = probabilities.shape;
    const values = await probabilities.data();
    probabilities.dispose();
    for (let i = 0; i < rows * classes; i++)
      this.sums[i % classes] = (this.sums[i % classes] ?? 0) + values[i]!;
    this.rows += rows;
    this.views += views;
  }

  means(): number[] {
    return this.sums.map((sum) => sum / this.rows);
  }
}

function probabilitiesOf(
  model: LayersModel | FrozenModel,
  tensor: tf.Tensor,
  start: number,
  count: number,
  output: OutputKind,
): tf.Tensor2D {
  return tf.tidy(() => {
    const views: tf.Tensor =
      tensor.rank === 4 ? tf.expandDims(tensor, 0) : tf.slice(tensor, [start], [count]);
    const answer = model.predict(views, {batchSize: count}) as tf.Tensor;
    return probabilityRows(answer, output);
  });
}

/** The number of views in a tensor that fits the model. */
function asViews(model: LayersModel | FrozenModel, {shape}: tf.Tensor): number {
  const inputs = inputShapes(model);
  const [input, ...others] = inputs;
  const view = shape.slice(-4);
  const wanted = input!.slice(1);
  const fits = wanted.every((length, axis) => length === null || length === view[axis]);
  if ((shape.length === 4 || shape.length === 5) && others.length === 0 && wanted.length === 4 && fits)
    return shape.length === 4 ? 1 : shape[0]!;
  throw new InvalidArgumentError(
    `recognize: a view of shape [${shape.join(', ')}] for a model on ${inputs.map(partialShapeText).join(' and ')}; a clip ` +
      '[time, height, width, 3] or views [views, time, height, width, 3] of the lengths of the model are needed.',
  );
}
