/**
 * TFRecord, the framing of TensorFlow's files of records: a length of 8 bytes, its checksum, the bytes, their checksum, one record
 * behind the other (tensorflow/core/lib/io/record_writer.h). A record that is not whole ends the file for a reader.
 */
import {crc32c} from '../../util/checksums';

const HEADER = 12;
const FOOTER = 4;

/** A checksum that is stored is changed, since checksums of what holds checksums are weak (tensorflow/core/lib/hash/crc32c.h). */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A record as it is appended to a file. */
export function tfRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER + data.length + FOOTER);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, HEADER);
  view.setUint32(HEADER + data.length, masked(data), true);
  return record;
}

/** The records of a file that are whole, each with the place behind it, up to the first that is not. */
export function* wholeRecords(
  file: Uint8Array,
): Generator<{readonly data: Uint8Array; readonly end: number}, void, void> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  while (at + HEADER + FOOTER <= file.length) {
    if (view.getUint32(at + 8, true) !== masked(file.subarray(at, at + 8))) return;
    const end = at + HEADER + Number(view.getBigUint64(at, true)) + FOOTER;
    if (end > file.length) return;
    const data = file.subarray(at + HEADER, end - FOOTER);
    if (view.getUint32(end - FOOTER, true) !== masked(data)) return;
    yield {data, end};
    at = end;
  }
}
