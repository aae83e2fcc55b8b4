/**
 * PyTorch files before 1.6, still written by `_use_new_zipfile_serialization=False`: pickles of a magic number, the
 * protocol, the system, the payload and the storage keys, then the storages themselves. No checksum: a changed data
 * byte is a changed value, which no reader can notice. Source: torch/serialization.py (`_legacy_load`).
 */
import {FormatError} from '../../util/errors';
import type {Checkpoint} from '../checkpoint';
import {itemBytes} from '../dtypes';
import {ByteReader} from './byte_reader';
import {type CheckpointFormat, quoted} from './format';
import {unpickle} from './pickle';
import {described, isList, type PickleHost} from './pickle_values';
import {checkpointOf, TorchHost, type TorchStorage} from './torch_objects';

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

function read(bytes: Uint8Array): Checkpoint {
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
  if (!(system instanceof Map) || system.get('little_endian') !== true) {
    throw new FormatError(
      'PyTorch file: not written on a little-endian machine; only such files can be read',
    );
  }
  const host = new TorchHost();
  const payload = unpickle(reader, host);
  readStorages(reader, host.storages, unpickle(reader, PLAIN));
  return checkpointOf(payload);
}

/** In the order of the keys: 8 bytes number of elements, then the elements. */
function readStorages(reader: ByteReader, storages: ReadonlyMap<string, TorchStorage>, keys: unknown): void {
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
    const count = reader.u64();
    if (count !== storage.count) {
      throw new FormatError(
        `PyTorch file: the storage ${quoted(storage.key)} has ${count} elements where tensors expect ${storage.count}`,
      );
    }
    storage.data = reader.take(count * itemBytes(storage.dtype));
  }
  if (reader.remaining > 0) {
    throw new FormatError(
      `PyTorch file: ${reader.remaining} bytes after the last storage: the file is damaged`,
    );
  }
}

/** Files of torch.save before PyTorch 1.6. */
export const pytorchLegacy: CheckpointFormat = {name: 'PyTorch (legacy)', canRead, read};
