/**
 * A zip reader for what PyTorch writes: stored entries, zip64, CRC-32. It reads nothing but whole, consistent archives:
 * the two copies of every name and size must agree, entries may not overlap, every checksum is checked. Compressed entries
 * (the code of TorchScript) are listed and left alone.
 * Source: PKWARE APPNOTE.TXT 6.3.
 */
import {crc32} from '../../../../util/checksums';
import {FormatError} from '../../../../util/errors';
import {ByteReader} from '../byte_reader';
import {quoted} from '../format';

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_RECORD = 0x06054b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const ZIP64_FIELD = 1;
const STORED = 0;
const FULL_32 = 0xffffffff;
const FULL_16 = 0xffff;

interface Directory {
  offset: number;
  size: number;
  entries: number;
  /** Where the end records begin, which is where the directory has to end. */
  end: number;
}

interface CentralEntry {
  name: string;
  isCompressed: boolean;
  crc: number;
  /** Bytes in the archive. */
  size: number;
  offset: number;
}

/** The contents of an archive by name: windows into it, null for entries that are compressed. */
export type ZipContents = ReadonlyMap<string, Uint8Array | null>;

/**
 * Lists an archive.
 *
 * @throws FormatError for damage, encryption, several disks or duplicate names.
 */
export function readZip(bytes: Uint8Array): ZipContents {
  const directory = findDirectory(bytes);
  if (directory.offset + directory.size !== directory.end) {
    throw new FormatError(
      'zip archive: the directory does not end where the end record begins: the file is damaged',
    );
  }
  const reader = new ByteReader(bytes, directory.offset, 'zip directory', directory.end);
  const entries: CentralEntry[] = [];
  const names = new Set<string>();
  while (reader.remaining > 0) {
    const entry = readCentral(reader);
    if (names.has(entry.name))
      throw new FormatError(`zip archive: the entry ${quoted(entry.name)} occurs twice`);
    names.add(entry.name);
    entries.push(entry);
  }
  if (entries.length !== directory.entries) {
    throw new FormatError(`zip archive: ${entries.length} entries listed, ${directory.entries} announced`);
  }
  return readContents(bytes, entries, directory.offset);
}

function readContents(bytes: Uint8Array, entries: CentralEntry[], limit: number): ZipContents {
  const contents = new Map<string, Uint8Array | null>();
  const ranges = new Map<string, {begin: number; end: number}>();
  let position = 0;
  for (const entry of [...entries].sort((a, b) => a.offset - b.offset)) {
    const begin = dataStart(bytes, entry, limit);
    const end = begin + entry.size;
    if (entry.offset < position || end > limit) {
      throw new FormatError(
        `zip archive: the entry ${quoted(entry.name)} overlaps its neighbour: the file is damaged`,
      );
    }
    ranges.set(entry.name, {begin, end});
    position = end;
  }
  for (const {name, crc, isCompressed} of entries) {
    const {begin, end} = ranges.get(name)!;
    if (isCompressed) {
      contents.set(name, null);
      continue;
    }
    const data = bytes.subarray(begin, end);
    if (crc32(data) !== crc) {
      throw new FormatError(
        `zip archive: the checksum of the entry ${quoted(name)} is wrong: the file is damaged (or was saved with torch.serialization.set_crc32_options(False); save it again without)`,
      );
    }
    contents.set(name, data);
  }
  return contents;
}

function findDirectory(bytes: Uint8Array): Directory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= Math.max(last - MAX_COMMENT, 0); at--) {
    if (view.getUint32(at, true) === END_RECORD && view.getUint16(at + 20, true) === last - at) {
      return readEnd(bytes, at);
    }
  }
  throw new FormatError('zip archive: no end record: the file is truncated');
}

function readEnd(bytes: Uint8Array, at: number): Directory {
  const reader = new ByteReader(bytes, at + 4, 'zip end record');
  const disks = [reader.u16(), reader.u16()];
  const entriesHere = reader.u16();
  const entries = reader.u16();
  const size = reader.u32();
  const offset = reader.u32();
  const zip64 = at >= 20 ? readZip64End(bytes, at - 20) : undefined;
  const whole = zip64 ?? {offset, size, entries, end: at};
  const agrees =
    (entries === whole.entries || entries === FULL_16) &&
    (size === whole.size || size === FULL_32) &&
    (offset === whole.offset || offset === FULL_32);
  if (disks.some((disk) => disk !== 0 && disk !== FULL_16) || entriesHere !== entries || !agrees) {
    throw new FormatError('zip archive: the end record contradicts itself: the file is damaged or split');
  }
  return whole;
}

