/**
 * What the taps of an output row read, for inputs with so few channels that one tap is short: line by line where taps lie
 * side by side in memory, else in copies side by side.
 */
import {copyFloats, zeroFloats} from '../arithmetic';
import {BLOCK, DEPTH, PartCall} from '../calls';
import {placeOf} from '../taps';

/** Copies `taps` taps of each of the block's rows, from tap number `tap` on, and notes the addresses of the copies. */
export function gatherTaps(call: PartCall, tap: i32, taps: i32, offset: usize, count: i32): void {
  for (let i = 0; i < ((count + 3) & ~3); i++) {
    const to = gatheredRow(call, i);
    gatherRow(to, call.pointers + ((tap * BLOCK + i) << 2), taps, offset, call.inputs);
  }
}

/** The same for `lines` lines of taps, from line number `line` on. */
export function gatherBlockLines(call: PartCall, line: i32, lines: i32, count: i32): void {
  listBlockLines(call, line, lines, count);
  const length = call.tapsWidth * call.inputs;
  for (let i = 0; i < ((count + 3) & ~3); i++) {
    let to = gatheredRow(call, i);
    let pointers = linesOf(call) + (i << 2);
    for (let k = 0; k < lines; k++, pointers += BLOCK << 2, to += length << 2) {
      const from = load<usize>(pointers);
      // Some were copied here when they were listed.
      if (from !== to) copyFloats(to, from, length);
    }
  }
}

/**
 * Lists where `lines` lines of taps of each of the block's rows are read, from line number `line` on, counted over time
 * and height: in the input where it has the whole line, else in a copy with zeros at its ends; see `readsLines`. Rows
 * of one output line read the same lines of the input.
 */
export function listBlockLines(call: PartCall, line: i32, lines: i32, count: i32): void {
  const rows = (count + 3) & ~3;
  for (let first = 0; first < rows; ) {
    const place = placeOf(call, first);
    let end = first + 1;
    while (end < rows && inSameLine(place, placeOf(call, end))) end++;
    for (let k = 0; k < lines; k++) {
      const t = load<i32>(place, 4) + ((line + k) / call.tapsHeight) * call.dilationTime;
      const h = load<i32>(place, 8) + ((line + k) % call.tapsHeight) * call.dilationHeight;
      const inside = <u32>t < <u32>call.inputTime && <u32>h < <u32>call.inputHeight;
      const at = (t * call.inputHeight + h) * call.inputWidth * call.xRowBytes;
      listLine(call, k, inside ? load<usize>(place) + at : 0, first, end);
    }
    first = end;
  }
}

function inSameLine(a: usize, b: usize): bool {
  return load<u64>(a) === load<u64>(b) && load<u32>(a, 8) === load<u32>(b, 8);
}

/** Where the addresses of lines stand: after the places of the rows. */
export function linesOf(call: PartCall): usize {
  return call.pointers + (BLOCK << 4);
}

/** Where row `i` of a block is copied to, which is noted at the start of the room for copies. */
function gatheredRow(call: PartCall, i: i32): usize {
  const to = call.gathered + (BLOCK << 2) + ((i * DEPTH) << 2);
  store<usize>(call.gathered + ((<usize>i) << 2), to);
  return to;
}

/** Copies what `taps` taps of a row read. Taps that lie side by side in memory are one copy. */
export function gatherRow(to: usize, pointers: usize, taps: i32, offset: usize, inputs: i32): void {
  const bytes = inputs << 2;
  const end = pointers + ((taps * BLOCK) << 2);
  while (pointers < end) {
    const from = load<usize>(pointers);
    let next = from + bytes;
    pointers += BLOCK << 2;
    while (pointers < end && load<usize>(pointers) === next) {
      next += bytes;
      pointers += BLOCK << 2;
    }
    copyFloats(to, from + offset, <i32>((next - from) >> 2));
    to += next - from;
  }
}

/** Lists what is read as line number `k` by rows `first` to `end - 1` in the input line `line`, 0 for one outside. */
export function listLine(call: PartCall, k: i32, line: usize, first: i32, end: i32): void {
  const last = call.inputWidth - call.tapsWidth;
  let pointers = linesOf(call) + ((k * BLOCK + first) << 2);
  for (let i = first; i < end; i++, pointers += 4) {
    const w0 = load<i32>(placeOf(call, i), 12);
    let at = call.zeros;
    if (line) {
      if (w0 >= 0 && w0 <= last) at = line + w0 * call.xRowBytes;
      else at = copyLine(call, line, w0, gatheredRow(call, i) + ((k * call.tapsWidth * call.inputs) << 2));
    }
    store<usize>(pointers, at);
  }
}

/** Copies what taps from position `w0` on read of a line, zeros where it has nothing. */
function copyLine(call: PartCall, line: usize, w0: i32, to: usize): usize {
  const inputs = call.inputs;
  const start = max(w0, 0);
  const before = min(start - w0, call.tapsWidth) * inputs;
  const inside = max(min(w0 + call.tapsWidth, call.inputWidth) - start, 0) * inputs;
  zeroFloats(to, before);
  copyFloats(to + (before << 2), line + start * call.xRowBytes, inside);
  zeroFloats(to + ((before + inside) << 2), call.tapsWidth * inputs - before - inside);
  return to;
}
