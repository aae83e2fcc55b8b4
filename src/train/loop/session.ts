/**
 * A run while it is trained: the model's weights, the optimizer, averages, where it stands. What happens in an update and after an
 * epoch; saving and taking up. The order of things is train.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, layers} from '@tensorflow/tfjs-layers';
import {divided, type Segment, wholeSegment} from '../../layers';
import {fromLayersModel, safetensors} from '../../models/checkpoints';
import {InvalidArgumentError} from '../../util/errors';
import {derivedSeed} from '../../util/seeded_random';
import type {Batch, Batches} from '../batches/batches';
import {type Evaluation, judge} from '../evaluation/evaluate';
import {WeightAverages, WeightUpdater} from '../optimization/optimizers';
import {
  allLayers,
  frozenLayers,
  isBatchNorm,
  type NamedWeight,
  namedWeights,
  type Parameter,
  parametersOf,
} from '../optimization/parameters';
import {learningRateAt} from '../optimization/schedules';
import type {CompleteRecipe} from '../recipes/recipe';
import type {RunDirectory} from '../run_files/run_directory';
import {type RunPosition, type RunTensors, runRecord, runStateFile, runTensors} from '../run_files/run_state';
import {type BatchResult, type BatchStepOptions, batchStep} from './batch_step';
import {brokenSamples} from './broken_samples';
import {passThrough} from './gradients';
import {preciseBatchNorm} from './precise_batch_norm';
import {TrainingDivergedError} from './progress';
import {type Readings, readingsOf} from './readings';
import {checkSame, checkSameRecipe, decisive} from './same_run';
import {NOTHING, STEP, type StepResult, TracedSteps} from './traced/traced_steps';

/** The bytes of a file that a model is kept in. */
export type ModelFile = (model: LayersModel) => Promise<Uint8Array>;

const weightsAlone: ModelFile = async (model) => safetensors.write(await fromLayersModel(model));

const NO_SUMS = {loss: 0, correct: 0, samples: 0};

/** Different purposes draw different numbers of one seed. */
const PURPOSE = {dropout: 0, preciseBatches: 1, preciseDropout: 2} as const;

export class TrainingSession {
  readonly readings: Readings;
  position: RunPosition = {epoch: 0, step: 0, updates: 0, sums: NO_SUMS, best: null};
  /** The last one of this session, with its worst samples. */
  validated: Evaluation | undefined;
  private readonly weights: NamedWeight[];
  private readonly frozen: Set<layers.Layer>;
  private readonly parameters: Parameter[];
  private readonly updater: WeightUpdater;
  private readonly averages: WeightAverages | undefined;
  private readonly stilled: layers.Layer[];
  /** Batch normalizations that learn. */
  private readonly norms: layers.Layer[];
  private readonly tracedSteps: TracedSteps<StepResult> | undefined;
  private readonly tracedPasses: TracedSteps<void> | undefined;
  private segments: readonly Segment[] | undefined;
  /** Of the last checkpoint. */
  private savedUpdates: number | undefined;
  /** Within an update, or after one that failed: weights and position do not belong together. */
  private isLearning = false;

  constructor(
    private readonly model: LayersModel,
    private readonly data: Batches,
    private readonly validation: Batches | undefined,
    readonly recipe: CompleteRecipe,
    private readonly directory: RunDirectory | undefined,
    private readonly signal: AbortSignal | undefined,
    private readonly modelFile: ModelFile = weightsAlone,
  ) {
    this.weights = namedWeights(model, 'train');
    this.frozen = frozenLayers(model, recipe, 'train');
    this.parameters = parametersOf(this.weights, this.frozen, recipe);
    if (this.parameters.length === 0)
      throw new InvalidArgumentError('train: no weight of the model learns; all of its layers are frozen.');
    this.updater = new WeightUpdater(this.parameters, recipe.optimizer, recipe.clip);
    const {averageDecay} = recipe;
    this.averages = averageDecay === undefined ? undefined : new WeightAverages(this.weights, averageDecay);
    // Frozen norms go by their averages in training too, which the layers themselves see to.
    this.stilled = [...this.frozen].filter((layer) => layer.trainable);
    for (const layer of this.stilled) layer.trainable = false;
    this.norms = allLayers(model).filter((layer) => isBatchNorm(layer) && layer.trainable);
    this.readings = readingsOf({
      ...{training: data, validation, recipe, signal},
      preciseBatches: this.norms.length === 0 ? 0 : recipe.preciseBatchNorm,
      preciseSeed: this.seedOf('preciseBatches', recipe.seed),
    });
    // A step that recomputes moves averages and draws dropout twice.
    if (!recipe.recompute) {
      this.tracedSteps = new TracedSteps(model, this.weights, STEP);
      this.tracedPasses = new TracedSteps(model, this.weights, NOTHING);
    }
  }

