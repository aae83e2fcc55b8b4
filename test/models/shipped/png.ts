/**
 * Decodes the 8-bit RGB, non-interlaced PNG files of test/golden/photos to raw pixels (Node only). No general PNG reader.
 */
import {inflateSync} from 'node:zlib';

/** Pixels `[height, width, 3]`, row-major. */
export interface Picture {
  height: number;
  width: number;
  data: Uint8Array;
}

/** Decodes a PNG of colour type 2, 8 bits. */
export function decodePng(bytes: Uint8Array): Picture {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  let width = 0;
  let height = 0;
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      if (body[8] !== 8 || body[9] !== 2 || body[12] !== 0)
        throw new Error('decodePng: not a plain 8-bit RGB file');
    } else if (type === 'IDAT') {
      parts.push(body);
    }
    at += 12 + length;
  }
  return {height, width, data: unfilter(inflateSync(Buffer.concat(parts)), height, width * 3)};
}

function unfilter(rows: Buffer, height: number, rowBytes: number): Uint8Array {
  const out = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (rowBytes + 1)]!;
    for (let i = 0; i < rowBytes; i++) {
      const at = y * rowBytes + i;
      const left = i >= 3 ? out[at - 3]! : 0;
      const up = y > 0 ? out[at - rowBytes]! : 0;
      const upLeft = i >= 3 && y > 0 ? out[at - rowBytes - 3]! : 0;
      out[at] = rows[y * (rowBytes + 1) + 1 + i]! + predict(filter, left, up, upLeft);
    }
  }
  return out;
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const estimate = left + up - upLeft;
  const [dLeft, dUp, dUpLeft] = [left, up, upLeft].map((value) => Math.abs(estimate - value)) as [
    number,
    number,
    number,
  ];
  if (dLeft <= dUp && dLeft <= dUpLeft) return left;
  return dUp <= dUpLeft ? up : upLeft;
}
