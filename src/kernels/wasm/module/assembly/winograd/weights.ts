/**
 * Weights of the minimal-filtering form (winograd.ts), transformed on the way from the filter into panels for each of the products: a
 * few products of a panel at a time are packed (pack.ts) and transformed while they are in the L1 cache.
 */
import {PackCall} from '../calls';
import {packPanel, transposePanel} from '../dense/pack';
import {transformLargeTaps, transformLargeTimeTaps} from './large_transforms';
import {transformFrameTaps, transformTimeTaps} from './winograd_transforms';

/** Products of a panel, of each tap, at a time: 18 kB of 9 taps. The plan has as many (plan/weights.ts). */
const ROWS: i32 = 64;

/** One turn, inputs `first` to `end - 1`, all panels of 8 outputs. */
export function transformDense(address: usize, first: i32, end: i32): void {
  const call = changetype<PackCall>(address);
  transformInputPanels(call, call.from, first, end, 0, call.outputs);
}

/** One turn, panels `first` to `end - 1` of 8 inputs, all outputs. */
export function transformTransposed(address: usize, first: i32, end: i32): void {
  const call = changetype<PackCall>(address);
  transformOutputPanels(call, call.from, call.to + first * call.panelBytes, first, end);
}

/** `count` panels of one turn from panel `first` on, as if they were all. */
export function transformPanels(call: PackCall, turn: i32, first: i32, count: i32): void {
  const from = call.from + turn * call.turnStep;
  if (call.transposed) transformOutputPanels(call, from, call.to, first, first + count);
  else transformInputPanels(call, from, 0, call.inputs, first << 3, (first + count) << 3);
}

/** Inputs `first` to `end - 1` of the panels that begin with outputs `begin` to `till - 1`. */
function transformInputPanels(
  call: PackCall,
  filter: usize,
  first: i32,
  end: i32,
  begin: i32,
  till: i32,
): void {
  const columns = min(8, call.outputs);
  for (; first < end; first += ROWS) {
    const count = min(ROWS, end - first);
    let to = call.to + (first << 5);
    for (let column = begin; column < till; column += 8, to += call.panelBytes) {
      let from = filter + first * call.rowBytes + (min(column, call.outputs - columns) << 2);
      let panel = call.panel;
      for (let tap = 0; tap < call.taps; tap++, from += call.tapStep, panel += count << 5) {
        packPanel(from, panel, columns, count, call.rowBytes);
      }
      transformTaps(call, to, count);
    }
  }
}

/** All outputs of panels `first` to `end - 1` of 8 inputs. */
function transformOutputPanels(call: PackCall, filter: usize, to: usize, first: i32, end: i32): void {
  const columns = min(8, call.inputs);
  for (; first < end; first++, to += call.panelBytes) {
    const line = filter + min(first << 3, call.inputs - columns) * call.rowBytes;
    for (let output = 0; output < call.outputs; output += ROWS) {
      const count = min(ROWS, call.outputs - output);
      let from = line + (output << 2);
      let panel = call.panel;
      for (let tap = 0; tap < call.taps; tap++, from += call.tapStep, panel += count << 5) {
        transposePanel(from, panel, columns, count, call.rowBytes);
      }
      transformTaps(call, to + (output << 5), count);
    }
  }
}

/** The packed products of all taps become those of all products. */
function transformTaps(call: PackCall, to: usize, count: i32): void {
  const bytes = count << 5;
  if (call.products === 4) transformTimeTaps(call.panel, bytes, to, call.apart);
  else if (call.products === 6) transformLargeTimeTaps(call.panel, bytes, to, call.apart);
  else if (call.products === 36) transformLargeTaps(call.panel, bytes, to, call.apart);
  else transformFrameTaps(call.panel, bytes, to, call.apart);
}
