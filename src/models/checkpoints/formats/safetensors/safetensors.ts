/**
 * safetensors: 8 bytes header length, a JSON header, the tensors end to end. Reader and writer follow the format's
 * published rules (github.com/huggingface/safetensors): no holes, no overlaps, no duplicate names, header at most
 * 100 MB. The format has no checksum: a changed data byte is a changed value, which no reader can notice.
 */
import {FormatError, InvalidArgumentError} from '../../../../util/errors';
import {Checkpoint, CheckpointEntry} from '../../checkpoint';
import {type CheckpointDtype, isCheckpointDtype, itemBytes} from '../../dtypes';
import {countElements} from '../../strided';
import {ByteReader, decodeUtf8} from '../byte_reader';
import {type CheckpointFormat, quoted} from '../format';
import {parseStrictJson, type StrictJson} from './strict_json';

const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';
const OPEN_BRACE = 0x7b;

interface TensorRow {
  name: string;
  dtype: CheckpointDtype;
  shape: number[];
  begin: number;
  end: number;
}

function canRead(bytes: Uint8Array): boolean {
  if (bytes.length < 10 || bytes[8] !== OPEN_BRACE) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(bytes.length - 8);
}

function read(bytes: Uint8Array, at: readonly string[] = []): Checkpoint {
  if (at.length > 0) {
    throw new InvalidArgumentError(
      `checkpoints.read: at is ${quoted(at.join('/'))}; a safetensors file holds nothing but tensors, leave it out`,
    );
  }
  const {text, dataStart} = readHeader(bytes);
  const header = parseStrictJson(text, 'safetensors header');
  if (!(header instanceof Map)) throw new FormatError('safetensors header: not an object');
  const metadata = readMetadata(header.get(METADATA));
  header.delete(METADATA);
  const rows = [...header].map(([name, info]) => readRow(name, info));
  checkLayout(rows, bytes.length - dataStart);
  const tensors = rows.map(({name, dtype, shape, begin, end}): [string, CheckpointEntry] => [
    name,
    new CheckpointEntry(dtype, shape, () => bytes.subarray(dataStart + begin, dataStart + end)),
  ]);
  return new Checkpoint(tensors, {metadata});
}

function readHeader(bytes: Uint8Array): {text: string; dataStart: number} {
  const reader = new ByteReader(bytes, 0, 'safetensors file');
  const length = reader.u64();
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError(
      `safetensors file: a header of ${length} bytes; the format allows ${MAX_HEADER_BYTES}`,
    );
  }
  const header = reader.take(length);
  if (header[0] !== OPEN_BRACE) throw new FormatError('safetensors header: does not begin with {');
  return {text: decodeUtf8(header, 'safetensors header'), dataStart: reader.position};
}

