/** Copies of what the taps of an output row read, side by side, for inputs with so few channels that a tap is short. */
import {copyFloats, zeroFloats} from './arithmetic';
import {BLOCK, DEPTH, PartCall} from './layout';
import {placeOf} from './taps';

/** Copies `taps` taps of each of the block's rows, from tap number `tap` on, and notes the addresses of the copies. */
export function gatherTaps(call: PartCall, tap: i32, taps: i32, offset: usize, count: i32): void {
  for (let i = 0; i < ((count + 3) & ~3); i++) {
    const to = gatheredRow(call, i);
    gatherRow(to, call.pointers + ((tap * BLOCK + i) << 2), taps, offset, call.inputs);
  }
}

/** The same for `lines` lines of taps, from line number `line` on. */
export function gatherBlockLines(call: PartCall, line: i32, lines: i32, count: i32): void {
  for (let i = 0; i < ((count + 3) & ~3); i++) {
    gatherLines(call, placeOf(call, i), gatheredRow(call, i), line, lines);
  }
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

/**
 * Copies `lines` lines of taps of a row, from line number `line` on, counted over time and height; see `readsLines`.
 *
 * @param place where the row's taps begin
 */
export function gatherLines(call: PartCall, place: usize, to: usize, line: i32, lines: i32): void {
  const clip = load<usize>(place);
  const w0 = load<i32>(place, 12);
  const width = call.inputWidth;
  const inputs = call.inputs;
  const start = max(w0, 0);
  const before = min(start - w0, call.tapsWidth) * inputs;
  const inside = max(min(w0 + call.tapsWidth, width) - start, 0) * inputs;
  const after = call.tapsWidth * inputs - before - inside;
  let a = line / call.tapsHeight;
  let b = line % call.tapsHeight;
  for (let i = 0; i < lines; i++) {
    const t = load<i32>(place, 4) + a * call.dilationTime;
    const h = load<i32>(place, 8) + b * call.dilationHeight;
    if (<u32>t < <u32>call.inputTime && <u32>h < <u32>call.inputHeight) {
      zeroFloats(to, before);
      copyFloats(
        to + (before << 2),
        clip + ((t * call.inputHeight + h) * width + start) * call.xRowBytes,
        inside,
      );
      zeroFloats(to + ((before + inside) << 2), after);
    } else {
      zeroFloats(to, before + inside + after);
    }
    to += (before + inside + after) << 2;
    if (++b === call.tapsHeight) {
      b = 0;
      a++;
    }
  }
}
