/**
 * The dense form (ordinary and grouped convolution): an indirect matrix product (Dukhan 2019). Rows of the left matrix
 * are addresses of input rows, one for each tap; the right matrix is packed in panels of 8 columns (pack.ts). The
 * functions that do the work are exported so that the optimizer keeps them apart: an engine compiles a function anew
 * once it is hot, and only later calls get the fast code.
 */
import {BLOCK, DEPTH, PartCall} from '../calls';
import {finishBlock} from '../epilogue';
import {expandRows, isGathered, readsLines} from '../taps';
import {gatherTaps, linesOf, listBlockLines} from './gather';
import {endsInTiles, multiplyPanels, panelBytes} from './panels';

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
