/**
 * Weights of a dense part in the order in which the tiles read them: for each group, for each 8 output channels, all
 * products `[taps, inputs]` with their 8 columns side by side. The last panel ends with the last channel and so may begin
 * before the end of the one before it; a group of fewer than 8 channels has zeros in place of the others.
 */
import {copyFloats, zeroFloats} from '../arithmetic';
import {PackCall} from '../calls';

/** Products that are packed at a time: their lines are read once, for all panels. */
const PACK_ROWS: i32 = 64;

/** Products `first` to `end - 1`, counted over `[taps, inputs]`, of the weights as they lie. */
export function packDense(address: usize, first: i32, end: i32): void {
  const call = changetype<PackCall>(address);
  const outputs = call.outputs;
  const groupBytes = ((outputs + 7) >> 3) * call.panelBytes;
  for (; first < end; first += PACK_ROWS) {
    const count = min(PACK_ROWS, end - first);
    let from = call.from + first * call.rowBytes;
    let to = call.to + (first << 5);
    for (let group = 0; group < call.groups; group++, from += outputs << 2, to += groupBytes) {
      packRows(from, to, count, outputs, call.rowBytes, call.panelBytes);
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
    packPanel(from + (min(column, outputs - columns) << 2), to, columns, count, rowBytes);
  }
}

/** `count` rows of at most 8 outputs, zeros in place of the others. */
export function packPanel(from: usize, to: usize, outputs: i32, count: i32, rowBytes: i32): void {
  for (const end = to + (count << 5); to < end; to += 32, from += rowBytes) {
    if (outputs === 8) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
    } else {
      copyFloats(to, from, outputs);
      zeroFloats(to + (outputs << 2), 8 - outputs);
    }
  }
}

/**
 * For the gradient with respect to the input: inputs and outputs of each group change places, so that the panels hold 8 input
 * channels each. Rows `first` to `end - 1` are panels, counted over `[taps, groups, panels]`.
 */
export function packTransposed(address: usize, first: i32, end: i32): void {
  const call = changetype<PackCall>(address);
  const panels = (call.inputs + 7) >> 3;
  const all = call.groups * panels;
  const columns = min(8, call.inputs);
  for (; first < end; first++) {
    const tap = first / all;
    const panel = first % all;
    const input = min((panel % panels) << 3, call.inputs - columns);
    const group = (panel / panels) * call.outputs;
    const from = call.from + tap * call.tapStep + input * call.rowBytes + (group << 2);
    const to = call.to + panel * call.panelBytes + ((tap * call.outputs) << 5);
    transposePanel(from, to, columns, call.outputs, call.rowBytes);
  }
}

/** Rows of at most 8 inputs to columns, zeros in place of the others. */
export function transposePanel(from: usize, to: usize, inputs: i32, outputs: i32, rowBytes: i32): void {
  const end = to + (outputs << 5);
  const whole = inputs === 8 ? outputs & ~3 : 0;
  for (const wholeEnd = to + (whole << 5); to < wholeEnd; to += 128, from += 16) {
    transposeFour(from, to, rowBytes);
    transposeFour(from + (rowBytes << 2), to + 16, rowBytes);
  }
  for (; to < end; to += 32, from += 4) {
    for (let row = 0; row < 8; row++) {
      store<f32>(to + (row << 2), row < inputs ? load<f32>(from + row * rowBytes) : 0);
    }
  }
}

/** 4 x 4 values, the columns 32 bytes apart. */
function transposeFour(from: usize, to: usize, rowBytes: i32): void {
  const a = v128.load(from);
  const b = v128.load(from + rowBytes);
  const c = v128.load(from + (rowBytes << 1));
  const d = v128.load(from + rowBytes * 3);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 32);
  v128.store(to, i64x2.shuffle(ab2, cd2, 0, 2), 64);
  v128.store(to, i64x2.shuffle(ab2, cd2, 1, 3), 96);
}
