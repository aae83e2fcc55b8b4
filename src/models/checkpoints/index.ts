/** Checkpoints: read foreign weight files safely, assign them to models by name, write safetensors. Exports only. */
export {
  type AssignOptions,
  type AssignReport,
  assign,
  compare,
  fromLayersModel,
  type Misshapen,
} from './assign';
export {Checkpoint, CheckpointEntry, type CheckpointValues, entryOf} from './checkpoint';
export {CHECKPOINT_DTYPES, type CheckpointDtype} from './dtypes';
export type {CheckpointFormat} from './formats/format';
export {GlobalRef, PickledObject} from './formats/pickle/python_values';
export {pytorchLegacy} from './formats/pytorch/legacy_file';
export {pytorchZip} from './formats/pytorch/zip_file';
export {safetensors} from './formats/safetensors/safetensors';
export * as names from './names';
export {ALL_FORMATS, type ReadOptions, read} from './read';
export {expanded, STORAGE_TYPES, type StorageType, storedAs} from './storage';
export {type ToTorchOptions, toTorch} from './to_torch';
