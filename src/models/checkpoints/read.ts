/**
 * Reads a checkpoint from bytes by asking each known format whether the bytes look like it. Fetching the bytes (file,
 * URL, cache) is the caller's: this module runs anywhere.
 */
import {FormatError, InvalidArgumentError, inFile, UnavailableError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import type {Checkpoint} from './checkpoint';
import type {CheckpointFormat} from './formats/format';
import {pytorchLegacy} from './formats/pytorch/legacy_file';
import {pytorchZip} from './formats/pytorch/zip_file';
import {safetensors} from './formats/safetensors/safetensors';

/** Every format that {@link read} tries when it is not told otherwise. */
export const ALL_FORMATS: readonly CheckpointFormat[] = [safetensors, pytorchZip, pytorchLegacy];

export interface ReadOptions {
  /** Formats to try, in this order. Default: {@link ALL_FORMATS}. */
  formats?: readonly CheckpointFormat[];
  /**
   * Where in a PyTorch file the weights are: the keys that lead to them, in a list or joined by `/`, such as
   * `'ema_state_dict'`. Default: under `state_dict`, `model_state_dict`, `model_state`, `model`, `network`, `net`,
   * `module`, `weights` or `params`, the first that holds tensors; else at the root; else in the only place there is.
   */
  at?: string | readonly string[];
  /** What errors call the source: a path or an address. */
  name?: string;
}

const KNOWN = optionNames<ReadOptions>({formats: true, at: true, name: true});

/**
 * Reads a checkpoint file. Nothing in the file is executed; tensors are windows into `source`, so leave it unchanged
 * while the checkpoint is in use.
 *
 * @param source the whole file.
 * @returns tensors under the names of the file: of a state dict, or of a module that was saved as a whole (in TorchScript
 *   too). `at` tells where in the file they were, `extra` what else there was.
 * @throws FormatError when no format fits, or the file is damaged or hostile, holds tensors of kinds that are not read, or
 *   weights in several places of equal right; InvalidArgumentError for a source that is no bytes, or an `at` that leads
 *   nowhere; UnavailableError on a big-endian machine.
 * @example
 * const checkpoint = checkpoints.read(await readFile('model.pth'), {name: 'model.pth'});
 * checkpoint.get('conv1.weight').shape;
 */
export function read(source: Uint8Array | ArrayBuffer, options: ReadOptions = {}): Checkpoint {
  checkOptions('checkpoints.read', options, KNOWN);
  const {formats = ALL_FORMATS, at, name} = options;
  const bytes = bytesOf(source);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new UnavailableError(
      'checkpoints.read: this machine is big-endian; checkpoints are read on little-endian ones',
    );
  }
  try {
    const format = formats.find((candidate) => candidate.canRead(bytes));
    if (!format) throw unknownFormat(bytes, formats);
    return format.read(bytes, typeof at === 'string' ? at.split('/') : at);
  } catch (error) {
    throw name === undefined ? error : inFile(error, name);
  }
}

/** The bytes as an array of this realm: those of another, such as a test runner's page, are no `Uint8Array` here. */
function bytesOf(source: Uint8Array | ArrayBuffer): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (Object.prototype.toString.call(source) === '[object ArrayBuffer]') return new Uint8Array(source);
  throw new InvalidArgumentError(
    'checkpoints.read: the source is neither a Uint8Array nor an ArrayBuffer; read the file first',
  );
}

/** What is found in place of weights, by how it begins. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS, not the file itself; fetch it with git lfs pull'],
  [
    /^\s*<(!doctype|html|\?xml)/i,
    'a web page, not the file; look at it in a browser, it may be an error or a login',
  ],
  [/^\x89HDF\r\n/, 'an HDF5 file (Keras); in Python, convert it with tensorflowjs'],
  [/^GGUF/, 'a GGUF file; its source has the weights as safetensors'],
  [/^[^ -\xff]\x8b[^ -\xff]/, 'compressed with gzip; unpack it first'],
  [/^.{257}ustar/s, 'a tar archive; unpack it first'],
  [
    /^\x93NUMPY/,
    'a NumPy array; in Python, torch.save({"w": torch.from_numpy(numpy.load(FILE))}, "weights.pth")',
  ],
  [/^\s*\{/, 'JSON; a model.json is for loadModel'],
];

function unknownFormat(bytes: Uint8Array, formats: readonly CheckpointFormat[]): FormatError {
  if (bytes.length === 0) return new FormatError('checkpoints.read: the file is empty, 0 bytes');
  const head = String.fromCharCode(...bytes.subarray(0, 300));
  const other = OTHERS.find(([start]) => start.test(head));
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new FormatError(
    `checkpoints.read: ${bytes.length} bytes beginning with ${start} are in none of the known formats: ` +
      `${formats.map(({name}) => name).join(', ')}${other ? `. It is ${other[1]}` : ''}`,
  );
}
