/**
 * Tiles of 6 rows times 8 columns, forward and of the gradient with respect to the filter, of the build with fused multiply-add: 12 sums, two
 * vectors of weights and one of a row are all the registers that x86 leaves. With the 8 sums of a tile of four each waits for itself where a
 * processor takes four cycles for a multiply-add and begins two in each, the more where it begins four (ARM), or where an engine makes pairs of vectors
 * one of twice the width (V8's revectorization). The plain build needs a register for products, and has none left.
 *
 * V8 before 13 (Node 20 and 22) computes as late as it can: all loads of a block may come before its first multiply-add, and then values go
 * through the stack, for twice the time. It keeps the written order if the chain of memory accesses ends with each turn of a loop, and sums are used
 * after the loop in the opposite order. Hence they are stored from the last to the first, and a loop is tested before a turn. Loops within three others it
 * unrolls; there the chain ends where two ways meet, of which one is never gone.
 */
import {multiplyAdd} from '../arithmetic';
import {BLOCK} from '../calls';

export const SIX: i32 = 6;

/** How many tiles of six of `count` rows, so that tiles of four, of which one may be less than full, have the least to add; 0 in the plain build. */
export function sixesOf(count: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  const rest = count % SIX;
  return max(0, count / SIX - (rest === 2 || rest === 5 ? 1 : 0));
}

/** `groups` times 6 rows of all `panels`, as multiplyFourRows. */
export function multiplySixRows(
  side: bool,
  panelBytes: i32,
  rows: usize,
  groups: i32,
  panels: i32,
  runs: i32,
  offset: usize,
  length: i32,
  weights: usize,
  from: usize,
  fromStride: i32,
  sums: usize,
  stride: i32,
  most: f32,
  toResidual: usize,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const inner = side ? panels : groups;
  const rowsStep = side ? 0 : SIX << 2;
  const weightsStep = side ? panelBytes : 0;
  const fromStep = side ? 32 : fromStride * SIX;
  const sumsStep = side ? 32 : stride * SIX;
  const rowsTurn = (SIX << 2) - rowsStep;
  const weightsTurn = panelBytes - weightsStep;
  const fromTurn = 32 + fromStride * SIX - fromStep;
  const sumsTurn = 32 + stride * SIX - sumsStep;
  const lengthBytes = length << 5;
  for (let outer = side ? groups : panels; outer > 0; outer--) {
    let tileRows = rows;
    let tileWeights = weights;
    let begin = from;
    let to = sums;
    for (let i = inner; i > 0; i--) {
      let pointers = tileRows;
      let panel = tileWeights;
      let at = begin;
      let s00 = v128.load(at);
      let s01 = v128.load(at, 16);
      at += fromStride;
      let s10 = v128.load(at);
      let s11 = v128.load(at, 16);
      at += fromStride;
      let s20 = v128.load(at);
      let s21 = v128.load(at, 16);
      at += fromStride;
      let s30 = v128.load(at);
      let s31 = v128.load(at, 16);
      at += fromStride;
      let s40 = v128.load(at);
      let s41 = v128.load(at, 16);
      at += fromStride;
      let s50 = v128.load(at);
      let s51 = v128.load(at, 16);
      for (let run = 0; run < runs; run++, pointers += BLOCK << 2) {
        let row0 = load<usize>(pointers) + offset;
        let row1 = load<usize>(pointers, 4) + offset;
        let row2 = load<usize>(pointers, 8) + offset;
        let row3 = load<usize>(pointers, 12) + offset;
        let row4 = load<usize>(pointers, 16) + offset;
        let row5 = load<usize>(pointers, 20) + offset;
        const end = panel + lengthBytes;
        do {
          // Never so, for V8 before 13: see above.
          if (!row0) row0 = load<usize>(pointers);
          const w0 = v128.load(panel);
          const w1 = v128.load(panel, 16);
          let a = v128.load32_splat(row0);
          s00 = multiplyAdd(a, w0, s00);
          s01 = multiplyAdd(a, w1, s01);
          a = v128.load32_splat(row1);
          s10 = multiplyAdd(a, w0, s10);
          s11 = multiplyAdd(a, w1, s11);
          a = v128.load32_splat(row2);
          s20 = multiplyAdd(a, w0, s20);
          s21 = multiplyAdd(a, w1, s21);
          a = v128.load32_splat(row3);
          s30 = multiplyAdd(a, w0, s30);
          s31 = multiplyAdd(a, w1, s31);
          a = v128.load32_splat(row4);
          s40 = multiplyAdd(a, w0, s40);
          s41 = multiplyAdd(a, w1, s41);
          a = v128.load32_splat(row5);
          s50 = multiplyAdd(a, w0, s50);
          s51 = multiplyAdd(a, w1, s51);
          row0 += 4;
          row1 += 4;
          row2 += 4;
          row3 += 4;
          row4 += 4;
          row5 += 4;
          panel += 32;
        } while (panel !== end);
      }
      at = to + stride * 5;
      v128.store(at, s51, 16);
      v128.store(at, s50);
      at -= stride;
      v128.store(at, s41, 16);
      v128.store(at, s40);
      at -= stride;
      v128.store(at, s31, 16);
      v128.store(at, s30);
      at -= stride;
      v128.store(at, s21, 16);
      v128.store(at, s20);
      at -= stride;
      v128.store(at, s11, 16);
      v128.store(at, s10);
      at -= stride;
      v128.store(at, s01, 16);
      v128.store(at, s00);
      if (toResidual) addResidual(to, stride, toResidual);
      if (most) boundTile(to, stride, most);
      tileRows += rowsStep;
      tileWeights += weightsStep;
      begin += fromStep;
      to += sumsStep;
    }
    rows += rowsTurn;
    weights += weightsTurn;
    from += fromTurn;
    sums += sumsTurn;
  }
}

