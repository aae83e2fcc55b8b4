/** Rows of the left matrix, which are addresses, times panels of weights, cut into tiles of six and four rows and what they leave over. */
import {copyColumns} from '../arithmetic';
import {PartCall} from '../calls';
import {finishRun, isBound, RELU6} from '../epilogue';
import {multiplyFourRows} from './four';
import {multiplySixRows, SIX, sixesOf} from './six';

/** Products of a sum from which on six rows are worth an ending of their own. */
const LEAST_ENDING: i32 = 64;

/** All products of 8 output channels. */
export function panelBytes(call: PartCall): i32 {
  return (call.taps * call.inputs) << 5;
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
 * Whether the rows of a tile go through all panels before the next ones. Where all weights stay in the L1 cache and output rows
 * are short, these are best written in the order of memory.
 */
function sideBySide(call: PartCall): bool {
  return call.outputs <= 64 && call.outputs * call.taps * call.inputs <= 4096;
}

/**
 * Whether residual and activation come with the last products. Sigmoids need too many registers, and the residual of
 * rows that do not go on to the next panel at once is better read in the order of memory.
 */
export function endsInTiles(call: PartCall): bool {
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
  const panel = panelBytes(call);
  weights += (column >> 3) * panel;
  multiplyFourRows(
    false,
    panel,
    rows,
    1,
    1,
    runs,
    offset,
    length,
    weights,
    call.edge,
    32,
    call.edge,
    32,
    0,
    0,
  );
  for (let i = 0; i < count; i++, sums += stride) {
    copyColumns(sums, to + i * 32, columns);
    if (ends && endsInTiles(call)) finishRun(sums, residualOf(call, sums), columns, call.activation);
  }
}

/** What is added to the finished sum at `sums`, or 0 for nothing. */
function residualOf(call: PartCall, sums: usize): usize {
  return call.residual ? call.residual + (sums - call.y) : 0;
}

/** Full tiles of `count` rows, a multiple of 4, and of `panels`: six rows at a time in the build with multiply-add. */
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
  const sixes = isWorth ? sixesOf(count) : 0;
  const side = sideBySide(call);
  const panel = panelBytes(call);
  multiplySixRows(
    side,
    panel,
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
  multiplyFourRows(
    side,
    panel,
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
    most,
    toResidual,
  );
}

/** What an activation that is a bound lets pass at most. */
function mostOf(activation: i32): f32 {
  return activation === RELU6 ? 6 : Infinity;
}
