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
export {GlobalRef, PickledObject} from './formats/pickle_values';
export {pytorchLegacy} from './formats/pytorch_legacy';
export {pytorchZip} from './formats/pytorch_zip';
export {safetensors} from './formats/safetensors';
export * as names from './names';
export {ALL_FORMATS, type ReadOptions, read} from './read';
export {expanded, STORAGE_TYPES, type StorageType, storedAs} from './storage';
export {type ToTorchOptions, toTorch} from './to_torch';
