/**
 * Reads a checkpoint from bytes by asking each known format whether the bytes look like it. Fetching the bytes (file,
 * URL, cache) is the caller's: this module runs anywhere.
 */
import {FormatError, InvalidArgumentError, UnavailableError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';
import type {Checkpoint} from './checkpoint';
import type {CheckpointFormat} from './formats/format';
import {pytorchLegacy} from './formats/pytorch_legacy';
import {pytorchZip} from './formats/pytorch_zip';
import {safetensors} from './formats/safetensors';

/** Every format that {@link read} tries when it is not told otherwise. */
export const ALL_FORMATS: readonly CheckpointFormat[] = [safetensors, pytorchZip, pytorchLegacy];

export interface ReadOptions {
  /** Formats to try, in this order. Default: {@link ALL_FORMATS}. */
  formats?: readonly CheckpointFormat[];
}

const KNOWN = optionNames<ReadOptions>({formats: true});

/**
 * Reads a checkpoint file. Nothing in the file is executed; tensors are windows into `source`, so leave it unchanged
 * while the checkpoint is in use.
 *
 * @param source the whole file.
 * @returns tensors under the names of the file. Of a PyTorch file: the dict under `state_dict`, else under `model`,
 *   else the root.
 * @throws FormatError when no format fits, or the file is damaged or hostile; InvalidArgumentError for a source that is
 *   no bytes; UnavailableError on a big-endian machine.
 * @example
 * const checkpoint = checkpoints.read(await readFile('model.pth'));
 * checkpoint.get('conv1.weight').shape;
 */
export function read(source: Uint8Array | ArrayBuffer, options: ReadOptions = {}): Checkpoint {
  checkOptions('checkpoints.read', options, KNOWN);
  const {formats = ALL_FORMATS} = options;
  if (!(source instanceof Uint8Array || source instanceof ArrayBuffer)) {
    throw new InvalidArgumentError(
      'checkpoints.read: the source is neither a Uint8Array nor an ArrayBuffer; read the file first',
    );
  }
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new UnavailableError(
      'checkpoints.read: this machine is big-endian; checkpoints are read on little-endian ones',
    );
  }
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  const format = formats.find((candidate) => candidate.canRead(bytes));
  if (format) return format.read(bytes);
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new FormatError(
    `checkpoints.read: ${bytes.length} bytes beginning with ${start || 'nothing'} are in none of the known formats: ${formats.map(({name}) => name).join(', ')}`,
  );
}
