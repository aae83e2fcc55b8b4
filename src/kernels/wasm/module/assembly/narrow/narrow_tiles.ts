/**
 * Neighbouring outputs of four, two or one channels, summed in registers in the order of the list (narrow.ts).
 *
 * `list` to `end` are addresses of what the first output reads, `offset` what they lack; weights are 32 bytes apart, those
 * of the next channels side by side. Sums begin as the bias, or if that is 0 as what stands at `sums`, where they go. There are
 * `count` of them, and up to 31 more that mean nothing; those of the next channel lie `apart`.
 *
 * Each is a tile of eight vectors of sums: two of positions for four channels, four for two, eight for one. More would not
 * fit the registers, nor do eight inputs beside eight sums: so the conditions, as in band_tiles.ts.
 */
import {multiplyAdd} from '../arithmetic';

export function fourOutputs(
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  bias: usize,
  sums: usize,
  apart: i32,
  count: i32,
): void {
  for (; count > 0; count -= 8, offset += 32, sums += 32) {
    const sums1 = sums + apart;
    const sums2 = sums1 + apart;
    const sums3 = sums2 + apart;
    let s00 = bias ? v128.load32_splat(bias) : v128.load(sums);
    let s01 = bias ? s00 : v128.load(sums, 16);
    let s10 = bias ? v128.load32_splat(bias, 4) : v128.load(sums1);
    let s11 = bias ? s10 : v128.load(sums1, 16);
    let s20 = bias ? v128.load32_splat(bias, 8) : v128.load(sums2);
    let s21 = bias ? s20 : v128.load(sums2, 16);
    let s30 = bias ? v128.load32_splat(bias, 12) : v128.load(sums3);
    let s31 = bias ? s30 : v128.load(sums3, 16);
    let column = weights;
    for (let read = list; read < end; read += 4, column += 32) {
      const x = load<usize>(read) + offset;
      const a = v128.load(x);
      const b = v128.load(x, 16);
      let w = v128.load32_splat(column);
      s00 = multiplyAdd(a, w, s00);
      s01 = multiplyAdd(b, w, s01);
      w = v128.load32_splat(column, 4);
      s10 = multiplyAdd(a, w, s10);
      s11 = multiplyAdd(b, w, s11);
      w = v128.load32_splat(column, 8);
      s20 = multiplyAdd(a, w, s20);
      s21 = multiplyAdd(b, w, s21);
      w = v128.load32_splat(column, 12);
      s30 = multiplyAdd(a, w, s30);
      s31 = multiplyAdd(b, w, s31);
    }
    v128.store(sums, s00);
    v128.store(sums, s01, 16);
    v128.store(sums1, s10);
    v128.store(sums1, s11, 16);
    v128.store(sums2, s20);
    v128.store(sums2, s21, 16);
    v128.store(sums3, s30);
    v128.store(sums3, s31, 16);
  }
}

export function twoOutputs(
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  bias: usize,
  sums: usize,
  apart: i32,
  count: i32,
): void {
  for (; count > 0; count -= 16, offset += 64, sums += 64) {
    const sums1 = sums + apart;
    let s00 = bias ? v128.load32_splat(bias) : v128.load(sums);
    let s01 = bias ? s00 : v128.load(sums, 16);
    let s02 = bias ? s00 : v128.load(sums, 32);
    let s03 = bias ? s00 : v128.load(sums, 48);
    let s10 = bias ? v128.load32_splat(bias, 4) : v128.load(sums1);
    let s11 = bias ? s10 : v128.load(sums1, 16);
    let s12 = bias ? s10 : v128.load(sums1, 32);
    let s13 = bias ? s10 : v128.load(sums1, 48);
    let column = weights;
    for (let read = list; read < end; read += 4, column += 32) {
      const x = load<usize>(read) + offset;
      const w0 = v128.load32_splat(column);
      const w1 = v128.load32_splat(column, 4);
      let a = v128.load(x);
      s00 = multiplyAdd(a, w0, s00);
      s10 = multiplyAdd(a, w1, s10);
      a = v128.load(x, 16);
      s01 = multiplyAdd(a, w0, s01);
      s11 = multiplyAdd(a, w1, s11);
      a = v128.load(x, 32);
      s02 = multiplyAdd(a, w0, s02);
      s12 = multiplyAdd(a, w1, s12);
      a = v128.load(x, 48);
      s03 = multiplyAdd(a, w0, s03);
      s13 = multiplyAdd(a, w1, s13);
    }
    v128.store(sums, s00);
    v128.store(sums, s01, 16);
    v128.store(sums, s02, 32);
    v128.store(sums, s03, 48);
    v128.store(sums1, s10);
    v128.store(sums1, s11, 16);
    v128.store(sums1, s12, 32);
    v128.store(sums1, s13, 48);
  }
}

export function oneOutput(
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  bias: usize,
  sums: usize,
  count: i32,
): void {
  for (; count > 0; count -= 32, offset += 128, sums += 128) {
    let s0 = bias ? v128.load32_splat(bias) : v128.load(sums);
    let s1 = bias ? s0 : v128.load(sums, 16);
    let s2 = bias ? s0 : v128.load(sums, 32);
    let s3 = bias ? s0 : v128.load(sums, 48);
    let s4 = bias ? s0 : v128.load(sums, 64);
    let s5 = bias ? s0 : v128.load(sums, 80);
    let s6 = bias ? s0 : v128.load(sums, 96);
    let s7 = bias ? s0 : v128.load(sums, 112);
    let column = weights;
    for (let read = list; read < end; read += 4, column += 32) {
      const x = load<usize>(read) + offset;
      const w = v128.load32_splat(column);
      if (count >= 0) {
        s0 = multiplyAdd(v128.load(x), w, s0);
        s1 = multiplyAdd(v128.load(x, 16), w, s1);
        s2 = multiplyAdd(v128.load(x, 32), w, s2);
        s3 = multiplyAdd(v128.load(x, 48), w, s3);
      }
      if (count > 16) {
        s4 = multiplyAdd(v128.load(x, 64), w, s4);
        s5 = multiplyAdd(v128.load(x, 80), w, s5);
        s6 = multiplyAdd(v128.load(x, 96), w, s6);
        s7 = multiplyAdd(v128.load(x, 112), w, s7);
      }
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
    v128.store(sums, s4, 64);
    v128.store(sums, s5, 80);
    v128.store(sums, s6, 96);
    v128.store(sums, s7, 112);
  }
}