function addResidual(to: usize, stride: i32, toResidual: usize): void {
  for (const end = to + SIX * stride; to < end; to += stride) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(to + toResidual)));
    v128.store(to, f32x4.add(v128.load(to, 16), v128.load(to + toResidual, 16)), 16);
  }
}

/** As `bound` of epilogue.ts, which NaN passes. */
function boundTile(to: usize, stride: i32, most: f32): void {
  const zero = f32x4.splat(0);
  const ceiling = f32x4.splat(most);
  for (const end = to + SIX * stride; to < end; to += stride) {
    v128.store(to, f32x4.pmin(f32x4.pmax(v128.load(to), zero), ceiling));
    v128.store(to, f32x4.pmin(f32x4.pmax(v128.load(to, 16), zero), ceiling), 16);
  }
}

/** Columns of the rows, `strips` times six side by side, from those addresses on. */
export function packSixes(to: usize, rows: usize, offset: usize, strips: i32, count: i32): void {
  const end = to + count * (SIX << 2);
  for (; to < end; to += SIX << 2, rows += 4) {
    let from = load<usize>(rows) + offset;
    let strip = to;
    for (let k = 0; k < strips; k++, from += SIX << 2, strip += BLOCK * (SIX << 2)) {
      v128.store(strip, v128.load(from));
      store<u64>(strip, load<u64>(from, 16), 16);
    }
  }
}

/** The inner loop of the gradient: 6 inputs times 8 outputs. */
export function productSix(
  strip: usize,
  panel: usize,
  count: i32,
  result: usize,
  rowBytes: i32,
  adds: bool,
): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  let s40 = s00;
  let s41 = s00;
  let s50 = s00;
  let s51 = s00;
  const end = strip + count * (SIX << 2);
  while (strip !== end) {
    const w0 = v128.load(panel);
    const w1 = v128.load(panel, 16);
    let a = v128.load32_splat(strip);
    s00 = multiplyAdd(a, w0, s00);
    s01 = multiplyAdd(a, w1, s01);
    a = v128.load32_splat(strip, 4);
    s10 = multiplyAdd(a, w0, s10);
    s11 = multiplyAdd(a, w1, s11);
    a = v128.load32_splat(strip, 8);
    s20 = multiplyAdd(a, w0, s20);
    s21 = multiplyAdd(a, w1, s21);
    a = v128.load32_splat(strip, 12);
    s30 = multiplyAdd(a, w0, s30);
    s31 = multiplyAdd(a, w1, s31);
    a = v128.load32_splat(strip, 16);
    s40 = multiplyAdd(a, w0, s40);
    s41 = multiplyAdd(a, w1, s41);
    a = v128.load32_splat(strip, 20);
    s50 = multiplyAdd(a, w0, s50);
    s51 = multiplyAdd(a, w1, s51);
    strip += SIX << 2;
    panel += 32;
  }
  const result1 = result + rowBytes;
  const result2 = result1 + rowBytes;
  const result3 = result2 + rowBytes;
  const result4 = result3 + rowBytes;
  const result5 = result4 + rowBytes;
  if (adds) {
    s00 = f32x4.add(s00, v128.load(result));
    s01 = f32x4.add(s01, v128.load(result, 16));
    s10 = f32x4.add(s10, v128.load(result1));
    s11 = f32x4.add(s11, v128.load(result1, 16));
    s20 = f32x4.add(s20, v128.load(result2));
    s21 = f32x4.add(s21, v128.load(result2, 16));
    s30 = f32x4.add(s30, v128.load(result3));
    s31 = f32x4.add(s31, v128.load(result3, 16));
    s40 = f32x4.add(s40, v128.load(result4));
    s41 = f32x4.add(s41, v128.load(result4, 16));
    s50 = f32x4.add(s50, v128.load(result5));
    s51 = f32x4.add(s51, v128.load(result5, 16));
  }
  v128.store(result5, s51, 16);
  v128.store(result5, s50);
  v128.store(result4, s41, 16);
  v128.store(result4, s40);
  v128.store(result3, s31, 16);
  v128.store(result3, s30);
  v128.store(result2, s21, 16);
  v128.store(result2, s20);
  v128.store(result1, s11, 16);
  v128.store(result1, s10);
  v128.store(result, s01, 16);
  v128.store(result, s00);
}