/** The zip64 end record, when its locator stands at `at`. */
function readZip64End(bytes: Uint8Array, at: number): Directory | undefined {
  const locator = new ByteReader(bytes, at, 'zip64 locator');
  if (locator.u32() !== ZIP64_LOCATOR) return undefined;
  const disk = locator.u32();
  const end = locator.u64();
  const disks = locator.u32();
  const reader = new ByteReader(bytes, Math.min(end, bytes.length), 'zip64 end record', at);
  const signature = reader.u32();
  const length = reader.u64();
  if (signature !== ZIP64_END || length !== reader.remaining || disk !== 0 || disks > 1) {
    throw new FormatError('zip archive: the zip64 end record is malformed: the file is damaged or split');
  }
  reader.take(4); // versions made by and needed
  const diskNumbers = [reader.u32(), reader.u32()];
  const entriesHere = reader.u64();
  const entries = reader.u64();
  const size = reader.u64();
  const offset = reader.u64();
  if (diskNumbers.some((number) => number !== 0) || entriesHere !== entries) {
    throw new FormatError('zip archive: split over several disks');
  }
  return {offset, size, entries, end};
}

function readCentral(reader: ByteReader): CentralEntry {
  if (reader.u32() !== CENTRAL_HEADER) throw new FormatError('zip archive: a damaged directory entry');
  reader.take(4); // versions made by and needed
  const flags = reader.u16();
  const method = reader.u16();
  reader.take(4); // time and date
  const crc = reader.u32();
  const packed = reader.u32();
  const size = reader.u32();
  const nameLength = reader.u16();
  const extraLength = reader.u16();
  const commentLength = reader.u16();
  const disk = reader.u16();
  reader.take(6); // attributes
  const offset = reader.u32();
  const name = reader.utf8(nameLength);
  const wide = zip64Fields(reader.take(extraLength), [size, packed, offset]);
  reader.take(commentLength);
  if (disk !== 0) throw new FormatError(`zip archive: the entry ${quoted(name)} is on another disk`);
  checkPlain(name, flags);
  const isCompressed = method !== STORED;
  if (!isCompressed && wide[0] !== wide[1])
    throw new FormatError(`zip archive: the stored entry ${quoted(name)} has two sizes`);
  return {name, isCompressed, crc, size: wide[1]!, offset: wide[2]!};
}

/** Replaces the values that are all ones by those of the zip64 extra field, in its fixed order. */
function zip64Fields(extra: Uint8Array, values: number[]): number[] {
  if (!values.includes(FULL_32)) return values;
  const reader = new ByteReader(extra, 0, 'zip extra field');
  while (reader.remaining > 0) {
    const id = reader.u16();
    const field = new ByteReader(reader.take(reader.u16()), 0, 'zip64 extra field');
    if (id === ZIP64_FIELD) return values.map((value) => (value === FULL_32 ? field.u64() : value));
  }
  throw new FormatError('zip archive: a zip64 entry without its sizes');
}

function checkPlain(name: string, flags: number): void {
  if (flags & 0x2041) throw new FormatError(`zip archive: the entry ${quoted(name)} is encrypted`);
}

/** Where an entry's data begins, after its local header, which has to repeat the directory's name. */
function dataStart(bytes: Uint8Array, entry: CentralEntry, limit: number): number {
  const reader = new ByteReader(bytes, Math.min(entry.offset, limit), 'zip entry', limit);
  if (reader.u32() !== LOCAL_HEADER)
    throw new FormatError(`zip archive: no entry where ${quoted(entry.name)} should be`);
  reader.take(2); // version needed
  checkPlain(entry.name, reader.u16());
  if ((reader.u16() !== STORED) !== entry.isCompressed)
    throw new FormatError(
      `zip archive: the entry ${quoted(entry.name)} is compressed and is not: the file is damaged`,
    );
  reader.take(16); // time, date, checksum and sizes: zero here when a data descriptor follows the data
  const nameLength = reader.u16();
  const extraLength = reader.u16();
  if (reader.utf8(nameLength) !== entry.name) {
    throw new FormatError(`zip archive: the entry ${quoted(entry.name)} has another name in its own header`);
  }
  reader.take(extraLength);
  return reader.position;
}