function readMetadata(value: StrictJson | undefined): Map<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined || value === null) return metadata;
  if (!(value instanceof Map)) throw new FormatError(`safetensors header: ${METADATA} is not an object`);
  for (const [key, text] of value) {
    if (typeof text !== 'string') {
      throw new FormatError(`safetensors header: ${METADATA} ${quoted(key)} is not a string`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function readRow(name: string, info: StrictJson): TensorRow {
  const fail = (problem: string): never => {
    throw new FormatError(`safetensors header: tensor ${quoted(name)} ${problem}`);
  };
  if (!(info instanceof Map)) return fail('is not described by an object');
  for (const key of info.keys()) {
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      fail(`has the unknown field ${quoted(key)}`);
  }
  const dtype = info.get('dtype');
  if (typeof dtype !== 'string') return fail('has no dtype');
  if (!isCheckpointDtype(dtype)) return fail(`has the dtype ${quoted(dtype)}, which tfjs-sts does not read`);
  const shape = numbers(info.get('shape')) ?? fail('has no shape of whole numbers');
  const offsets = numbers(info.get('data_offsets'));
  if (offsets?.length !== 2) return fail('has no pair of data_offsets');
  const [begin, end] = offsets as [number, number];
  const size = countElements(shape);
  if (size === null || size * itemBytes(dtype) !== end - begin) {
    fail(`is ${dtype} [${shape.join(', ')}], which does not fill the bytes ${begin} to ${end}`);
  }
  return {name, dtype, shape, begin, end};
}

function numbers(value: StrictJson | undefined): number[] | undefined {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'number')) return undefined;
  return value as number[];
}

/** Sorted by place, the tensors must follow one another from byte 0 to the end of the file. */
function checkLayout(rows: readonly TensorRow[], dataBytes: number): void {
  let position = 0;
  for (const {name, begin, end} of [...rows].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const problem = begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new FormatError(
        `safetensors header: tensor ${quoted(name)} at byte ${begin} ${problem} (${position})`,
      );
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw new FormatError(
      `safetensors file: the header describes ${position} bytes of tensors, the file has ${dataBytes}: it is truncated or damaged`,
    );
  }
}

/** Tensors to write: pairs of name and tensor, such as a {@link Checkpoint}. */
type Entries = Iterable<readonly [string, CheckpointEntry]>;

type Metadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/**
 * Writes tensors as a safetensors file. Names keep their order; the data is laid out widest type first, so that
 * every tensor is aligned for typed arrays and memory maps.
 *
 * @param entries pairs of name and tensor; a {@link Checkpoint} is such an iterable.
 * @param metadata string to string. Default: those of a checkpoint.
 * @throws InvalidArgumentError for a name given twice, the reserved name `__metadata__`, text that is not valid
 *   Unicode, or more bytes than one array can hold.
 */
function write(entries: Entries, metadata: Metadata = metadataOf(entries)): Uint8Array {
  const {start, placed, byteLength} = layOut(entries, metadata);
  const file = allocate(byteLength);
  file.set(start);
  let position = start.length;
  for (const entry of placed) {
    for (const piece of entry.pieces()) {
      file.set(piece, position);
      position += piece.length;
    }
  }
  return file;
}

/**
 * The file that {@link write} makes, in parts: no more than one tensor of it is in memory at a time.
 *
 * @returns the parts in order; each is made when it is asked for, and may be a window into what was read
 * @throws InvalidArgumentError at once, as `write` does, but for the size
 * @example
 * await writeFile('half.safetensors', checkpoints.safetensors.parts(entries));
 */
function parts(entries: Entries, metadata: Metadata = metadataOf(entries)): Iterable<Uint8Array> {
  const {start, placed} = layOut(entries, metadata);
  return (function* () {
    yield start;
    for (const entry of placed) yield entry.bytes();
  })();
}

/**
 * As `parts`, for who is done with a part before the next one: tensors that have to be made come in pieces, all of a
 * tensor in one and the same array. Garbage of a file's size would else be in memory beside the file that was read.
 */
export function passingParts(
  entries: Entries,
  metadata: Metadata = metadataOf(entries),
): Iterable<Uint8Array> {
  const {start, placed} = layOut(entries, metadata);
  return (function* () {
    yield start;
    for (const entry of placed) yield* entry.pieces();
  })();
}

/** By its member and not by `instanceof`: the checkpoint may be of another build. */
const metadataOf = (entries: Entries): Metadata =>
  'metadata' in entries ? (entries as Checkpoint).metadata : {};

/** What comes before the data, and the tensors in the order of their places in it. */
function layOut(entries: Entries, metadata: Metadata) {
  const tensors = new Map<string, CheckpointEntry>();
  for (const [name, entry] of entries) {
    checkText(name, 'the name');
    if (name === METADATA)
      throw new InvalidArgumentError(`safetensors.write: the name ${METADATA} is reserved; rename it`);
    if (tensors.has(name))
      throw new InvalidArgumentError(`safetensors.write: the name ${quoted(name)} is given twice`);
    tensors.set(name, entry);
  }
  const begins = new Map<string, number>();
  const placed = [...tensors].sort(([, a], [, b]) => itemBytes(b.dtype) - itemBytes(a.dtype));
  let total = 0;
  for (const [name, entry] of placed) {
    begins.set(name, total);
    total += entry.byteLength;
  }
  const header = headerBytes(tensors, begins, metadata);
  const start = new Uint8Array(8 + header.length);
  new DataView(start.buffer).setBigUint64(0, BigInt(header.length), true);
  start.set(header, 8);
  return {start, placed: placed.map(([, entry]) => entry), byteLength: start.length + total};
}

function headerBytes(
  tensors: ReadonlyMap<string, CheckpointEntry>,
  begins: ReadonlyMap<string, number>,
  metadata: Metadata,
): Uint8Array {
  // Members are joined as text: in an object, names such as "10" would move to the front and "__proto__" would vanish.
  const members: string[] = [];
  // Not by instanceof: a Map of another realm would be written as an object without members.
  const notes =
    Symbol.iterator in metadata ? [...(metadata as ReadonlyMap<string, string>)] : Object.entries(metadata);
  if (notes.length > 0) {
    const pairs = notes.map(([key, value]: [string, string]) => {
      checkText(key, 'the metadata key');
      checkText(value, 'the metadata text');
      return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    });
    members.push(`"${METADATA}":{${pairs.join(',')}}`);
  }
  for (const [name, {dtype, shape, byteLength}] of tensors) {
    const begin = begins.get(name)!;
    const info = JSON.stringify({dtype, shape, data_offsets: [begin, begin + byteLength]});
    members.push(`${JSON.stringify(name)}:${info}`);
  }
  const bytes = new TextEncoder().encode(`{${members.join(',')}}`);
  if (bytes.length > MAX_HEADER_BYTES) {
    throw new InvalidArgumentError(
      `safetensors.write: names and metadata need a header of ${bytes.length} bytes; the format allows ${MAX_HEADER_BYTES}`,
    );
  }
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  padded.set(bytes);
  return padded;
}

function checkText(text: unknown, what: string): void {
  if (typeof text !== 'string') throw new InvalidArgumentError(`safetensors.write: ${what} is no string`);
  if (/\p{Surrogate}/u.test(text)) {
    throw new InvalidArgumentError(
      `safetensors.write: ${what} ${quoted(text)} has half a surrogate pair, which UTF-8 cannot hold`,
    );
  }
}

function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch {
    throw new InvalidArgumentError(
      `safetensors.write: the file would have ${length} bytes, more than can be allocated here; use safetensors.parts`,
    );
  }
}

/** The safetensors format, with `write(entries, metadata)` and `parts(entries, metadata)` besides the reader. */
export const safetensors: CheckpointFormat & {write: typeof write; parts: typeof parts} = {
  name: 'safetensors',
  canRead,
  read,
  write,
  parts,
};
