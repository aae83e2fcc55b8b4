/**
 * PyTorch files before 1.6, still written by `_use_new_zipfile_serialization=False`: pickles of a magic number, the
 * protocol, the system, the payload and the storage keys, then the storages themselves. No checksum: a changed data
 * byte is a changed value, which no reader can notice. Source: torch/serialization.py (`_legacy_load`).
 */
import {FormatError} from '../../../../util/errors';
import type {Checkpoint} from '../../checkpoint';
import {ByteReader} from '../byte_reader';
import {type CheckpointFormat, quoted} from '../format';
import {described, isList, type PickleHost} from '../pickle/python_values';
import {unpickle} from '../pickle/unpickle';
import {checkpointOf} from './find_weights';
import {TorchHost, type TorchStorage} from './torch_calls';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const PROTO = 0x80;

/** For the pickles around the payload, which are plain data. */
const PLAIN: PickleHost = {
  calls: new Map(),
  persistentLoad() {
    throw new FormatError('PyTorch file: a storage outside the payload');
  },
};

/** Any binary pickle: one that is no checkpoint is refused by read(), with the reason. */
function canRead(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0] === PROTO && bytes[1]! <= 5;
}

function read(bytes: Uint8Array, at?: readonly string[]): Checkpoint {
  const reader = new ByteReader(bytes, 0, 'PyTorch file');
  if (unpickle(reader, PLAIN) !== MAGIC) {
    throw new FormatError(
      'PyTorch file: a pickle without the magic number of torch.save; only files of torch.save are read',
    );
  }
  const protocol = unpickle(reader, PLAIN);
  if (protocol !== PROTOCOL)
    throw new FormatError(`PyTorch file: protocol ${described(protocol)}; ${PROTOCOL} is known`);
  const system = unpickle(reader, PLAIN);
  if (!(system instanceof Map)) throw new FormatError('PyTorch file: nothing about the system that wrote it');
  const host = new TorchHost();
  const payload = unpickle(reader, host);
  readStorages(reader, host.storages, unpickle(reader, PLAIN), system.get('little_endian') === false);
  return checkpointOf(payload, at);
}

/**
 * In the order of the keys: 8 bytes number of elements, then the elements. Those are little-endian whatever machine wrote
 * them; the numbers are not, in files of older versions on big-endian machines.
 */
function readStorages(
  reader: ByteReader,
  storages: ReadonlyMap<string, TorchStorage>,
  keys: unknown,
  isBigEndian: boolean,
): void {
  if (!isList(keys)) throw new FormatError('PyTorch file: no list of storage keys: the file is damaged');
  if (keys.length !== storages.size) {
    throw new FormatError(
      `PyTorch file: ${keys.length} storages listed, ${storages.size} used: the file is damaged`,
    );
  }
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || storage.data) {
      throw new FormatError(`PyTorch file: the storage key ${described(key)} is unknown or listed twice`);
    }
    const length = reader.take(8);
    if (
      !isCount(length, storage.count) &&
      !(isBigEndian && isCount(length.slice().reverse(), storage.count))
    ) {
      throw new FormatError(
        `PyTorch file: the storage ${quoted(storage.key)} has not the ${storage.count} elements that tensors expect: the file is damaged`,
      );
    }
    if (storage.itemBytes === undefined) {
      throw new FormatError(
        `PyTorch file: the storage ${quoted(storage.key)} is a ${described(storage.type)}, whose size is not known; ` +
          'save the file again with a newer PyTorch',
      );
    }
    storage.data = reader.take(storage.count * storage.itemBytes);
  }
  if (reader.remaining > 0) {
    throw new FormatError(
      `PyTorch file: ${reader.remaining} bytes after the last storage: the file is damaged`,
    );
  }
}

const isCount = (bytes: Uint8Array, count: number) =>
  new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true) === BigInt(count);

/** Files of torch.save before PyTorch 1.6. */
export const pytorchLegacy: CheckpointFormat = {name: 'PyTorch (legacy)', canRead, read};
