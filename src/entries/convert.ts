/**
 * Entry "tfjs-sts/convert": weights of others as weights of ours, step by step; what the command line does to files. No effect
 * on import.
 */

export type {CacheOption, ModelCache} from '../files/cache';
export type {ReadFile} from '../files/files';
export type {OutputKind} from '../layers';
export type {
  Checkpoint,
  CheckpointDtype,
  CheckpointEntry,
  CheckpointValues,
  Misshapen,
  StorageType,
} from '../models/checkpoints';
export type {FillElements} from '../models/checkpoints/checkpoint';
export * from '../models/convert';
export type {InflationRule} from '../models/inflate';
export type {ChannelValues, LoadedModel, ModelInfo, ModelInput, PictureLength} from '../models/zoo';
export type {NetworkTask} from '../networks';
