/** Tiles of 4 rows times 8 columns, 8 sums in registers: of the plain build, and of the rows that tiles of six (six.ts) leave over. */
import {multiplyAdd} from '../arithmetic';
import {BLOCK} from '../calls';

/**
 * `groups` times 4 rows of all `panels` of `panelBytes`; sums begin as what stands at `from`.
 *
 * @param side whether four rows go through all panels before the next ones
 * @param most what an activation lets pass at most, of sums above 0; 0 for none
 * @param toResidual from a sum to what is added to it at last, or 0
 */
export function multiplyFourRows(
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
  // From a tile to the next: to the next panel, or to the next rows.
  const inner = side ? panels : groups;
  const rowsStep = side ? 0 : 16;
  const weightsStep = side ? panelBytes : 0;
  const fromStep = side ? 32 : fromStride << 2;
  const sumsStep = side ? 32 : stride << 2;
  const rowsTurn = 16 - rowsStep;
  const weightsTurn = panelBytes - weightsStep;
  const fromTurn = 32 + (fromStride << 2) - fromStep;
  const sumsTurn = 32 + (stride << 2) - sumsStep;
  const lengthBytes = length << 5;
  const ceiling = f32x4.splat(most);
  for (let outer = side ? groups : panels; outer > 0; outer--) {
    let tileRows = rows;
    let tileWeights = weights;
    let begin = from;
    let to = sums;
    for (let i = inner; i > 0; i--) {
      let pointers = tileRows;
      let panel = tileWeights;
      const from1 = begin + fromStride;
      const from2 = from1 + fromStride;
      const from3 = from2 + fromStride;
      const sums1 = to + stride;
      const sums2 = sums1 + stride;
      const sums3 = sums2 + stride;
      let s00 = v128.load(begin);
      let s01 = v128.load(begin, 16);
      let s10 = v128.load(from1);
      let s11 = v128.load(from1, 16);
      let s20 = v128.load(from2);
      let s21 = v128.load(from2, 16);
      let s30 = v128.load(from3);
      let s31 = v128.load(from3, 16);
      for (let run = 0; run < runs; run++, pointers += BLOCK << 2) {
        let row0 = load<usize>(pointers) + offset;
        let row1 = load<usize>(pointers, 4) + offset;
        let row2 = load<usize>(pointers, 8) + offset;
        let row3 = load<usize>(pointers, 12) + offset;
        const end = panel + lengthBytes;
        do {
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
          row0 += 4;
          row1 += 4;
          row2 += 4;
          row3 += 4;
          panel += 32;
        } while (panel !== end);
      }
      if (toResidual) {
        const residual = to + toResidual;
        const residual1 = residual + stride;
        const residual2 = residual1 + stride;
        const residual3 = residual2 + stride;
        s00 = f32x4.add(s00, v128.load(residual));
        s01 = f32x4.add(s01, v128.load(residual, 16));
        s10 = f32x4.add(s10, v128.load(residual1));
        s11 = f32x4.add(s11, v128.load(residual1, 16));
        s20 = f32x4.add(s20, v128.load(residual2));
        s21 = f32x4.add(s21, v128.load(residual2, 16));
        s30 = f32x4.add(s30, v128.load(residual3));
        s31 = f32x4.add(s31, v128.load(residual3, 16));
      }
      if (most) {
        s00 = between0And(ceiling, s00);
        s01 = between0And(ceiling, s01);
        s10 = between0And(ceiling, s10);
        s11 = between0And(ceiling, s11);
        s20 = between0And(ceiling, s20);
        s21 = between0And(ceiling, s21);
        s30 = between0And(ceiling, s30);
        s31 = between0And(ceiling, s31);
      }
      v128.store(to, s00);
      v128.store(to, s01, 16);
      v128.store(sums1, s10);
      v128.store(sums1, s11, 16);
      v128.store(sums2, s20);
      v128.store(sums2, s21, 16);
      v128.store(sums3, s30);
      v128.store(sums3, s31, 16);
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

/** As `bound` of epilogue.ts, which NaN passes. */
function between0And(most: v128, sum: v128): v128 {
  return f32x4.pmin(f32x4.pmax(sum, f32x4.splat(0)), most);
}
