/**
 * What a recipe is: everything that decides how a network is trained, as plain data. Checked as a whole before a run; which values
 * the paper took for which network is paper.ts.
 */
import {checkCount} from '../../util/counts';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, knownNames, optionNames} from '../../util/names';
import {checkSeed} from '../../util/seeded_random';
import {checkAugmentation, checkMix} from '../augment';
import type {DataRecipe} from '../batches/batches';
import type {LossConfig} from '../optimization/losses';
import type {
  AdamWConfig,
  ClipConfig,
  LambConfig,
  OptimizerConfig,
  SgdConfig,
} from '../optimization/optimizers';
import type {GroupConfig, LayerRate} from '../optimization/parameters';
import type {
  ConstantSchedule,
  CosineSchedule,
  ScheduleConfig,
  StepSchedule,
  WarmupConfig,
} from '../optimization/schedules';

/**
 * How a network is trained. What of it is the data's (`augmentation`, `mix`, `repeats`) holds for data sets of `datasets` and
 * `generated` that do not say otherwise themselves.
 */
export interface Recipe extends GroupConfig, DataRecipe {
  readonly epochs: number;
  /** Samples that an update is made of. */
  readonly batchSize: number;
  /**
   * Samples that go through the network at once: gradients are added up over such pieces of a batch, which take less memory. Batch
   * normalization sees a piece at a time. Default: the whole batch.
   */
  readonly microBatchSize?: number;
  /**
   * Whether a step keeps what passes between segments of the network alone, and computes the rest anew for the gradients (gradient
   * checkpointing). Less memory, at most another forward pass, the same numbers to the bit. Default false.
   */
  readonly recompute?: boolean;
  /** The base rate, for this batch size. */
  readonly learningRate: number;
  readonly optimizer: OptimizerConfig;
  /** Default: no clipping. */
  readonly clip?: ClipConfig;
  /** Default: cosine by epoch, without warm-up. */
  readonly schedule?: ScheduleConfig;
  /** Default: softmax cross entropy. */
  readonly loss?: LossConfig;
  /** Decay of the moving average of all weights, such as 0.9999; the averages are what is evaluated and what remains. Default: none. */
  readonly averageDecay?: number;
  /**
   * Batches after each epoch over which the moving averages of batch normalization are made anew, as plain means, with the weights as
   * they are ("precise batch norm"). Default 0: they stay moving averages.
   */
  readonly preciseBatchNorm?: number;
  /** Epochs from one validation to the next; the last one is always validated. Default 1. */
  readonly validateEvery?: number;
  /** Decides order and augmentation of the data, and dropout. Default 0. */
  readonly seed?: number;
}

const RECIPE = optionNames<Recipe>({
  epochs: true,
  batchSize: true,
  microBatchSize: true,
  recompute: true,
  learningRate: true,
  optimizer: true,
  clip: true,
  schedule: true,
  loss: true,
  averageDecay: true,
  preciseBatchNorm: true,
  validateEvery: true,
  seed: true,
  augmentation: true,
  mix: true,
  repeats: true,
  weightDecay: true,
  decayNorms: true,
  decayBiases: true,
  layerRates: true,
  frozen: true,
  batchNorms: true,
});

const adam = {name: true, beta1: true, beta2: true, epsilon: true} as const;
const OPTIMIZERS: Record<string, readonly string[]> = {
  sgd: optionNames<SgdConfig>({name: true, momentum: true, nesterov: true}),
  adamw: optionNames<AdamWConfig>(adam),
  lamb: optionNames<LambConfig>(adam),
};

const decay = {per: true, minimum: true, warmup: true} as const;
const SCHEDULES: Record<string, readonly string[]> = {
  cosine: optionNames<CosineSchedule>({name: true, ...decay}),
  step: optionNames<StepSchedule>({name: true, epochs: true, factor: true, ...decay}),
  constant: optionNames<ConstantSchedule>({name: true, warmup: true}),
};

const WARMUP = optionNames<WarmupConfig>({epochs: true, startFactor: true, startRate: true, per: true});
const LOSS = optionNames<LossConfig>({name: true, labelSmoothing: true, classWeights: true});
const LOSSES: Record<string, readonly string[]> = {softmax: LOSS, binary: LOSS};
const CLIP = optionNames<ClipConfig>({norm: true, epsilon: true});
const LAYER_RATE = optionNames<LayerRate>({layers: true, factor: true});

