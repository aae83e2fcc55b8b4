/**
 * PyTorch files since 1.6: a zip of `<root>/data.pkl`, `<root>/data/<key>` and a few notes; of TorchScript the weights, with
 * its code left alone.
 * Source: torch/serialization.py, caffe2/serialize/inline_container.h.
 */
import {FormatError} from '../../../../util/errors';
import type {Checkpoint} from '../../checkpoint';
import {ByteReader, decodeUtf8} from '../byte_reader';
import {type CheckpointFormat, quoted} from '../format';
import {described} from '../pickle/python_values';
import {unpickle} from '../pickle/unpickle';
import {checkpointOf} from './find_weights';
import {TorchHost, type TorchStorage} from './torch_calls';
import {readZip, type ZipContents} from './zip_archive';

/** The newest archive version that inline_container.h knows. */
const MAX_VERSION = 10;

function canRead(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

function read(bytes: Uint8Array, at?: readonly string[]): Checkpoint {
  const entries = readZip(bytes);
  const root = rootOf(entries);
  const isBigEndian = checkNotes(entries, root);
  const host = new TorchHost();
  const reader = new ByteReader(contentsOf(entries, `${root}/data.pkl`)!, 0, 'data.pkl');
  const payload = unpickle(reader, host);
  if (reader.remaining > 0)
    throw new FormatError(`data.pkl: ${reader.remaining} bytes after the end of the pickle`);
  if (entries.has(`${root}/constants.pkl`) && host.storages.size === 0) {
    throw new FormatError(
      'PyTorch archive: a TorchScript program without weights beside its code, as torch.jit.freeze makes them; ' +
        'in Python, torch.save(model.state_dict(), "weights.pth") of the model that was scripted',
    );
  }
  for (const storage of host.storages.values()) {
    const data = dataOf(storage, entries, root);
    storage.data = isBigEndian ? swapped(data, storage) : data;
  }
  return checkpointOf(payload, at);
}

function dataOf(storage: TorchStorage, entries: ZipContents, root: string): Uint8Array {
  const {key, type, count, itemBytes} = storage;
  const data = contentsOf(entries, `${root}/data/${key}`);
  if (!data) throw new FormatError(`PyTorch archive: the storage ${quoted(key)} is missing`);
  if (itemBytes !== undefined && data.length !== count * itemBytes) {
    throw new FormatError(
      `PyTorch archive: the storage ${quoted(key)} has ${data.length} bytes where ${count} of ${described(type)} need ${count * itemBytes}`,
    );
  }
  return data;
}

/** Elements in the other byte order. */
function swapped(data: Uint8Array, {key, type, itemBytes = 0}: TorchStorage): Uint8Array {
  if (type.name === 'UntypedStorage' && data.length > 0) {
    throw new FormatError(
      `PyTorch archive: the storage ${quoted(key)} has no type, in a big-endian file; load and save it on another machine`,
    );
  }
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += Math.max(itemBytes, 1)) {
    for (let b = 0; b < itemBytes; b++) out[at + b] = data[at + itemBytes - 1 - b]!;
  }
  return out;
}

/** @throws FormatError for an entry that is compressed */
function contentsOf(entries: ZipContents, name: string): Uint8Array | undefined {
  const contents = entries.get(name);
  if (contents !== null) return contents;
  throw new FormatError(
    `PyTorch archive: the entry ${quoted(name)} is compressed; PyTorch stores entries, so unpack the archive and pack it again without compression`,
  );
}

function rootOf(entries: ZipContents): string {
  const roots = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (roots.length !== 1) {
    throw new FormatError(
      `PyTorch archive: ${roots.length} entries named data.pkl instead of one: ${whatElse([...entries.keys()])}`,
    );
  }
  return roots[0]!.slice(0, -'/data.pkl'.length);
}

/** What a zip archive is that is no file of torch.save. */
function whatElse(names: readonly string[]): string {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/\.npy$/)) {
    return 'a NumPy archive; in Python, torch.save({k: torch.from_numpy(v) for k, v in numpy.load(FILE).items()}, "weights.pth")';
  }
  if (has(/\.weights\.h5$/)) return 'a Keras model; in Python, convert it with tensorflowjs';
  if (has(/serialized_exported_program|(^|\/)archive_format$/))
    return 'a program of torch.export; in Python, torch.save(torch.export.load(FILE).state_dict, "weights.pth")';
  if (has(/\.(pth|pt|tar|bin|ckpt|safetensors)$/))
    return 'an archive with checkpoints in it; unpack it first';
  return 'not written by torch.save';
}

/** What the archive says of itself: a known version, the byte order. Other notes are left alone. */
function checkNotes(entries: ZipContents, root: string): boolean {
  const version = note(entries, `${root}/version`);
  if (version !== undefined && !(/^[0-9]{1,3}$/.test(version) && Number(version) <= MAX_VERSION)) {
    throw new FormatError(
      `PyTorch archive: version ${quoted(version)}; versions up to ${MAX_VERSION} are known`,
    );
  }
  const order = note(entries, `${root}/byteorder`) ?? 'little';
  if (order !== 'little' && order !== 'big')
    throw new FormatError(`PyTorch archive: byte order ${quoted(order)}; little and big are known`);
  return order === 'big';
}

function note(entries: ZipContents, name: string): string | undefined {
  const bytes = contentsOf(entries, name);
  return bytes && decodeUtf8(bytes, `PyTorch archive: ${name}`).trim();
}

/** Zip files of torch.save, PyTorch 1.6 to 2.x. */
export const pytorchZip: CheckpointFormat = {name: 'PyTorch (zip)', canRead, read};
