/**
 * PyTorch files since 1.6: a zip of `<root>/data.pkl`, `<root>/data/<key>` and a few notes. Not TorchScript.
 * Source: torch/serialization.py, caffe2/serialize/inline_container.h.
 */
import {FormatError} from '../../util/errors';
import type {Checkpoint} from '../checkpoint';
import {ByteReader, decodeUtf8} from './byte_reader';
import {type CheckpointFormat, quoted} from './format';
import {unpickle} from './pickle';
import {checkpointOf, TorchHost} from './torch_objects';
import {readZip} from './zip';

/** The newest archive version that inline_container.h knows. */
const MAX_VERSION = 10;

function canRead(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

function read(bytes: Uint8Array): Checkpoint {
  const entries = readZip(bytes);
  const root = rootOf(entries);
  checkNotes(entries, root);
  const host = new TorchHost();
  const reader = new ByteReader(entries.get(`${root}/data.pkl`)!, 0, 'data.pkl');
  const payload = unpickle(reader, host);
  if (reader.remaining > 0)
    throw new FormatError(`data.pkl: ${reader.remaining} bytes after the end of the pickle`);
  for (const [key, storage] of host.storages) {
    const data = entries.get(`${root}/data/${key}`);
    if (!data) throw new FormatError(`PyTorch archive: the storage ${quoted(key)} is missing`);
    if (data.length !== storage.byteLength) {
      throw new FormatError(
        `PyTorch archive: the storage ${quoted(key)} has ${data.length} bytes where ${storage.count} ${storage.dtype} need ${storage.byteLength}`,
      );
    }
    storage.data = data;
  }
  return checkpointOf(payload);
}

function rootOf(entries: ReadonlyMap<string, Uint8Array>): string {
  const roots = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (roots.length !== 1) {
    throw new FormatError(
      `PyTorch archive: ${roots.length} entries named data.pkl instead of one: not written by torch.save`,
    );
  }
  return roots[0]!.slice(0, -'/data.pkl'.length);
}

/** What the archive says of itself: not TorchScript, a known version, little-endian. Other notes are left alone. */
function checkNotes(entries: ReadonlyMap<string, Uint8Array>, root: string): void {
  if (entries.has(`${root}/constants.pkl`)) {
    throw new FormatError(
      'PyTorch archive: a TorchScript program, not a checkpoint; save model.state_dict() instead',
    );
  }
  const version = note(entries, `${root}/version`);
  if (version !== undefined && !(/^[0-9]{1,3}$/.test(version) && Number(version) <= MAX_VERSION)) {
    throw new FormatError(
      `PyTorch archive: version ${quoted(version)}; versions up to ${MAX_VERSION} are known`,
    );
  }
  const order = note(entries, `${root}/byteorder`);
  if (order !== undefined && order !== 'little') {
    throw new FormatError(
      `PyTorch archive: byte order ${quoted(order)}; only little-endian files can be read`,
    );
  }
}

function note(entries: ReadonlyMap<string, Uint8Array>, name: string): string | undefined {
  const bytes = entries.get(name);
  return bytes && decodeUtf8(bytes, `PyTorch archive: ${name}`).trim();
}

/** Zip files of torch.save, PyTorch 1.6 to 2.x. */
export const pytorchZip: CheckpointFormat = {name: 'PyTorch (zip)', canRead, read};
