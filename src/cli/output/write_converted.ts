/** The file that convert and inflate leave behind. */
import {basename, dirname} from 'node:path';
import {writeWhole} from '../../files/write_file';
import {Checkpoint, type StorageType, storedAs} from '../../models/checkpoints';
import {passingParts} from '../../models/checkpoints/formats/safetensors/safetensors';
import type {ConvertedCheckpoint} from '../../models/convert';
import {about} from '../input/user_files';

/**
 * Tensors are read from the file while they are written.
 *
 * @param to `file`: where the checkpoint came from, which the metadata and errors name; `path`: where it goes
 * @returns what was written
 */
export async function writeConverted(
  {checkpoint}: ConvertedCheckpoint,
  {file, path, dtype}: {file: string; path: string; dtype: StorageType},
) {
  const metadata = new Map([...checkpoint.metadata, ['source', basename(file)]]);
  const stored = storedAs(new Checkpoint(checkpoint, {metadata}), dtype);
  const written = await about(file, () => writeWhole(dirname(path), basename(path), passingParts(stored)));
  const bytes = [...stored].reduce((sum, [, {byteLength}]) => sum + byteLength, 0);
  return {path: written, tensors: stored.tensors.size, bytes, classes: metadata.get('classes')};
}
