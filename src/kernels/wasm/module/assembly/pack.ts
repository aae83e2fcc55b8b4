/**
 * Weights of a dense part in the order in which the tiles read them: for each group, for each 8 output channels, all
 * products `[taps, inputs]` with their 8 columns side by side, zeros where the group has no more channels.
 */
import {copyFloats, zeroFloats} from './arithmetic';

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
  for (let group = 0; group < groups; group++, from += outputs << 2) {
    for (let column = 0; column < outputs; column += 8) {
      const columns = min(8, outputs - column);
      let row = from + (column << 2);
      for (let k = 0; k < depth; k++, row += rowBytes, to += 32) {
        copyFloats(to, row, columns);
        if (columns < 8) zeroFloats(to + (columns << 2), 8 - columns);
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
    for (let input = 0; input < inputs; input += 8, to += panelBytes) {
      transposePanel(from + input * rowBytes, to, min(8, inputs - input), outputs, rowBytes);
    }
  }
}

/** Rows of at most 8 inputs to columns, zeros where there are fewer. */
export function transposePanel(from: usize, to: usize, inputs: i32, outputs: i32, rowBytes: i32): void {
  const end = to + (outputs << 5);
  for (let row = 0; row < 8; row++, from += rowBytes, to += 4) {
    let source = from;
    for (let column = to; column < end; column += 32, source += 4) {
      store<f32>(column, row < inputs ? load<f32>(source) : 0);
    }
  }
}
