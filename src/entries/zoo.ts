/**
 * Entry "tfjs-sts/zoo": models with weights and labels, by name or from files. Importing it makes sts:// addresses known
 * to `tf.loadLayersModel`, and registers gradients and layers as the entry "tfjs-sts" does.
 */
import {registerWithHost} from '../layers';
import {registerModelScheme} from '../models/zoo';

registerWithHost();
registerModelScheme();

export type {PackagedFile} from '../files/files';
export type {OutputKind} from '../layers';
export type {
  Checkpoint,
  CheckpointDtype,
  CheckpointEntry,
  CheckpointValues,
  StorageType,
} from '../models/checkpoints';
export type {FillElements} from '../models/checkpoints/checkpoint';
export * from '../models/zoo';
export type {NetworkTask} from '../networks';
