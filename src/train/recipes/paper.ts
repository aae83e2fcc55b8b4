/**
 * The recipes of the paper as data, one per stage and family, from the authors' files (UCSC-VLAA/Image-Pretraining-for-Video, c52c946).
 * Rates are for their batches; for another batch size they are scaled.
 */
import {InvalidArgumentError} from '../../util/errors';
import {knownNames} from '../../util/names';
import {completeRecipe, type Recipe} from './recipe';

/** The families whose values the authors published. */
const FAMILIES = ['slowfast', 'slowonly', 'r2plus1d', 'ircsn', 'x3d'] as const;
type Family = (typeof FAMILIES)[number];

/** What of a recipe may be said otherwise: everything. */
export type RecipeOverrides = Partial<Recipe>;

/** The family of the paper that a network is of, if any. */
export function paperFamily(network: string): Family | undefined {
  return FAMILIES.find((name) => network === name || network.startsWith(`${name}_`));
}

function familyOf(caller: string, network: string): Family {
  const family = paperFamily(network);
  if (family !== undefined) return family;
  throw new InvalidArgumentError(
    `${caller}: the authors have no recipe for ${JSON.stringify(network)}${knownNames(network, FAMILIES)}. Give the family that is nearest, and what should differ.`,
  );
}

/** Of 8 processes in all stages, "this lr is used for 8 gpus". */
const PROCESSES = 8;

/** The rate for another batch size: in proportion to it (Goyal et al., 2017), or to its root for LAMB (You et al., ICLR 2020). */
function scaled(recipe: Recipe, overrides: RecipeOverrides): Recipe {
  const share = (overrides.batchSize ?? recipe.batchSize) / recipe.batchSize;
  const factor = recipe.optimizer.name === 'lamb' ? Math.sqrt(share) : share;
  return {...recipe, learningRate: recipe.learningRate * factor, ...overrides};
}

function made(caller: string, recipe: Recipe, overrides: RecipeOverrides): Recipe {
  const whole = scaled(recipe, overrides);
  completeRecipe(caller, whole);
  return whole;
}

/** SGD with momentum, gradients clipped at 40, cosine by epoch to 0 after 5 epochs of warm-up by iteration from a tenth. */
const FINETUNING = {
  epochs: 50,
  optimizer: {name: 'sgd', momentum: 0.9},
  weightDecay: 1e-4,
  clip: {norm: 40},
  augmentation: {interpolation: 'bilinear'},
  schedule: {name: 'cosine', warmup: {epochs: 5}},
} as const;

/**
 * Pre-training of a network's image form on ImageNet: LAMB, binary cross entropy, 300 epochs, "ResNet strikes back" A2. The same for all
 * families. Clips are cut, flipped and changed by RandAugment m7, each 3 times in a row; batches are mixed by mixup 0.1 or cutmix 1.
 *
 * @param network a name as of `createNetwork`, or its family
 * @param overrides any field; without `learningRate` the rate goes with the root of `batchSize`
 * @throws InvalidArgumentError for a family that the authors have not, and for unknown fields
 * @example
 * recipes.imagePretraining('x3d_s_image', {batchSize: 64, epochs: 30});
 */
export function imagePretraining(network: string, overrides: RecipeOverrides = {}): Recipe {
  const caller = 'recipes.imagePretraining';
  familyOf(caller, network);
  const recipe: Recipe = {
    epochs: 300,
    batchSize: 256 * PROCESSES,
    learningRate: 5e-3,
    optimizer: {name: 'lamb'},
    weightDecay: 0.02,
    decayNorms: false,
    decayBiases: false,
    clip: {norm: 1, epsilon: 0},
    schedule: {name: 'cosine', minimum: 1e-6, warmup: {epochs: 5, startRate: 5e-6, per: 'epoch'}},
    loss: {name: 'binary'},
    augmentation: {randAugment: {}},
    mix: {mixup: 0.1, cutmix: 1},
    repeats: 3,
  };
  return made(caller, recipe, overrides);
}

/**
 * Fine-tuning on Kinetics-400: SGD at 0.01 (SlowOnly and X3D 0.02) for 128 clips (X3D 256), 50 epochs (X3D 100), precise batch norm of
 * 200 batches but for CSN. Clips are cut at random and flipped.
 *
 * @param network a name as of `createNetwork`, or its family
 * @param overrides any field; without `learningRate` the rate goes in proportion to `batchSize`
 * @throws InvalidArgumentError for a family that the authors have not, and for unknown fields
 * @example
 * recipes.finetuneKinetics('slowonly_r50_8x8_sts', {batchSize: 16, microBatchSize: 4});
 */
export function finetuneKinetics(network: string, overrides: RecipeOverrides = {}): Recipe {
  const caller = 'recipes.finetuneKinetics';
  const family = familyOf(caller, network);
  const isX3d = family === 'x3d';
  const recipe: Recipe = {
    ...FINETUNING,
    batchSize: (isX3d ? 32 : 16) * PROCESSES,
    learningRate: isX3d || family === 'slowonly' ? 0.02 : 0.01,
    validateEvery: 5,
    ...(isX3d && {epochs: 100, decayNorms: false, decayBiases: false}),
    ...(family !== 'ircsn' && {preciseBatchNorm: 200}),
  };
  return made(caller, recipe, overrides);
}

/**
 * Fine-tuning on Something-Something V2, whose clips must not be flipped: SGD at 0.1 for 64 clips, 50 epochs, no precise batch norm.
 *
 * @param network a name as of `createNetwork`, or its family
 * @param overrides any field; without `learningRate` the rate goes in proportion to `batchSize`
 * @throws InvalidArgumentError for a family that the authors have not, and for unknown fields
 */
export function finetuneSomething(network: string, overrides: RecipeOverrides = {}): Recipe {
  const caller = 'recipes.finetuneSomething';
  familyOf(caller, network);
  const recipe: Recipe = {
    ...FINETUNING,
    batchSize: 8 * PROCESSES,
    learningRate: 0.1,
    augmentation: {...FINETUNING.augmentation, flip: 0},
  };
  return made(caller, recipe, overrides);
}
