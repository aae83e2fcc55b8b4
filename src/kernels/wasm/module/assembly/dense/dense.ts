/**
 * The dense form (ordinary and grouped convolution): an indirect matrix product (Dukhan 2019). Rows of the left matrix
 * are addresses of input rows, one for each tap; the right matrix is packed in panels of 8 columns (pack.ts). The
 * functions that do the work are exported so that the optimizer keeps them apart: an engine compiles a function anew
 * once it is hot, and only later calls get the fast code.
 */
import {copyColumns, multiplyAdd} from '../arithmetic';
import {BLOCK, DEPTH, PartCall} from '../calls';
import {finishBlock, finishRun, isBound, RELU6} from '../epilogue';
import {expandRows, isGathered, readsLines} from '../taps';
import {gatherTaps, linesOf, listBlockLines} from './gather';
import {multiplySixRows, SIX, sixesOf, takesSixes} from './six';

/** Products of a sum from which on six rows are worth an ending of their own. */
const LEAST_ENDING: i32 = 64;

/** Runs one part over its output rows `first` to `end - 1`. What a row holds does not depend on where the range begins. */
export function convolveDense(address: usize, first: i32, end: i32): void {
  const call = changetype<PartCall>(address);
  for (; first < end; first += BLOCK) denseBlock(call, first, min(BLOCK, end - first));
}

export function denseBlock(call: PartCall, first: i32, count: i32): void {
  const y = call.y + first * call.yRowBytes;
  const lines = readsLines(call);
  expandRows(call, first, count, lines);
  for (let group = 0; group < call.groups; group++) {
    const offset = (group * call.inputs) << 2;
    const panels = call.weights + group * ((call.outputs + 7) >> 3) * panelBytes(call);
    const sums = y + ((group * call.outputs) << 2);
    const bias = call.bias + ((group * call.outputs) << 2);
    if (lines) multiplyLines(call, panels, sums, bias, count);
    else if (isGathered(call)) multiplyGathered(call, offset, panels, sums, bias, count);
    else {
      const start = startsAt(call, 0, bias);
      multiplyPanels(call, call.pointers, call.taps, offset, call.inputs, panels, sums, start, true, count);
    }
  }
  if (!endsInTiles(call)) finishBlock(call, first, count);
}

/** All products of 8 output channels. */
function panelBytes(call: PartCall): i32 {
  return (call.taps * call.inputs) << 5;
}

/** What the sums of a turn start at: the bias for the first of a part that starts its outputs, else 0: what y holds. */
function startsAt(call: PartCall, turn: i32, bias: usize): usize {
  return call.starts && turn === 0 ? bias : 0;
}

/** Copies the taps of each row side by side first, as many as DEPTH holds. */
function multiplyGathered(
  call: PartCall,
  offset: usize,
  panels: usize,
  sums: usize,
  bias: usize,
  count: i32,
): void {
  const step = DEPTH / call.inputs;
  for (let tap = 0; tap < call.taps; tap += step) {
    const taps = min(step, call.taps - tap);
    gatherTaps(call, tap, taps, offset, count);
    multiplyPanels(
      call,
      call.gathered,
      1,
      0,
      taps * call.inputs,
      panels + tap * call.inputs * 32,
      sums,
      startsAt(call, tap, bias),
      tap + taps === call.taps,
      count,
    );
  }
}

/** Multiplies lines of taps where they lie, as many as DEPTH holds. */
function multiplyLines(call: PartCall, panels: usize, sums: usize, bias: usize, count: i32): void {
  const all = call.tapsTime * call.tapsHeight;
  const length = call.tapsWidth * call.inputs;
  const step = DEPTH / length;
  for (let line = 0; line < all; line += step) {
    const lines = min(step, all - line);
    listBlockLines(call, line, lines, count);
    multiplyPanels(
      call,
      linesOf(call),
      lines,
      0,
      length,
      panels + line * length * 32,
      sums,
      startsAt(call, line, bias),
      line + lines === all,
      count,
    );
  }
}

/**
 * `count` rows times all panels, `runs` pieces of `length` products for each row, added to the bias that `start` points
 * to, or to the sums if it is 0. With the last products of a sum, which `ends` tells, come the residual and an
 * activation that is a bound.
 */
export function multiplyPanels(
  call: PartCall,
  rows: usize,
  runs: i32,
  offset: usize,
  length: i32,
  weights: usize,
  sums: usize,
  start: usize,
  ends: bool,
  count: i32,
): void {
  const stride = call.yRowBytes;
  const from = start ? start : sums;
  const fromStride = start ? 0 : stride;
  // Sums that begin here may be made twice: the last tiles reach back over the ones before.
  const overlaps = start !== 0 && call.outputs >= 8;
  const columns = overlaps ? call.outputs : call.outputs & ~7;
  const whole = count & ~3;
  const full = call.outputs >> 3;
  multiplyRows(call, rows, whole, full, runs, offset, length, weights, from, fromStride, sums, stride, ends);
  if (full << 3 < columns) {
    const left = (columns - 8) << 2;
    multiplyRows(
      call,
      rows,
      whole,
      1,
      runs,
      offset,
      length,
      weights + full * panelBytes(call),
      from + left,
      fromStride,
      sums + left,
      stride,
      ends,
    );
  }
  for (let i = 0; i < whole && columns < call.outputs; i += 4) {
    const to = sums + i * stride;
    multiplyEdge(call, rows + (i << 2), runs, offset, length, weights, to, start, ends, columns, 4);
  }
  if (whole === count) return;
  if (overlaps && count > 4) {
    const back = count - 4;
    multiplyPanels(
      call,
      rows + (back << 2),
      runs,
      offset,
      length,
      weights,
      sums + back * stride,
      start,
      ends,
      4,
    );
    return;
  }
  rows += whole << 2;
  sums += whole * stride;
  for (let column = 0; column < call.outputs; column += 8) {
    multiplyEdge(call, rows, runs, offset, length, weights, sums, start, ends, column, count - whole);
  }
}