/** A recipe that leaves nothing to defaults which a reader of a run's record would have to know. */
export type CompleteRecipe = Recipe &
  Required<
    Pick<Recipe, 'microBatchSize' | 'schedule' | 'loss' | 'preciseBatchNorm' | 'validateEvery' | 'seed'>
  >;

/**
 * @param caller begins the messages
 * @throws InvalidArgumentError for fields that nobody knows, also of what is within, and values out of range
 */
export function completeRecipe(caller: string, recipe: Recipe): CompleteRecipe {
  checkOptions(`${caller}: recipe`, recipe, RECIPE);
  const complete = {
    microBatchSize: recipe.batchSize,
    schedule: {name: 'cosine'},
    loss: {name: 'softmax'},
    preciseBatchNorm: 0,
    validateEvery: 1,
    seed: 0,
    ...recipe,
  } as const;
  const check = checksOf(`${caller}: recipe`);
  for (const name of ['epochs', 'batchSize', 'microBatchSize', 'validateEvery'] as const)
    checkCount(`${caller}: recipe`, name, complete[name]);
  checkSeed(`${caller}: recipe`, complete.seed);
  check.oneOf('recompute', complete.recompute ?? false, [true, false]);
  check.atLeast('learningRate', complete.learningRate, 0);
  check.atLeast('preciseBatchNorm', complete.preciseBatchNorm, 0);
  check.atLeast('weightDecay', complete.weightDecay ?? 0, 0);
  check.share('averageDecay', complete.averageDecay ?? 0);
  check.kind('optimizer', complete.optimizer, OPTIMIZERS);
  check.kind('schedule', complete.schedule, SCHEDULES);
  check.kind('loss', complete.loss, LOSSES);
  check.share('loss.labelSmoothing', complete.loss.labelSmoothing ?? 0);
  if (complete.augmentation !== undefined)
    checkAugmentation(`${caller}: recipe.augmentation`, complete.augmentation);
  if (complete.mix !== undefined) checkMix(`${caller}: recipe.mix`, complete.mix);
  checkCount(`${caller}: recipe`, 'repeats', complete.repeats ?? 1);
  const {clip, layerRates = [], batchNorms = 'all', schedule} = complete;
  if (clip !== undefined) {
    checkOptions(`${caller}: recipe.clip`, clip, CLIP);
    check.atLeast('clip.norm', clip.norm, Number.MIN_VALUE);
  }
  for (const rate of layerRates) {
    checkOptions(`${caller}: recipe.layerRates`, rate, LAYER_RATE);
    check.atLeast('layerRates.factor', rate.factor, 0);
  }
  check.oneOf('batchNorms', batchNorms, ['all', 'partial', 'none']);
  if (schedule.warmup !== undefined) {
    checkOptions(`${caller}: recipe.schedule.warmup`, schedule.warmup, WARMUP);
    check.atLeast('schedule.warmup.epochs', schedule.warmup.epochs, Number.MIN_VALUE);
  }
  return complete;
}

function checksOf(caller: string) {
  const refuse = (name: string, value: unknown, needed: string): never => {
    throw new InvalidArgumentError(`${caller}: ${name} is ${JSON.stringify(value)}; it must be ${needed}.`);
  };
  return {
    atLeast(name: string, value: number, least: number) {
      if (typeof value === 'number' && value >= least && value < Infinity) return;
      refuse(name, value, least === 0 ? 'a number of at least 0' : 'a number above 0');
    },
    share(name: string, value: number) {
      if (typeof value !== 'number' || !(value >= 0 && value < 1))
        refuse(name, value, 'at least 0 and below 1');
    },
    oneOf<T>(name: string, value: T, known: readonly T[]) {
      if (!known.includes(value)) refuse(name, value, `one of ${known.join(', ')}`);
    },
    /** One of several configs, told apart by their names. */
    kind(field: string, config: {readonly name: string}, kinds: Record<string, readonly string[]>) {
      const name: unknown = config?.name;
      const known = typeof name === 'string' && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (known !== undefined) return checkOptions(`${caller}.${field}`, config, known);
      throw new InvalidArgumentError(
        `${caller}: ${field} is called ${JSON.stringify(name)}${knownNames(String(name), Object.keys(kinds))}.`,
      );
    },
  };
}
