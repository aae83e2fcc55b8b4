/**
 * A cursor over bytes that cannot leave them: every read is checked and running out is a FormatError. All numbers
 * are little-endian unless the name says otherwise. Allocates nothing that the input does not pay for.
 */
import {FormatError} from '../../../util/errors';

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
const latin1 = new TextDecoder('latin1');

/** Decodes UTF-8 strictly; `what` names the text in the FormatError for invalid bytes. */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new FormatError(`${what} is not valid UTF-8: the file is damaged`);
  }
}

export class ByteReader {
  private readonly view: DataView;

  /** @param what names the input in errors, for example "data.pkl". */
  constructor(
    readonly bytes: Uint8Array,
    public position: number,
    readonly what: string,
    readonly end: number = bytes.length,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  i32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  /** An unsigned 64-bit number; above 2^53 no length or offset can be true, so that is a FormatError. */
  u64(): number {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new FormatError(
        `${this.what}: a length or offset of ${value} bytes: the file is damaged or hostile`,
      );
    }
    return Number(value);
  }

  f64BigEndian(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** The next `count` bytes as a window into the input. */
  take(count: number): Uint8Array {
    const start = this.advance(count);
    return this.bytes.subarray(start, start + count);
  }

  utf8(count: number): string {
    return decodeUtf8(this.take(count), `${this.what}: a string`);
  }

  latin1(count: number): string {
    const bytes = this.take(count);
    // The label latin1 decodes 0x80..0x9f as windows-1252, so those go one by one.
    if (!bytes.some((byte) => byte >= 0x80 && byte < 0xa0)) return latin1.decode(bytes);
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  }

  /** Latin-1 text up to the next newline, which is consumed, at most `limit` bytes. */
  line(limit: number): string {
    const stop = this.bytes
      .subarray(this.position, Math.min(this.end, this.position + limit + 1))
      .indexOf(10);
    if (stop < 0) throw new FormatError(`${this.what}: a line without an end within ${limit} bytes`);
    const text = this.latin1(stop);
    this.position++;
    return text;
  }

  private advance(count: number): number {
    if (count > this.end - this.position) {
      throw new FormatError(
        `${this.what}: ${count} bytes wanted at ${this.position}, only ${Math.max(this.end - this.position, 0)} are left: the file is truncated or damaged`,
      );
    }
    const start = this.position;
    this.position += count;
    return start;
  }
}
