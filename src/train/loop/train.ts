/**
 * The training loop: epochs of updates, and after each precise batch norm, validation, a checkpoint. A run that is taken up makes the
 * same numbers as one that was not interrupted, bit for bit: whatever is random depends on the seed and the position alone.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import type {Batches} from '../batches/batches';
import {forRecipe} from '../batches/for_recipe';
import {forModel} from '../batches/pictures';
import {checkClassifier, type Evaluation} from '../evaluation/evaluate';
import {completeRecipe, type Recipe} from '../recipes/recipe';
import {runReport} from '../report/run_report';
import {RunDirectory} from '../run_files/run_directory';
import type {EpochResult, TrainingRun, TrainProgress} from './progress';
import {TrainingSession} from './session';

export interface TrainOptions {
  /** How; `recipes` has those of the paper. */
  readonly recipe: Recipe;
  /** Evaluated after epochs, as `evaluate` does. */
  readonly validation?: Batches;
  /**
   * A folder for the run, in Node: checkpoints, the best weights, `log.jsonl`, the same for TensorBoard, `report.html`. Default:
   * nothing is written.
   */
  readonly directory?: string;
  /** Whether to go on with the run in `directory`, if there is one. Default false: a folder with a run is refused. */
  readonly resume?: boolean;
  /**
   * What `best.safetensors` of the directory is: `(model) => modelFile(model, info)` with `modelFile` of `tfjs-sts/zoo` makes it a file
   * that `loadModel` takes. Default: the weights alone.
   */
  readonly modelFile?: (model: LayersModel) => Promise<Uint8Array>;
  /** Updates from one checkpoint to the next; there is one after each epoch besides. Default 100. */
  readonly checkpointEvery?: number;
  /** After every update. */
  readonly onProgress?: (progress: TrainProgress) => void;
  /** After every epoch, its validation included. */
  readonly onEpoch?: (result: EpochResult) => void;
  /** Ends the run between two updates: a checkpoint is written, then the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Samples that a report shows. */
const WORST = 12;

const OPTIONS = optionNames<TrainOptions>({
  recipe: true,
  validation: true,
  directory: true,
  resume: true,
  modelFile: true,
  checkpointEvery: true,
  onProgress: true,
  onEpoch: true,
  signal: true,
});

/**
 * Trains a classifier on whatever backend is set, in place.
 *
 * @param model a LayersModel of one input and logits `[batch, classes]`; layers that are not trainable stay as they are
 * @param data whose classes the model has
 * @returns when the last epoch is over
 * @throws InvalidArgumentError for options, recipes and models that do not fit, and for a directory with another run or that another
 *     process writes; {@link TrainingDivergedError} when the loss is NaN or infinite
 * @example
 * const model = createNetwork('x3d_s_sts', {classes: data.classes.length, seed: 1});
 * await train(model, data, {recipe: recipes.finetuneKinetics('x3d_s_sts', {batchSize: 8, epochs: 10}), directory: 'run', resume: true});
 */
export async function train(model: LayersModel, data: Batches, options: TrainOptions): Promise<TrainingRun> {
  checkOptions('train', options, OPTIONS);
  const {validation, directory, resume = false, checkpointEvery = 100, signal} = options;
  checkCount('train', 'checkpointEvery', checkpointEvery);
  checkClassifier('train', model, data);
  if (validation !== undefined) checkClassifier('train: validation', model, validation);
  if (data.size < 1) throw new InvalidArgumentError('train: the data has no samples.');
  const recipe = completeRecipe('train', options.recipe);
  const runDirectory = directory === undefined ? undefined : new RunDirectory(directory);
  const augmented = forModel('train', model, forRecipe(data, recipe));
  signal?.throwIfAborted();
  const judged = validation && forModel('train: validation', model, validation);
  const session = new TrainingSession(
    model,
    augmented,
    judged,
    recipe,
    runDirectory,
    signal,
    options.modelFile,
  );
  try {
    await session.open(resume);
    const epochs: EpochResult[] = [];
    while (session.position.epoch < recipe.epochs) {
      await trainEpoch(session, {...options, checkpointEvery});
      const result = await endEpoch(session, model.name, runDirectory);
      epochs.push(result);
      await session.save();
      options.onEpoch?.(result);
      signal?.throwIfAborted();
    }
    session.finish();
    const {updates, best} = session.position;
    return {epochs, updates, best};
  } catch (error) {
    // It may have waited for data, made batch norm precise or judged: an epoch that is taken up does these two again.
    const saving = session.saveNew();
    if (signal?.aborted && error === signal.reason) await saving;
    // What ended the run counts, not what comes of it.
    else await saving.catch(() => {});
    throw error;
  } finally {
    try {
      await session.dispose();
    } finally {
      await runDirectory?.release();
    }
  }
}

async function trainEpoch(
  session: TrainingSession,
  {checkpointEvery, onProgress, signal}: TrainOptions & {readonly checkpointEvery: number},
): Promise<void> {
  const {epochs} = session.recipe;
  const {epoch, step: from, sums: before} = session.position;
  const begin = performance.now();
  for await (const batch of session.readings.training(epoch, from)) {
    const {learningRate} = session;
    await session.update(batch);
    const {step, updates, sums} = session.position;
    if (onProgress !== undefined) {
      const rate = (sums.samples - before.samples) / ((performance.now() - begin) / 1000);
      const samplesLeft = (epochs - epoch) * session.size - sums.samples;
      onProgress({
        ...{epoch, epochs, step, steps: session.steps, learningRate},
        loss: sums.loss / sums.samples,
        accuracy: sums.correct / sums.samples,
        samplesPerSecond: rate,
        secondsLeft: Math.max(0, samplesLeft) / rate,
      });
    }
    if (updates % checkpointEvery === 0) await session.save();
    signal?.throwIfAborted();
  }
}

async function endEpoch(
  session: TrainingSession,
  name: string,
  directory: RunDirectory | undefined,
): Promise<EpochResult> {
  const {epoch, sums} = session.position;
  if (sums.samples === 0)
    throw new InvalidArgumentError(
      `train: the data gave no batch in epoch ${epoch}, though it says that it has ${session.size} samples; batches(epoch, options) must give them in every epoch.`,
    );
  await session.normalizePrecisely();
  const judged = await session.validate(directory === undefined ? 0 : WORST);
  const {worst: _, ...metrics} = judged ?? {};
  const means = {loss: sums.loss / sums.samples, accuracy: sums.correct / sums.samples};
  const result = {epoch, ...means, ...(judged && {validation: metrics as Evaluation})};
  await directory?.log({kind: 'epoch', ...result});
  // Of what is known by now; pictures of samples are in the report alone.
  if (directory !== undefined) {
    const {recipe, position, steps, size, validated} = session;
    const run = {name, recipe, position, steps, size, lines: directory.lines(), validated};
    await directory.saveReport(await runReport(run));
  }
  session.endEpoch();
  return result;
}
