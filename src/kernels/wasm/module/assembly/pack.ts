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
