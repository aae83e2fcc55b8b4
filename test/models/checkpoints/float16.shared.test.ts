/** Half precision against its definition: decoding by powers of two, encoding by search among all 65536 patterns. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  decodeBFloat16,
  decodeFloat16,
  encodeFloat16,
  encodeFloat16Array,
} from '../../../src/models/checkpoints/float16';

/** (-1)^s * 2^(e-15) * (1 + f/1024), subnormals (-1)^s * 2^-14 * f/1024. */
function definition(pattern: number): number {
  const sign = pattern >= 0x8000 ? -1 : 1;
  const exponent = Math.floor(pattern / 1024) % 32;
  const fraction = pattern % 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? (sign * fraction) / 2 ** 24 : sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

const ALL = Uint16Array.from({length: 65536}, (_, i) => i);
/** The finite magnitudes in order, then the first power of two that does not fit: what is nearest to it is infinity. */
const MAGNITUDES = [...Array.from({length: 0x7c00}, (_, i) => definition(i)), 65536];

/** The nearest pattern by comparing distances to both neighbours; on a tie the even one. */
function nearest(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65536) return sign + 0x7c00;
  let [low, high] = [0, MAGNITUDES.length - 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (MAGNITUDES[middle]! <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - MAGNITUDES[low]!, MAGNITUDES[high]! - magnitude];
  const up = above < below || (above === below && high % 2 === 0);
  return sign + (up ? high : low);
}

describe('half precision', () => {
  it('decodes all 65536 patterns as defined', () => {
    const decoded = decodeFloat16(ALL);
    for (const pattern of ALL) {
      if (!Object.is(decoded[pattern], definition(pattern)))
        expect([pattern, decoded[pattern]]).toEqual([pattern, definition(pattern)]);
    }
  });

  it('encodes every half to itself', () => {
    const again = encodeFloat16Array(decodeFloat16(ALL));
    for (const pattern of ALL) {
      const isNaN16 = (pattern & 0x7fff) > 0x7c00;
      const expected = isNaN16 ? (pattern & 0x8000) | 0x7e00 : pattern;
      // The sign of a NaN may be lost when a number passes through JavaScript.
      if (isNaN16) expect(again[pattern]! & 0x7fff).toBe(0x7e00);
      else if (again[pattern] !== expected) expect([pattern, again[pattern]]).toEqual([pattern, expected]);
    }
  });

  it('rounds between neighbours, at ties and just beside them', () => {
    for (let i = 0; i < 0x7c00; i++) {
      const tie = (MAGNITUDES[i]! + MAGNITUDES[i + 1]!) / 2;
      for (const value of [tie, tie * (1 - 2 ** -52), tie * (1 + 2 ** -52), -tie]) {
        if (encodeFloat16(value) !== nearest(value))
          expect([value, encodeFloat16(value)]).toEqual([value, nearest(value)]);
      }
    }
  });

  it('rounds any double to the nearest half, ties to even', () => {
    const anyDouble = fc.oneof(
      fc.double({noNaN: true}),
      fc.double({min: -70000, max: 70000, noNaN: true}),
      fc.float({noNaN: true}),
    );
    fc.assert(
      fc.property(anyDouble, (value) => encodeFloat16(value) === nearest(value)),
      {seed: 16, numRuns: 20_000},
    );
  });

  it('knows the limits', () => {
    const cases: [number, number][] = [
      [0, 0x0000],
      [-0, 0x8000],
      [65504, 0x7bff],
      [65519.999, 0x7bff],
      [65520, 0x7c00],
      [-1e308, 0xfc00],
      [Number.POSITIVE_INFINITY, 0x7c00],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [-(2 ** -25) * (1 + 2 ** -52), 0x8001],
      [5e-324, 0x0000],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [Number.NaN, 0x7e00],
    ];
    expect(cases.map(([value]) => encodeFloat16(value) & (Number.isNaN(value) ? 0x7fff : 0xffff))).toEqual(
      cases.map(([, pattern]) => pattern),
    );
  });
});

describe('bfloat16', () => {
  it('is the upper half of float32', () => {
    const decoded = decodeBFloat16(ALL);
    const words = new Uint32Array(decoded.buffer);
    expect(ALL.every((pattern) => words[pattern] === pattern * 65536)).toBe(true);
    expect([...decodeBFloat16(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001))]).toEqual([
      1,
      -2,
      Number.POSITIVE_INFINITY,
      2 ** -133,
    ]);
  });
});
