/**
 * The wire format of Protocol Buffers, as far as ONNX and TensorBoard need it: whole numbers, floats, and fields with a length
 * (https://protobuf.dev/programming-guides/encoding). Knows no message by name.
 */

/** Fields of a message as pieces of its bytes, in order. Large pieces are views of weights and are not copied. */
export type Fields = readonly Uint8Array[];

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_LENGTH = 2;
const WIRE_FIXED32 = 5;

/** A whole number from 0 on, such as an int64, an enum or a boolean. */
export function integer(field: number, value: number): Fields {
  return [Uint8Array.from([...varint(tag(field, WIRE_VARINT)), ...varint(value)])];
}

/** A float of 32 bits. */
export function float(field: number, value: number): Fields {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [Uint8Array.from([...varint(tag(field, WIRE_FIXED32)), ...bytes])];
}

/** A float of 64 bits. */
export function double(field: number, value: number): Fields {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [Uint8Array.from([...varint(tag(field, WIRE_FIXED64)), ...bytes])];
}

/** Bytes as they are. */
export function bytes(field: number, value: Uint8Array): Fields {
  return message(field, [value]);
}

/** Text in UTF-8. */
export function text(field: number, value: string): Fields {
  return bytes(field, new TextEncoder().encode(value));
}

/** A message inside a message, made of the fields of `contents`. */
export function message(field: number, ...contents: readonly Fields[]): Fields {
  const pieces = contents.flat();
  return [Uint8Array.from([...varint(tag(field, WIRE_LENGTH)), ...varint(byteLength(pieces))]), ...pieces];
}

/** The bytes that fields take. */
export function byteLength(fields: Fields): number {
  return fields.reduce((sum, piece) => sum + piece.length, 0);
}

/** Fields as one run of bytes. */
export function joined(fields: Fields): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(byteLength(fields));
  let at = 0;
  for (const piece of fields) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function tag(field: number, wire: number): number {
  return field * 8 + wire;
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. By division, for numbers beyond 32 bits. */
function varint(value: number): number[] {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  return [...digits, rest];
}

/** A field as it was read: a whole number, or the bytes of anything else. */
export interface ReadField {
  readonly field: number;
  readonly value: number | Uint8Array;
}

/**
 * The fields of a message in their order.
 *
 * @throws RangeError for bytes that are no message
 */
export function* readFields(message: Uint8Array): Generator<ReadField, void, void> {
  let at = 0;
  const next = () => {
    let [value, place] = [0, 1];
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('the message ends within a number');
      value += (byte & 127) * place;
      if (byte < 128) return value;
      place *= 128;
    }
  };
  while (at < message.length) {
    const key = next();
    const [field, wire] = [Math.floor(key / 8), key % 8];
    if (wire === WIRE_VARINT) {
      yield {field, value: next()};
      continue;
    }
    const length =
      {[WIRE_FIXED64]: 8, [WIRE_FIXED32]: 4}[wire] ?? (wire === WIRE_LENGTH ? next() : Number.NaN);
    if (!(at + length <= message.length)) throw new RangeError('the message ends within a field');
    yield {field, value: message.subarray(at, at + length)};
    at += length;
  }
}
