/** Models with weights: the catalog and the loader. */
export type {CacheOption, ModelCache} from '../files/cache';
export type {FileOptions, ReadFile} from '../files/files';
export {CATALOG, type CatalogEntry, DEFAULT_MODEL, listModels} from './catalog';
export {type LabelOptions, loadLabels} from './labels';
export {type LoadedModel, type LoadModelOptions, loadModel, type ModelInfo} from './load';
export {type ShardFile, type ShardOptions, shardSafetensors} from './model_files/shard_safetensors';
export {registerModelScheme} from './model_scheme';
export {listCheckpoints, type PublishedCheckpoint} from './published';
export {
  type ChannelValues,
  LABELS,
  type LabelFile,
  type LabelSet,
  type ModelInput,
} from './rows';
export {modelFile, type SavedInfo, type SaveModelOptions, saveModel} from './save';
