/** What the folder offers to the rest of the package. */
export {
  type FrozenSource,
  frozenModelFile,
  type LoadFrozenOptions,
  loadFrozenModel,
  saveFrozenModel,
} from './frozen_files';