  /** Samples of an epoch. */
  get size(): number {
    return this.data.size;
  }

  get steps(): number {
    return Math.ceil(this.data.size / this.recipe.batchSize);
  }

  get learningRate(): number {
    const {learningRate, epochs, schedule} = this.recipe;
    const {epoch, step} = this.position;
    const run = {learningRate, epochs, iterationsPerEpoch: this.steps};
    // Data that gives more batches than it said stays at the rate of the epoch's last one.
    return learningRateAt(schedule, run, epoch * this.steps + Math.min(step, this.steps - 1));
  }

  /** One update. The batch is disposed. @throws TrainingDivergedError, before a weight has changed */
  async update(batch: Batch): Promise<void> {
    this.isLearning = true;
    try {
      await this.learn(batch);
      this.isLearning = false;
    } finally {
      tf.dispose([batch.x, batch.y]);
    }
  }

  private async learn(batch: Batch): Promise<void> {
    this.position = {...this.position, step: batch.step ?? this.position.step};
    const {recipe, position, learningRate} = this;
    const {seed, loss, microBatchSize} = recipe;
    const drawn = derivedSeed(this.seedOf('dropout', seed), position.updates);
    const options = {loss, microBatchSize, seed: drawn, traced: this.tracedSteps};
    const result = await this.gradientsOf(batch, options);
    const {gradients, samples, correct} = result;
    let gradientNorm: number | undefined;
    try {
      gradientNorm = await this.updater.norm(gradients);
      if (!Number.isFinite(result.loss)) throw await this.diverged(`the loss is ${result.loss}`, batch);
      if (!Number.isFinite(gradientNorm ?? 0))
        throw await this.diverged(`the norm of the gradients is ${gradientNorm}`, batch);
      this.updater.apply(gradients, learningRate, gradientNorm);
    } finally {
      tf.dispose([...gradients.values()]);
    }
    this.averages?.update();
    const {sums, step, updates} = position;
    this.position = {
      ...position,
      step: step + 1,
      updates: updates + 1,
      sums: {
        loss: sums.loss + result.loss * samples,
        correct: sums.correct + correct,
        samples: sums.samples + samples,
      },
    };
    const {epoch} = position;
    const line = {epoch, step, loss: result.loss, accuracy: correct / samples, learningRate, gradientNorm};
    await this.directory?.log({kind: 'update', update: updates + 1, ...line});
  }

  private async gradientsOf(batch: Batch, options: BatchStepOptions): Promise<BatchResult> {
    return batchStep(this.segmentsFor(batch.x), batch, this.parameters, options);
  }

  /** The model in one segment, or in those that are recomputed; which ones decides the first batch. */
  private segmentsFor(x: tf.Tensor): readonly Segment[] {
    this.segments ??= this.recipe.recompute
      ? divided('train', this.model, x.shape)
      : [wholeSegment(this.model)];
    return this.segments;
  }

  private seedOf(purpose: keyof typeof PURPOSE, seed: number): number {
    return derivedSeed(seed, PURPOSE[purpose]);
  }

  /** Averages of the batch normalizations that learn, anew. */
  async normalizePrecisely(): Promise<void> {
    const {preciseBatchNorm: count, seed} = this.recipe;
    const {epoch} = this.position;
    const batches = this.readings.precise(epoch);
    if (batches === undefined) return;
    const drawn = derivedSeed(this.seedOf('preciseDropout', seed), epoch);
    const pass = (batch: Batch) => {
      const compute = () => passThrough(this.segmentsFor(batch.x), batch.x);
      if (this.tracedPasses === undefined) compute();
      else this.tracedPasses.run(batch, compute);
    };
    await preciseBatchNorm(pass, this.weights, this.norms, batches, {count, seed: drawn});
  }

  /**
   * Validates the averages, if there are some, and keeps what is best.
   *
   * @param worst how many of the worst samples are to be in it
   * @returns undefined after an epoch that is not validated
   * @throws TrainingDivergedError for weights that are not finite, whose answers could be the best by chance
   */
  async validate(worst: number): Promise<Evaluation | undefined> {
    const {model, validation, recipe, signal} = this;
    const batches = this.readings.validation(this.position.epoch);
    if (validation === undefined || batches === undefined) return undefined;
    if ((await this.brokenWeights()).length > 0) throw await this.diverged('weights are not finite');
    this.averages?.swap();
    try {
      const result = await judge(model, validation, batches, {loss: recipe.loss, worst, signal});
      this.validated = result;
      const {best, epoch} = this.position;
      if (best === null || result.top1 > best.top1) {
        this.position = {...this.position, best: {epoch, top1: result.top1}};
        if (this.directory !== undefined) await this.directory.saveBest([await this.modelFile(this.model)]);
      }
      return result;
    } finally {
      this.averages?.swap();
    }
  }

