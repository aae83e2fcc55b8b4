/**
 * Reads what TensorBoard's event files say, written apart from what writes them: checksums bit by bit, the messages by the bytes that
 * TensorFlow's own files have in their place (a scalar is `0a <len> 0a <len> tag 15 <float>`).
 */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  /** `brain.Event:2` at the beginning of a file. */
  readonly version?: string;
  readonly isStart: boolean;
  readonly scalars: Readonly<Record<string, number>>;
}

function crc32c(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++)
      crc = ((crc ^ (byte >> bit)) & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return ~crc >>> 0;
}

/** The stored form is turned by 15 bits and moved by a constant. */
const unmasked = (stored: number) => {
  const turned = (stored - 0xa282ead8) >>> 0;
  return ((turned << 15) | (turned >>> 17)) >>> 0;
};

/** The events of one file. @throws Error for a byte that is wrong or missing */
export function readEventFile(path: string): ReadEvent[] {
  const file = readFileSync(path);
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (unmasked(file.readUInt32LE(at + 8)) !== crc32c(file.subarray(at, at + 8)))
      throw new Error(`${path}: the checksum of the length at ${at} is wrong`);
    if (unmasked(file.readUInt32LE(at + 12 + length)) !== crc32c(data))
      throw new Error(`${path}: the checksum of the record at ${at} is wrong`);
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
}

function readEvent(data: Buffer): ReadEvent {
  let at = 0;
  const expectByte = (byte: number) => {
    if (data[at++] !== byte) throw new Error(`byte ${at - 1} is ${data[at - 1]}, not ${byte}`);
  };
  const isNext = (byte: number) => data[at] === byte && at < data.length;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  const text = () => {
    const length = varint();
    at += length;
    return data.toString('utf8', at - length, at);
  };
  expectByte(0x09);
  const wallTime = data.readDoubleLE(at);
  at += 8;
  let [step, isStart] = [0, false];
  if (isNext(0x10)) {
    at++;
    step = varint();
  }
  const scalars: Record<string, number> = {};
  if (isNext(0x1a)) {
    at++;
    return {wallTime, step, isStart, scalars, version: text()};
  }
  if (isNext(0x3a)) {
    for (const byte of [0x3a, 2, 8, 1]) expectByte(byte);
    isStart = true;
  }
  if (isNext(0x2a)) {
    at++;
    const end = varint() + at;
    while (at < end) {
      expectByte(0x0a);
      const behind = varint() + at;
      expectByte(0x0a);
      const tag = text();
      expectByte(0x15);
      scalars[tag] = data.readFloatLE(at);
      at += 4;
      if (at !== behind) throw new Error(`the value of ${tag} ends at ${at}, not ${behind}`);
    }
  }
  if (at !== data.length) throw new Error(`${data.length - at} bytes are left`);
  return {wallTime, step, isStart, scalars};
}

/** The event files of a folder in the order in which TensorBoard reads them. */
export const eventFiles = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.includes('tfevents'))
    .sort()
    .map((name) => join(folder, name));

/** All scalars of a folder as `[tag, step, value]`, in the order in which they were written. */
export const readScalars = (folder: string) =>
  eventFiles(folder)
    .flatMap(readEventFile)
    .flatMap(({step, scalars}) => Object.entries(scalars).map(([tag, value]) => [tag, step, value] as const));
