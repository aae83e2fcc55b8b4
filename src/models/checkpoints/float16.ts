/**
 * IEEE half precision and bfloat16 as numbers in and out of bit patterns. Pure arithmetic: no tensors, no files.
 * Decoding is exact and keeps NaN payloads; encoding rounds once, to nearest, ties to even, from a double.
 */

const doubleBits = new Uint32Array(2);
const asDouble = new Float64Array(doubleBits.buffer);

/**
 * The half precision bit pattern nearest to a number: ties go to the even pattern, magnitudes from 65520 up become
 * infinity, magnitudes up to 2^-25 become zero of the same sign, NaN becomes the quiet NaN of its sign.
 */
export function encodeFloat16(value: number): number {
  asDouble[0] = value;
  const low = doubleBits[0]!;
  const high = doubleBits[1]!;
  const sign = (high >>> 16) & 0x8000;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  const fraction = high & 0xfffff;
  if (exponent === 1024) return sign | (fraction | low ? 0x7e00 : 0x7c00);
  if (exponent > 15) return sign | 0x7c00;
  if (exponent < -25) return sign;
  // A normal half keeps 10 of the 20 fraction bits in this word; each step below 2^-14 costs one bit more, and the
  // leading one, implicit until then, becomes part of the kept bits.
  const subnormal = exponent < -14;
  const significand = subnormal ? fraction | 0x100000 : fraction;
  const drop = subnormal ? -4 - exponent : 10;
  const kept = subnormal ? significand >>> drop : ((exponent + 15) << 10) | (significand >>> drop);
  const rest = significand & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  const up = rest > half || (rest === half && (low !== 0 || (kept & 1) === 1));
  // Carrying out of the fraction moves to the next exponent, and out of the last exponent to infinity.
  return sign | (up ? kept + 1 : kept);
}

/** The float32 bit pattern of a half precision bit pattern (exact). */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  const shift = Math.clz32(fraction) - 21; // places to move the leading one up to bit 10
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

/** Decodes half precision patterns. */
export function decodeFloat16(patterns: Uint16Array): Float32Array {
  const bits = new Uint32Array(patterns.length);
  for (let i = 0; i < patterns.length; i++) bits[i] = float16ToFloat32Bits(patterns[i]!);
  return new Float32Array(bits.buffer);
}

/** Decodes bfloat16 patterns, the upper halves of float32 patterns. */
export function decodeBFloat16(patterns: Uint16Array): Float32Array {
  const bits = new Uint32Array(patterns.length);
  for (let i = 0; i < patterns.length; i++) bits[i] = patterns[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Encodes numbers as half precision patterns, each rounded once. */
export function encodeFloat16Array(values: ArrayLike<number>): Uint16Array {
  const patterns = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) patterns[i] = encodeFloat16(values[i]!);
  return patterns;
}