  /** Goes on to the next epoch. */
  endEpoch(): void {
    const {epoch} = this.position;
    this.position = {...this.position, epoch: epoch + 1, step: 0, sums: NO_SUMS};
  }

  /** @throws TrainingDivergedError instead of replacing a good checkpoint with one that is not finite */
  async save(): Promise<void> {
    if (this.directory === undefined) return;
    const {recipe, position, data} = this;
    const record = {recipe: decisive(recipe), classes: data.classes, size: data.size, position};
    const parts = await runStateFile(this.tensors(), record);
    if (parts === undefined) throw await this.diverged('weights are not finite');
    await this.directory.saveCheckpoint(parts);
    this.savedUpdates = position.updates;
  }

  /** Keeps the updates that no checkpoint has yet, all but one that failed. */
  async saveNew(): Promise<void> {
    if (!this.isLearning && this.position.updates > (this.savedUpdates ?? 0)) await this.save();
  }

  /** Takes up the run of the directory, if there is one. @throws InvalidArgumentError for a run of another recipe, data or model */
  async open(resume: boolean): Promise<void> {
    const file = await this.directory?.open(resume, 'train');
    if (file === undefined) return;
    const {recipe, position, classes, size} = runRecord(file, 'train');
    checkSameRecipe(this.recipe, recipe, position.epoch);
    checkSame('data', {classes: this.data.classes, size: this.data.size}, {classes, size});
    const tensors = runTensors(file, this.tensors(), 'train');
    for (const {name, weight} of this.weights) weight.assign(tensors.weights.get(name)!);
    this.updater.restore(tensors.optimizer, position.updates);
    this.averages?.restore(tensors.averages);
    tf.dispose(Object.values(tensors).flatMap((group: RunTensors['weights']) => [...group.values()]));
    this.position = position;
    this.savedUpdates = position.updates;
    await this.directory?.cutLog(position);
  }

  private tensors(): RunTensors {
    return {
      weights: new Map(this.weights.map(({name, weight}) => [name, weight.read()])),
      optimizer: this.updater.tensors(),
      averages: this.averages?.tensors() ?? new Map(),
    };
  }

  /** Names of weights that are not finite. */
  private async brokenWeights(): Promise<string[]> {
    const broken: string[] = [];
    for (const {name, weight} of this.weights)
      if (!(await weight.read().data()).every(Number.isFinite)) broken.push(name);
    return broken;
  }

  /** @param batch that this came of, if it was one: only now is looked at its values, which would cost in every step */
  private async diverged(what: string, batch?: Batch): Promise<TrainingDivergedError> {
    const {epoch, step} = this.position;
    const checkpoint = this.savedUpdates === undefined ? undefined : this.directory?.checkpointPath;
    const good =
      checkpoint === undefined ? 'There is no checkpoint' : `The last good checkpoint is ${checkpoint}`;
    const samples = batch && (await brokenSamples(batch));
    const message =
      samples === undefined
        ? `${what} in epoch ${epoch}, step ${step}, at a learning rate of ${this.learningRate}. ${await this.stateOfWeights()}. ${good}. Train again with a lower learningRate (--rate), a longer warm-up or clip: {norm: 1}.`
        : `in epoch ${epoch}, step ${step} the data gave ${samples}, so that ${what}. ${good}. Leave such samples out, or mend what makes their values, such as a division by 0.`;
    return new TrainingDivergedError(`train: ${message}`, epoch, step, checkpoint);
  }

  private async stateOfWeights(): Promise<string> {
    const broken = await this.brokenWeights();
    if (broken.length === 0) return 'All weights are finite';
    return broken.length === 1
      ? `${broken[0]} is not finite`
      : `First of ${broken.length} weights that are not finite: ${broken[0]}`;
  }

  /** The run is over: the averages become the weights. */
  finish(): void {
    this.averages?.swap();
  }

  /** Gives the layers back as they were. Nothing is read any more when it is over. */
  async dispose(): Promise<void> {
    for (const layer of this.stilled) layer.trainable = true;
    this.tracedSteps?.dispose();
    this.tracedPasses?.dispose();
    this.updater.dispose();
    this.averages?.dispose();
    await this.readings.close();
  }
}
