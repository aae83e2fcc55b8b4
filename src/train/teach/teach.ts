/**
 * A network taught classes of one's own from few clips: a new classifier on features that are computed once, and if wanted the last
 * stage after it. The features come from features.ts, the updates from the training loop.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type Cut, classifierOf, cutsOf, outputKind, tailOf, withClasses} from '../../layers';
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkLayersModel} from '../../util/models';
import {checkOptions, optionNames} from '../../util/names';
import {checkSeed} from '../../util/seeded_random';
import type {Batches} from '../batches/batches';
import {forModel} from '../batches/pictures';
import {train} from '../loop/train';
import type {RecipeOverrides} from '../recipes';
import type {Recipe} from '../recipes/recipe';
import {
  Body,
  type ClipsByClass,
  checkClips,
  type FeatureCache,
  featuresOfClips,
  featuresOfData,
  featuresOfSamples,
} from './features';
import type {CachedSamples} from './samples';

/** What is going on: features are computed, the classifier learns, the last stage learns. */
export type TeachStage = 'features' | 'classifier' | 'last stage';

export interface TeachOptions {
  /** Clips by the names of their classes, which stay the caller's, or a data set. */
  readonly classes: ClipsByClass | Batches;
  /** Of a data set: how many epochs of it are read, each differently augmented if the data set augments. Default 1. */
  readonly views?: number;
  /** How the classifier learns; any field of a recipe. */
  readonly recipe?: RecipeOverrides;
  /**
   * Whether the last stage learns too, afterwards: all layers since the picture was made smaller for the last time, batch normalization
   * excepted. An object says what of its recipe is to be otherwise. Default false.
   */
  readonly lastStage?: boolean | RecipeOverrides;
  /** Clips in one run of the network, of a data set. Default 4. */
  readonly batchSize?: number;
  /** Features that are known, of clips given as tensors; new ones are put there. */
  readonly cache?: FeatureCache;
  /** Order, dropout, and what a data set augments. Default 0. */
  readonly seed?: number;
  readonly onProgress?: (stage: TeachStage, done: number, total: number) => void;
  /** Ends it: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const OPTIONS = optionNames<TeachOptions>({
  classes: true,
  views: true,
  recipe: true,
  lastStage: true,
  batchSize: true,
  cache: true,
  seed: true,
  onProgress: true,
  signal: true,
});

/** A model that knows new classes. */
export interface Taught {
  /** Logits `[batch, classes]`. The caller's to dispose. */
  readonly model: LayersModel;
  /** Names of the classes in the order of the logits. */
  readonly labels: readonly string[];
}

/** Updates that the classifier takes, and samples each is of. */
const HEAD = {updates: 200, batchSize: 32};

/**
 * Teaches a network classes of one's own. All but its classifier is used as it is, so that each clip passes through it once; the new
 * classifier then learns on these features in moments. Classes count the same however many clips each has.
 *
 * @param model a classifier of logits, of any classes; stays as it is and the caller's
 * @param options `classes`: `{wave: [clip, ...], still: [clip, ...]}`, or a data set
 * @returns a new model; `saveModel(model, path, {...info, labels})` makes a file of it
 * @throws InvalidArgumentError for fewer than two classes, clips that the model does not take, a model that does not end in a
 *     classifier, and for `lastStage` where a network has no place that everything passes through
 * @example
 * const {model, info} = await loadModel('efficientnet_lite0_sts');
 * const taught = await teach(model, {classes: await datasets.folder('clips', info)});
 * await saveModel(taught.model, 'mine.safetensors', {...info, labels: taught.labels});
 */
export async function teach(model: LayersModel, options: TeachOptions): Promise<Taught> {
  checkOptions('teach', options, OPTIONS);
  const {classes, views = 1, batchSize = 4, seed = 0, lastStage = false} = options;
  const labels = check(model, options);
  checkCount('teach', 'views', views);
  checkCount('teach', 'batchSize', batchSize);
  checkSeed('teach', seed);
  const taught = withClasses('teach', model, labels.length);
  try {
    const teaching = {...options, batchSize, seed};
    const learn = lastStage === false ? learnHead : learnStage;
    await learn(taught, teaching, async (body) => {
      const features = {
        batchSize,
        onSample: (done: number, total: number) => options.onProgress?.('features', done, total),
        ...(options.signal && {signal: options.signal}),
      };
      if (!isBatches(classes))
        return featuresOfClips(body, classes, options.cache ?? new WeakMap(), features);
      const found = await featuresOfData(
        body,
        forModel('teach', model, classes),
        {epochs: views, seed},
        features,
      );
      if (found.size > 0) return found;
      throw new InvalidArgumentError('teach: the data set gave no clip; its summary() says why.');
    });
    return {model: taught, labels};
  } catch (error) {
    taught.dispose();
    throw error;
  }
}

type Teaching = TeachOptions & {readonly batchSize: number; readonly seed: number};

/** Gives the samples for what follows a body. */
type SampleSource = (body: Body) => Promise<CachedSamples>;

const isBatches = (classes: ClipsByClass | Batches): classes is Batches =>
  typeof (classes as Batches).batches === 'function';

/** The names of the classes. */
function check(model: LayersModel, {classes}: TeachOptions): readonly string[] {
  checkLayersModel('teach', model);
  const {shape} = model.outputs[0]!;
  if (model.inputs.length !== 1 || model.outputs.length !== 1 || shape.length !== 2) {
    const of = (values: readonly {readonly shape: readonly (number | null)[]}[]) =>
      values.map((value) => `[${value.shape.join(', ')}]`).join(' and ');
    throw new InvalidArgumentError(
      `teach: the model takes ${of(model.inputs)} and answers ${of(model.outputs)}; one input and one answer [batch, classes] are needed.`,
    );
  }
  if (outputKind(model) === 'probabilities') {
    throw new InvalidArgumentError(
      "teach: the model ends in probabilities, what learns is logits; make it without its softmax, as createNetwork(name, {activation: 'linear'}) does.",
    );
  }
  classifierOf('teach', model);
  const isObject = typeof classes === 'object' && classes !== null;
  const labels = !isObject ? [] : isBatches(classes) ? classes.classes : Object.keys(classes);
  if (labels.length < 2)
    throw new InvalidArgumentError(
      `teach: there is ${labels.length === 1 ? 'one class' : 'no class'}; give at least two, {wave: [clip, ...], still: [clip, ...]}, or a data set.`,
    );
  if (!isBatches(classes)) checkClips('teach', model, classes);
  return labels;
}

async function learnHead(model: LayersModel, teaching: Teaching, source: SampleSource): Promise<void> {
  const classifier = classifierOf('teach', model);
  const cut = cutsOf(model)
    .filter(({after}) => after.some(({layer}) => layer === classifier))
    .at(-1)!;
  const samples = await withBody(model, cut, source);
  const batchSize = teaching.recipe?.batchSize ?? HEAD.batchSize;
  // Adam's first step moves every weight by the rate, and so a logit by the rate times the sum of a sample's features.
  const featuresOfLogit = cut.value.shape.at(-1)! * samples.meanSize();
  await learnTail(model, cut, samples, teaching, 'classifier', {
    epochs: Math.ceil(HEAD.updates / Math.ceil(samples.size / batchSize)),
    batchSize,
    learningRate: featuresOfLogit > 0 ? 0.3 / featuresOfLogit : 1e-3,
    optimizer: {name: 'adamw'},
    ...teaching.recipe,
  });
}

/** The classifier on what comes out of the last stage, then both. */
async function learnStage(model: LayersModel, teaching: Teaching, source: SampleSource): Promise<void> {
  const cut = lastStageOf(model);
  const samples = await withBody(model, cut, source);
  const {lastStage} = teaching;
  const stage = tailOf(model, cut);
  try {
    await learnHead(stage.model, teaching, (body) => featuresOfSamples(body, samples, teaching.batchSize));
    stage.writeBack();
  } finally {
    stage.model.dispose();
  }
  await learnTail(model, cut, samples, teaching, 'last stage', {
    epochs: 20,
    batchSize: 8,
    learningRate: 1e-4,
    optimizer: {name: 'adamw'},
    weightDecay: 0.01,
    decayNorms: false,
    decayBiases: false,
    batchNorms: 'none',
    ...(typeof lastStage === 'object' && lastStage),
  });
}

async function withBody(model: LayersModel, cut: Cut, source: SampleSource): Promise<CachedSamples> {
  const body = new Body(model, cut);
  try {
    return await source(body);
  } finally {
    body.dispose();
  }
}

async function learnTail(
  model: LayersModel,
  cut: Cut,
  samples: CachedSamples,
  {seed, onProgress, signal}: Teaching,
  stage: TeachStage,
  recipe: Recipe,
): Promise<void> {
  const tail = tailOf(model, cut);
  const counts = samples.perClass();
  const classWeights = counts.map((count) => (count === 0 ? 1 : samples.size / (counts.length * count)));
  try {
    await train(tail.model, samples, {
      recipe: {
        schedule: {name: 'cosine', per: 'iteration'},
        loss: {name: 'softmax', classWeights},
        seed,
        ...recipe,
      },
      onProgress: ({epoch, epochs, step, steps}) => onProgress?.(stage, epoch * steps + step, epochs * steps),
      ...(signal && {signal}),
    });
    tail.writeBack();
  } finally {
    tail.model.dispose();
  }
}

/** Where the last stage begins: the last place before which the picture is larger than at the end. */
function lastStageOf(model: LayersModel): Cut {
  const area = ({value}: Cut) => {
    const [height, width] = value.shape.slice(-3, -1);
    return value.shape.length < 4 ? 1 : (height ?? 1) * (width ?? 1);
  };
  const cuts = cutsOf(model).filter((cut) => area(cut) > 1);
  const last = cuts.at(-1);
  const begin = last && cuts.filter((cut) => area(cut) > area(last)).at(-1);
  if (begin !== undefined && !model.inputs.includes(begin.value)) return begin;
  throw new InvalidArgumentError(
    "teach: lastStage: the network has no place in it that everything passes through, as those of several paths have not; train it with train and {frozen: ['...*']} for what stays.",
  );
}
