/**
 * The dense form (ordinary and grouped convolution): an indirect matrix product (Dukhan 2019). Rows of the left matrix
 * are addresses of input rows, one for each tap; the right matrix is packed in panels of 8 columns (pack.ts). The
 * functions that do the work are exported so that the optimizer keeps them apart: an engine compiles a function anew
 * once it is hot, and only later calls get the fast code.
 */
import {copyColumns, multiplyAdd} from './arithmetic';
import {finishBlock} from './finish';
import {gatherTaps, linesOf, listBlockLines} from './gather';
import {BLOCK, DEPTH, GATHER_BELOW, PartCall} from './layout';
import {expandRows, readsLines} from './taps';

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
    const panels = call.weights + group * ((call.outputs + 7) >> 3) * call.taps * call.inputs * 32;
    const sums = y + ((group * call.outputs) << 2);
    const bias = call.bias + ((group * call.outputs) << 2);
    if (lines) multiplyLines(call, panels, sums, bias, count);
    else if (call.inputs < GATHER_BELOW) multiplyGathered(call, offset, panels, sums, bias, count);
    else multiplyInPlace(call, offset, panels, sums, bias, count);
  }
  finishBlock(call, first, count);
}

/** What the sums of a turn start at: the bias for the first of a part that starts its outputs, else 0: what y holds. */
function startsAt(call: PartCall, turn: i32, bias: usize): usize {
  return call.starts && turn === 0 ? bias : 0;
}

/** Multiplies input rows where they lie: several short taps at a time, or one long tap in pieces of DEPTH. */
function multiplyInPlace(
  call: PartCall,
  offset: usize,
  panels: usize,
  sums: usize,
  bias: usize,
  count: i32,
): void {
  const step = max(1, DEPTH / call.inputs);
  for (let tap = 0; tap < call.taps; tap += step) {
    const rows = call.pointers + ((tap * BLOCK) << 2);
    const runs = min(step, call.taps - tap);
    for (let k = 0; k < call.inputs; k += DEPTH) {
      const weights = panels + (tap * call.inputs + k) * 32;
      const start = startsAt(call, tap + k, bias);
      multiplyPanels(
        call,
        rows,
        runs,
        offset + (k << 2),
        min(DEPTH, call.inputs - k),
        weights,
        sums,
        start,
        count,
      );
    }
  }
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
      count,
    );
  }
}

/**
 * `count` rows times all panels, `runs` pieces of `length` products for each row, added to the bias that `start` points
 * to, or to the sums if it is 0.
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
  count: i32,
): void {
  const panelBytes = call.taps * call.inputs * 32;
  const stride = call.yRowBytes;
  const fromStride = start ? 0 : stride;
  for (let column = 0; column < call.outputs; column += 8, weights += panelBytes) {
    const columns = min(8, call.outputs - column);
    const panel = sums + (column << 2);
    for (let i = 0; i < count; i += 4) {
      const at = panel + i * stride;
      const from = start ? start + (column << 2) : at;
      const row = rows + (i << 2);
      const whole = columns === 8 && i + 4 <= count;
      // A tile that is not full: its sums are moved to a full one and back, so that nothing else is written.
      const held = whole ? 0 : min(4, count - i);
      for (let k = 0; k < held; k++) copyColumns(call.edge + k * 32, from + k * fromStride, columns);
      tile(
        row,
        runs,
        offset,
        length,
        weights,
        whole ? from : call.edge,
        whole ? fromStride : 32,
        whole ? at : call.edge,
        whole ? stride : 32,
      );
      for (let k = 0; k < held; k++) copyColumns(at + k * stride, call.edge + k * 32, columns);
    }
  }
}

/**
 * The inner loop: 4 rows times 8 columns, 8 sums in registers, which begin as what stands at `from`. The only size of
 * tile that is fast in every engine tried (Node 20 to 24, Chromium); a longer loop body makes it slower. It is called
 * in one place, so that the optimizer puts it there: as a function of its own it costs a twentieth without relaxed SIMD.
 */
function tile(
  rows: usize,
  runs: i32,
  offset: usize,
  length: i32,
  weights: usize,
  from: usize,
  fromStride: i32,
  sums: usize,
  stride: i32,
): void {
  const from1 = from + fromStride;
  const from2 = from1 + fromStride;
  const from3 = from2 + fromStride;
  const sums1 = sums + stride;
  const sums2 = sums1 + stride;
  const sums3 = sums2 + stride;
  let s00 = v128.load(from);
  let s01 = v128.load(from, 16);
  let s10 = v128.load(from1);
  let s11 = v128.load(from1, 16);
  let s20 = v128.load(from2);
  let s21 = v128.load(from2, 16);
  let s30 = v128.load(from3);
  let s31 = v128.load(from3, 16);
  for (let run = 0; run < runs; run++, rows += BLOCK << 2) {
    let row0 = load<usize>(rows) + offset;
    let row1 = load<usize>(rows, 4) + offset;
    let row2 = load<usize>(rows, 8) + offset;
    let row3 = load<usize>(rows, 12) + offset;
    const end = weights + length * 32;
    do {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
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
      weights += 32;
    } while (weights !== end);
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
