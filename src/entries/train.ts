/**
 * Entry "tfjs-sts/train": training of classifiers of clips and pictures. Importing it registers gradients and layers as the entry
 * "tfjs-sts" does.
 */
import {registerWithHost} from '../layers';

registerWithHost();

export type {
  Augmentation,
  ByteClip,
  ColourJitter,
  Interpolation,
  MixOptions,
  RandAugmentOptions,
  RandomSource,
  ValueRange,
} from '../train/augment';
export {augment, type RandomPurpose, randomAt} from '../train/augment';
export type {Batch, Batches, BatchesOptions, BegunEpoch, DataRecipe, Room} from '../train/batches/batches';
export type {Dataset, DatasetSummary, SplitOptions} from '../train/data/dataset';
export {type GeneratedOptions, generated} from '../train/data/generated';
export {type EvaluateOptions, type Evaluation, evaluate} from '../train/evaluation/evaluate';
export type {ClassMetrics, Metrics} from '../train/evaluation/metrics';
export type {WorstSample} from '../train/evaluation/worst';
export {
  type EpochResult,
  TrainingDivergedError,
  type TrainingRun,
  type TrainProgress,
} from '../train/loop/progress';
export {type TrainOptions, train} from '../train/loop/train';
export type {LossConfig} from '../train/optimization/losses';
export type {
  AdamWConfig,
  ClipConfig,
  LambConfig,
  OptimizerConfig,
  SgdConfig,
} from '../train/optimization/optimizers';
export type {GroupConfig, LayerRate} from '../train/optimization/parameters';
export type {
  ConstantSchedule,
  CosineSchedule,
  ScheduleConfig,
  ScheduleDecay,
  StepSchedule,
  WarmupConfig,
} from '../train/optimization/schedules';
export type {RecipeOverrides} from '../train/recipes';
export * as recipes from '../train/recipes';
export type {Recipe} from '../train/recipes/recipe';
export {type EvaluationReportOptions, evaluationReport, type ReportedMetrics} from '../train/report/page';
export type {ClipsByClass, FeatureCache} from '../train/teach/features';
export {type Taught, type TeachOptions, type TeachStage, teach} from '../train/teach/teach';
export type {PerChannel} from '../video/clips';
