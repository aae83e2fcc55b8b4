/** Models with weights: the table of them, and the loader. */
export type {CacheOption, ModelCache} from '../../files/cache';
export type {FileOptions, ReadFile} from '../../files/files';
export {LABELS, type LabelFile, type LabelSet} from './label_sets';
export {type LabelOptions, loadLabels} from './labels';
export {type LoadModelOptions, loadModel, type ModelSource} from './load';
export {type ModelDescription, modelMetadata} from './model_files/metadata';
export {type ShardFile, type ShardOptions, shardSafetensors} from './model_files/shard_safetensors';
export type {ChannelValues, LoadedModel, ModelInfo, ModelInput, PictureLength} from './model_info';
export {registerModelScheme} from './model_scheme';
export {modelFile, type SavedInfo, type SaveModelOptions, saveModel} from './save';
export type {Accuracy, ModelRow, ModelWeights} from './table/model_row';
export {listModels} from './table/models';
