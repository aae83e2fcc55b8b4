/**
 * Parts whose rows do not lie side by side in the output: phases of the gradient with respect to the input, where rows
 * that lie a stride apart are one convolution (inversePhases in src/geometry/taps.ts). A block of rows is computed side by side
 * and then added row by row to where it belongs. The depthwise form puts rows in their places itself (bands.ts).
 */
import {addFloats} from '../arithmetic';
import {BLOCK, PartCall, ScatterCall} from '../calls';
import {expandRows} from '../taps';
import {denseBlock} from './dense';

/** Runs one part over its rows `first` to `end - 1`. */
export function scatterDense(address: usize, first: i32, end: i32): void {
  const scatter = changetype<ScatterCall>(address);
  for (; first < end; first += BLOCK) {
    const count = min(BLOCK, end - first);
    denseBlock(sideBySide(scatter, first), first, count);
    scatterRows(scatter, first, count);
  }
}

/** The part, with its row `first` at the beginning of the room for a block. */
function sideBySide(scatter: ScatterCall, first: i32): PartCall {
  const call = changetype<PartCall>(scatter.part);
  call.y = scatter.sums - first * call.yRowBytes;
  return call;
}

export function scatterRows(scatter: ScatterCall, first: i32, count: i32): void {
  const place = changetype<PartCall>(scatter.place);
  const bytes = changetype<PartCall>(scatter.part).yRowBytes;
  expandRows(place, first, count, false);
  let from = scatter.sums;
  for (let i = 0; i < count; i++, from += bytes) {
    addFloats(load<usize>(place.pointers + ((<usize>i) << 2)), from, bytes >> 2);
  }
}
