/** The last step: a checkpoint as a .safetensors file, in the type that is wanted, written as its tensors are made. */

import {saveFile} from '../../files/save_file';
import {checkOptions, optionNames} from '../../util/names';
import {type Checkpoint, type StorageType, storedAs} from '../checkpoints';
import {passingParts} from '../checkpoints/formats/safetensors/safetensors';

export interface StoreOptions {
  /** How kernels are stored, see `storedAs`. Default: 'float32'. */
  readonly dtype?: StorageType;
}

const KNOWN = optionNames<StoreOptions>({dtype: true});

/**
 * Writes a checkpoint with its metadata for `loadModel`. No more than a tensor of it is in memory at a time, besides the file
 * that it was read from. For the bytes instead: `safetensors.write(storedAs(checkpoint, dtype))`.
 *
 * @param target in Node a path or `file:` URL that ends in .safetensors: the file appears whole or not at all, and replaces
 *   an older one. In a page the name under which it is downloaded
 * @throws InvalidArgumentError for another target, or tensors that cannot be stored so; UnavailableError when writing does
 *   not work; FormatError when the source of the checkpoint turns out damaged
 *
 * ```ts
 * await storeCheckpoint(checkpoint, 'models/x3d_s_sts.k400.safetensors', {dtype: 'float16'});
 * ```
 */
export async function storeCheckpoint(
  checkpoint: Checkpoint,
  target: string | URL,
  options: StoreOptions = {},
): Promise<void> {
  checkOptions('storeCheckpoint', options, KNOWN);
  const {dtype = 'float32'} = options;
  await saveFile(target, passingParts(storedAs(checkpoint, dtype)), 'storeCheckpoint', 'safetensors.write');
}
