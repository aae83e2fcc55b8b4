/** Models with weights: the catalog and the loader. */
export {
  CATALOG,
  type CatalogEntry,
  type CatalogFile,
  type ChannelValues,
  DEFAULT_MODEL,
  listModels,
  type ModelInput,
} from './catalog';
export type {ReadFile} from './files';
export {type LoadedModel, type LoadModelOptions, loadModel, type ModelInfo} from './load';
