/** Models with weights: the catalog and the loader. */
export type {CacheOption, ModelCache} from '../files/cache';
export type {FileOptions, ReadFile} from '../files/files';
export {CATALOG, type CatalogEntry, DEFAULT_MODEL, listModels} from './catalog';
export {LABELS, type LabelFile, type LabelSet} from './label_sets';
export {type LabelOptions, loadLabels} from './labels';
export {type LoadModelOptions, loadModel, type ModelSource} from './load';
export {type ModelDescription, modelMetadata} from './model_files/metadata';
export {type ShardFile, type ShardOptions, shardSafetensors} from './model_files/shard_safetensors';
export type {ChannelValues, LoadedModel, ModelInfo, ModelInput} from './model_info';
export {registerModelScheme} from './model_scheme';
export {listCheckpoints, type PublishedCheckpoint} from './published';
export {modelFile, type SavedInfo, type SaveModelOptions, saveModel} from './save';
