/**
 * A small JPEG writer for pictures in a page: baseline, YCbCr without subsampling, the tables of ITU-T T.81 annex K. Portable, and
 * for pictures of some thousand pixels; larger ones take a canvas or ffmpeg better.
 */
import type {RgbImage} from '../rgb_image';

/** Annex K.1: how coarsely luminance and colour are stored, by rows, at quality 50. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const COLOUR_CORNER = [
  [17, 18, 24, 47],
  [18, 21, 26, 66],
  [24, 26, 56, 99],
  [47, 66, 99, 99],
];
const COLOUR = Array.from({length: 64}, (_, i) => COLOUR_CORNER[i >> 3]?.[i & 7] ?? 99);

/** Places of an 8 x 8 block, by rows, in the order in which they are stored: along the diagonals, to and fro. */
const ZIGZAG = Array.from({length: 64}, (_, i) => i).sort((a, b) => {
  const [diagonalA, diagonalB] = [(a >> 3) + (a & 7), (b >> 3) + (b & 7)];
  if (diagonalA !== diagonalB) return diagonalA - diagonalB;
  return diagonalA % 2 === 0 ? b - a : a - b;
});

/** Annex K.3: how many codes there are of each length from 1 to 16, and what they stand for. Those of luminance serve all. */
const DC_LENGTHS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_VALUES = Array.from({length: 12}, (_, i) => i);
const AC_LENGTHS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
const AC_FREQUENT = [
  ...[
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
    0x71, 0x14,
  ],
  ...[
    0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
    0x82,
  ],
];
/** The others follow in rising order: a run of 0 to 15 zeros, then a number of 1 to 10 bits. */
const AC_VALUES = [
  ...AC_FREQUENT,
  ...Array.from({length: 160}, (_, i) => (Math.floor(i / 10) << 4) | ((i % 10) + 1)).filter(
    (value) => !AC_FREQUENT.includes(value),
  ),
];

type Codes = ReadonlyMap<number, {readonly code: number; readonly length: number}>;

/** Codes of one length count up; those of the next begin behind them, with a zero more. */
function codesOf(lengths: readonly number[], values: readonly number[]): Codes {
  const codes = new Map<number, {code: number; length: number}>();
  let code = 0;
  let at = 0;
  lengths.forEach((count, i) => {
    for (let k = 0; k < count; k++) codes.set(values[at++]!, {code: code++, length: i + 1});
    code <<= 1;
  });
  return codes;
}
const DC_CODES = codesOf(DC_LENGTHS, DC_VALUES);
const AC_CODES = codesOf(AC_LENGTHS, AC_VALUES);

