/**
 * Weights of a dense part in the order in which the tiles read them: for each group, for each 8 output channels, all
 * products `[taps, inputs]` with their 8 columns side by side. The last panel ends with the last channel and so may begin
 * before the end of the one before it; a group of fewer than 8 channels has zeros in place of the others.
 */
import {copyFloats, zeroFloats} from '../arithmetic';

/** Rows that are packed at a time: their lines are read once, for all panels. */
const PACK_ROWS: i32 = 64;

/**
 * @param from the part's first tap and first output channel in `[taps, inputs, rowBytes / 4 outputs]`
 * @param to   room for `groups * ceil(outputs / 8) * depth * 8` floats
 * @param depth taps times the inputs of a group
 * @param outputs of a group
 */
export function packDense(
  from: usize,
  to: usize,
  depth: i32,
  groups: i32,
  outputs: i32,
  rowBytes: i32,
): void {
  const panelBytes = depth << 5;
  const groupBytes = ((outputs + 7) >> 3) * panelBytes;
  for (let group = 0; group < groups; group++, from += outputs << 2, to += groupBytes) {
    for (let first = 0; first < depth; first += PACK_ROWS) {
      const count = min(PACK_ROWS, depth - first);
      packRows(from + first * rowBytes, to + (first << 5), count, outputs, rowBytes, panelBytes);
    }
  }
}

/** `count` rows, all panels. */
export function packRows(
  from: usize,
  to: usize,
  count: i32,
  outputs: i32,
  rowBytes: i32,
  panelBytes: i32,
): void {
  const columns = min(8, outputs);
  for (let column = 0; column < outputs; column += 8, to += panelBytes) {
    let row = from + (min(column, outputs - columns) << 2);
    const end = to + (count << 5);
    for (let at = to; at < end; at += 32, row += rowBytes) {
      if (columns === 8) {
        v128.store(at, v128.load(row));
        v128.store(at, v128.load(row, 16), 16);
      } else {
        copyFloats(at, row, columns);
        zeroFloats(at + (columns << 2), 8 - columns);
      }
    }
  }
}

/**
 * One tap of the weights for the gradient with respect to the input: inputs and outputs of each group change places, so
 * that the panels hold 8 input channels each.
 *
 * @param from the tap, and the part's first output channel, in `[inputs, rowBytes / 4 outputs]`
 * @param to   the tap in the first panel
 * @param panelBytes from one panel to the next: `taps * outputs * 32`
 */
export function packTransposed(
  from: usize,
  to: usize,
  groups: i32,
  inputs: i32,
  outputs: i32,
  rowBytes: i32,
  panelBytes: i32,
): void {
  for (let group = 0; group < groups; group++, from += outputs << 2) {
    const columns = min(8, inputs);
    for (let input = 0; input < inputs; input += 8, to += panelBytes) {
      transposePanel(from + min(input, inputs - columns) * rowBytes, to, columns, outputs, rowBytes);
    }
  }
}

/** Rows of at most 8 inputs to columns, zeros in place of the others. */
export function transposePanel(from: usize, to: usize, inputs: i32, outputs: i32, rowBytes: i32): void {
  const end = to + (outputs << 5);
  for (let row = 0; row < 8; row++, from += rowBytes, to += 4) {
    let source = from;
    for (let column = to; column < end; column += 32, source += 4) {
      store<f32>(column, row < inputs ? load<f32>(source) : 0);
    }
  }
}
