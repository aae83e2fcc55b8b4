/**
 * Entry "tfjs-sts/zoo": models with weights and labels, by name or from files. Importing it makes sts:// addresses known
 * to `tf.loadLayersModel`, and registers gradients and layers as the entry "tfjs-sts" does.
 */
import {registerWithHost} from '../layers';
import {registerModelScheme} from '../zoo';

registerWithHost();
registerModelScheme();

export type {
  Checkpoint,
  CheckpointDtype,
  CheckpointEntry,
  CheckpointValues,
  StorageType,
} from '../checkpoints';
export type {FillElements} from '../checkpoints/checkpoint';
export type {PackagedFile} from '../files/files';
export type {OutputKind} from '../layers';
export type {NetworkTask} from '../networks';
export * from '../zoo';
