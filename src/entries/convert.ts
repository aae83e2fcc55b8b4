/**
 * Entry "tfjs-sts/convert": weights of others as weights of ours, step by step; what the command line does to files. No effect
 * on import.
 */
export type {
  Checkpoint,
  CheckpointDtype,
  CheckpointEntry,
  CheckpointValues,
  Misshapen,
  StorageType,
} from '../checkpoints';
export type {FillElements} from '../checkpoints/checkpoint';
export * from '../convert';
export type {CacheOption, ModelCache} from '../files/cache';
export type {ReadFile} from '../files/files';
export type {InflationRule} from '../inflate';
export type {OutputKind} from '../layers';
export type {NetworkTask} from '../networks';
export type {ChannelValues, LoadedModel, ModelInfo, ModelInput, PictureLength} from '../zoo';
