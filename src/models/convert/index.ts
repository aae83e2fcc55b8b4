/**
 * From foreign weights to models, step by step: read, expand, rename, inflate, assign, store. What `tfjs-sts convert`,
 * `inflate` and `export` do, as functions. Exports only.
 */
export {type ConvertOptions, convertCheckpoint} from './convert_checkpoint';
export {type InflateCheckpointOptions, inflateCheckpoint} from './inflate_checkpoint';
export {type ForeignOrigin, ORIGINS, type Origin} from './origins';
export type {ConversionReport, ConvertedCheckpoint} from './report';
export {type StoreOptions, storeCheckpoint} from './store_checkpoint';
export {type TorchCheckpointOptions, torchCheckpoint} from './torch_checkpoint';
