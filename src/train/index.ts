/** Training: the loop, recipes, evaluation. Exports only. */
export type {Batch, Batches, BatchesOptions, DataRecipe} from './batches';
export {type EvaluateOptions, type Evaluation, evaluate} from './evaluation/evaluate';
export type {ClassMetrics, Metrics} from './evaluation/metrics';
export type {WorstSample} from './evaluation/worst';
export {
  type EpochResult,
  TrainingDivergedError,
  type TrainingRun,
  type TrainProgress,
} from './loop/progress';
export {type TrainOptions, train} from './loop/train';
export type {LossConfig} from './losses';
export type {AdamWConfig, ClipConfig, LambConfig, OptimizerConfig, SgdConfig} from './optimizers';
export type {GroupConfig, LayerRate} from './parameters';
export type {RecipeOverrides} from './recipes';
export * as recipes from './recipes';
export type {Recipe} from './recipes/recipe';
export {type EvaluationReportOptions, evaluationReport, type ReportedMetrics} from './report/page';
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