/** `COSINES[k * 8 + x]`: wave k at pixel x, of length 1. */
const COSINES = Float64Array.from({length: 64}, (_, i) => {
  const [k, x] = [i >> 3, i & 7];
  return Math.cos(((2 * x + 1) * k * Math.PI) / 16) * (k === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

/** Red, green and blue in luminance and the two differences of colour, as JFIF has them. */
const TO_YCC = [
  [0.299, 0.587, 0.114],
  [-0.168735892, -0.331264108, 0.5],
  [0.5, -0.418687589, -0.081312411],
] as const;

/** Bits of a scan; a byte of ones is followed by one of zeros, or it would begin a marker. */
class Bits {
  readonly bytes: number[] = [];
  private pending = 0;
  private count = 0;

  put(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.pending = (this.pending << 1) | ((value >> bit) & 1);
      if (++this.count < 8) continue;
      this.bytes.push(this.pending);
      if (this.pending === 0xff) this.bytes.push(0);
      this.pending = 0;
      this.count = 0;
    }
  }

  code(codes: Codes, symbol: number): void {
    const {code, length} = codes.get(symbol)!;
    this.put(code, length);
  }

  /** Negative numbers are stored one less, so that their first bit is 0. */
  number(value: number, length: number): void {
    this.put(value < 0 ? value - 1 + (1 << length) : value, length);
  }

  /** Fills up with ones. */
  end(): void {
    while (this.count > 0) this.put(1, 1);
  }
}

const bitLength = (value: number) => 32 - Math.clz32(Math.abs(value));

/** The numbers of a block behind its first one: how many zeros are passed over and how long the next number is, the number. */
function putBlock(bits: Bits, levels: Int32Array, before: number): void {
  const difference = levels[0]! - before;
  const length = bitLength(difference);
  bits.code(DC_CODES, length);
  bits.number(difference, length);
  let zeros = 0;
  for (let i = 1; i < 64; i++) {
    const level = levels[i]!;
    if (level === 0) {
      zeros++;
      continue;
    }
    for (; zeros > 15; zeros -= 16) bits.code(AC_CODES, 0xf0);
    const size = bitLength(level);
    bits.code(AC_CODES, (zeros << 4) | size);
    bits.number(level, size);
    zeros = 0;
  }
  if (zeros > 0) bits.code(AC_CODES, 0);
}

/** A block of 8 x 8 values as waves, whole multiples of what `table` stores them in. */
function transform(block: Float64Array, table: readonly number[], levels: Int32Array): void {
  const rows = new Float64Array(64);
  for (let y = 0; y < 8; y++) {
    for (let k = 0; k < 8; k++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += block[y * 8 + x]! * COSINES[k * 8 + x]!;
      rows[y * 8 + k] = sum;
    }
  }
  ZIGZAG.forEach((place, i) => {
    const [k, column] = [place >> 3, place & 7];
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += rows[y * 8 + column]! * COSINES[k * 8 + y]!;
    levels[i] = Math.round(sum / table[place]!);
  });
}

/** One of luminance and colours of 8 x 8 pixels; beyond the picture its last row and column go on. */
function readBlock(
  {data, width, height}: RgbImage,
  left: number,
  top: number,
  part: number,
  block: Float64Array,
) {
  const [red, green, blue] = TO_YCC[part]!;
  for (let i = 0; i < 64; i++) {
    const x = Math.min(width - 1, left + (i & 7));
    const y = Math.min(height - 1, top + (i >> 3));
    const at = (y * width + x) * 3;
    const value = red * data[at]! + green * data[at + 1]! + blue * data[at + 2]!;
    block[i] = part === 0 ? value - 128 : value;
  }
}

const segment = (marker: number, content: readonly number[]) => [
  0xff,
  marker,
  (content.length + 2) >> 8,
  (content.length + 2) & 255,
  ...content,
];

function header(width: number, height: number, tables: readonly (readonly number[])[]): number[] {
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  return [
    ...[0xff, 0xd8],
    ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    ...tables.flatMap((table, id) => segment(0xdb, [id, ...ZIGZAG.map((place) => table[place]!)])),
    ...segment(0xc0, [8, ...size, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]),
    ...segment(0xc4, [0x00, ...DC_LENGTHS, ...DC_VALUES]),
    ...segment(0xc4, [0x10, ...AC_LENGTHS, ...AC_VALUES]),
    ...segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
  ];
}

/**
 * @param image packed rgb of 1 to 65535 pixels each way
 * @param quality 1 to 100, as usual
 * @returns the file
 */
export function encodeJpeg(image: RgbImage, quality: number): Uint8Array {
  const scale = quality < 50 ? 50 / quality : 2 - quality / 50;
  const tables = [LUMINANCE, COLOUR].map((table) =>
    table.map((value) => Math.min(255, Math.max(1, Math.round(value * scale)))),
  );
  const bits = new Bits();
  const block = new Float64Array(64);
  const levels = new Int32Array(64);
  const before = [0, 0, 0];
  for (let top = 0; top < image.height; top += 8) {
    for (let left = 0; left < image.width; left += 8) {
      for (let part = 0; part < 3; part++) {
        readBlock(image, left, top, part, block);
        transform(block, tables[Math.min(1, part)]!, levels);
        putBlock(bits, levels, before[part]!);
        before[part] = levels[0]!;
      }
    }
  }
  bits.end();
  return Uint8Array.from([...header(image.width, image.height, tables), ...bits.bytes, 0xff, 0xd9]);
}

/** A picture as the `data:` URL of its JPEG file. */
export function jpegUrl(image: RgbImage, quality: number): string {
  // Node and browsers have base64 in common for text of one byte a character alone.
  const text = Array.from(encodeJpeg(image, quality), (byte) => String.fromCharCode(byte)).join('');
  return `data:image/jpeg;base64,${btoa(text)}`;
}
