/** Training: the loop, recipes, evaluation. Exports only. */
export type {Batch, Batches, BatchesOptions, DataRecipe} from './batches';
export {type EvaluateOptions, type Evaluation, evaluate} from './evaluate';
export {
  type EpochResult,
  TrainingDivergedError,
  type TrainingRun,
  type TrainProgress,
} from './loop/report';
export {type TrainOptions, train} from './loop/train';
export type {LossConfig} from './losses';
export type {ClassMetrics, Metrics} from './metrics';
export type {AdamWConfig, ClipConfig, LambConfig, OptimizerConfig, SgdConfig} from './optimizers';
export type {GroupConfig, LayerRate} from './parameters';
export type {RecipeOverrides} from './recipes';
export * as recipes from './recipes';
export type {Recipe} from './recipes/recipe';
export type {
  ConstantSchedule,
  CosineSchedule,
  ScheduleConfig,
  ScheduleDecay,
  StepSchedule,
  WarmupConfig,
} from './schedules';
export type {ClipsByClass, FeatureCache} from './teach/features';
export {type Taught, type TeachOptions, type TeachStage, teach} from './teach/teach';