/**
 * Whether four rows go through all panels before the next ones. Where all weights stay in the L1 cache and output rows
 * are short, these are best written in the order of memory.
 */
function sideBySide(call: PartCall): bool {
  return call.outputs <= 64 && call.outputs * call.taps * call.inputs <= 4096;
}

/**
 * Whether residual and activation come with the last products. Sigmoids need too many registers, and the residual of
 * rows that do not go on to the next panel at once is better read in the order of memory.
 */
function endsInTiles(call: PartCall): bool {
  return isBound(call.activation) && (!call.residual || sideBySide(call));
}

/** A tile that is not full: its sums are moved to a full one and back, so that nothing else is written. */
export function multiplyEdge(
  call: PartCall,
  rows: usize,
  runs: i32,
  offset: usize,
  length: i32,
  weights: usize,
  sums: usize,
  start: usize,
  ends: bool,
  column: i32,
  count: i32,
): void {
  const columns = min(8, call.outputs - column);
  const stride = call.yRowBytes;
  // Where the panel has its columns, see pack.ts.
  const to = call.edge + (call.outputs < 8 ? 0 : (8 - columns) << 2);
  sums += column << 2;
  let from = start ? start + (column << 2) : sums;
  for (let i = 0; i < count; i++, from += start ? 0 : stride) copyColumns(to + i * 32, from, columns);
  weights += (column >> 3) * panelBytes(call);
  multiplyTiles(call, rows, 1, 1, runs, offset, length, weights, call.edge, 32, call.edge, 32, false);
  for (let i = 0; i < count; i++, sums += stride) {
    copyColumns(sums, to + i * 32, columns);
    if (ends && endsInTiles(call)) finishRun(sums, residualOf(call, sums), columns, call.activation);
  }
}

/** What is added to the finished sum at `sums`, or 0 for nothing. */
function residualOf(call: PartCall, sums: usize): usize {
  return call.residual ? call.residual + (sums - call.y) : 0;
}

/** Full tiles of `count` rows, a multiple of 4, and of `panels`: six rows at a time where the engine is fit for it. */
function multiplyRows(
  call: PartCall,
  rows: usize,
  count: i32,
  panels: i32,
  runs: i32,
  offset: usize,
  length: i32,
  weights: usize,
  from: usize,
  fromStride: i32,
  sums: usize,
  stride: i32,
  ends: bool,
): void {
  const fuses = ends && endsInTiles(call);
  const most: f32 = fuses && call.activation ? mostOf(call.activation) : 0;
  const toResidual = fuses && call.residual ? call.residual - call.y : 0;
  // What six rows end with goes over their sums once more, which should have taken longer.
  const isWorth = (!most && !toResidual) || runs * length >= LEAST_ENDING;
  const sixes = takesSixes(call) && isWorth ? sixesOf(count) : 0;
  multiplySixRows(
    sideBySide(call),
    panelBytes(call),
    rows,
    sixes,
    panels,
    runs,
    offset,
    length,
    weights,
    from,
    fromStride,
    sums,
    stride,
    most,
    toResidual,
  );
  const done = sixes * SIX;
  from += done * fromStride;
  sums += done * stride;
  rows += done << 2;
  const fours = (count - done) >> 2;
  multiplyTiles(
    call,
    rows,
    fours,
    panels,
    runs,
    offset,
    length,
    weights,
    from,
    fromStride,
    sums,
    stride,
    ends,
  );
}

/** What an activation that is a bound lets pass at most. */
function mostOf(activation: i32): f32 {
  return activation === RELU6 ? 6 : Infinity;
}

/**
 * Full tiles of `groups` times 4 rows and of `panels`. A tile is 4 rows times 8 columns, 8 sums in registers, which begin
 * as what stands at `from`. It is the only size that is fast in every engine tried (Node 20 to 24, Chromium), with multiply-adds and
 * without; see six.ts.
 */
export function multiplyTiles(
  call: PartCall,
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
  ends: bool,
): void {
  // From a tile to the next: to the next panel, or to the next rows.
  const side = sideBySide(call);
  const inner = side ? panels : groups;
  const rowsStep = side ? 0 : 16;
  const weightsStep = side ? panelBytes(call) : 0;
  const fromStep = side ? 32 : fromStride << 2;
  const sumsStep = side ? 32 : stride << 2;
  const rowsTurn = 16 - rowsStep;
  const weightsTurn = panelBytes(call) - weightsStep;
  const fromTurn = 32 + (fromStride << 2) - fromStep;
  const sumsTurn = 32 + (stride << 2) - sumsStep;
  const lengthBytes = length << 5;
  const fuses = ends && endsInTiles(call);
  const activation = fuses ? call.activation : 0;
  const most = f32x4.splat(mostOf(activation));
  const toResidual = fuses && call.residual ? call.residual - call.y : 0;
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
      if (activation) {
        s00 = between0And(most, s00);
        s01 = between0And(most, s01);
        s10 = between0And(most, s10);
        s11 = between0And(most, s11);
        s20 = between0And(most, s20);
        s21 = between0And(most, s21);
        s30 = between0And(most, s30);
        s31 = between0And(most, s31);
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
