/**
 * The depthwise form, one input channel a group, row by row: where there are no bands (bands.ts). Outputs inside of a
 * line go together (depthwise_run.ts); the others, and what has several outputs a group (a channel multiplier), through
 * the table of addresses. Weights are read as the tensor holds them, `[taps, channels]`. Either way gives the same bits.
 */
import {multiplyAdd} from '../arithmetic';
import {BLOCK, PartCall} from '../calls';
import {finishBlock} from '../epilogue';
import {expandRows} from '../taps';
import {COLUMNS, depthwiseRun, goesInRuns, innerEnd, innerFrom} from './depthwise_run';

/** Runs one part over its output rows `first` to `end - 1`. */
export function convolveDepthwise(address: usize, first: i32, end: i32): void {
  const call = changetype<PartCall>(address);
  const rows = call.outputTime * call.outputHeight * call.outputWidth;
  while (first < end) {
    const next = min(end, first - (first % rows) + rows);
    depthwiseClip(call, first, next);
    first = next;
  }
}

/**
 * Rows of one clip. Where taps reach over lines and frames, a line is done in all frames before the next line: frames
 * share what they read, and so many lines stay in the L2 cache, which so many frames do not (a fifth faster). Where
 * lines or frames share nothing, memory is better read in its order.
 */
function depthwiseClip(call: PartCall, first: i32, end: i32): void {
  const width = call.outputWidth;
  if (call.tapsTime === 1 || call.tapsHeight === 1) {
    for (let line = first - (first % width); line < end; line += width) depthwiseLine(call, line, first, end);
    return;
  }
  const frame = call.outputHeight * width;
  for (let h = 0; h < call.outputHeight; h++) {
    for (let line = first - (first % frame) + h * width; line < end; line += frame)
      depthwiseLine(call, line, first, end);
  }
}

/** Those rows from `first` to `end - 1` that belong to the output line that begins at row `line`. */
export function depthwiseLine(call: PartCall, line: i32, first: i32, end: i32): void {
  const last = min(end, line + call.outputWidth);
  for (let row = max(first, line); row < last; row += BLOCK) {
    const count = min(BLOCK, last - row);
    depthwiseBlock(call, line, row, count);
    finishBlock(call, row, count);
  }
}

/** Rows of one output line: those that have all taps in their line as a run, the others one by one. */
function depthwiseBlock(call: PartCall, line: i32, first: i32, count: i32): void {
  const end = first + count;
  const from = max(first, line + innerFrom(call));
  const to = min(end, line + innerEnd(call));
  if (goesInRuns(call) && to - from >= COLUMNS) {
    depthwiseRows(call, first, from - first);
    depthwiseRun(call, from, to - from);
    depthwiseRows(call, to, end - to);
  } else depthwiseRows(call, first, count);
}

/** Rows one by one. */
function depthwiseRows(call: PartCall, first: i32, count: i32): void {
  expandRows(call, first, count, false);
  let y = call.y + first * call.yRowBytes;
  for (let i = 0; i < count; i++, y += call.yRowBytes) depthwiseRow(call, call.pointers + (i << 2), y);
}

/** One output row. `pointers` is the column of the row in the block's table. */
export function depthwiseRow(call: PartCall, pointers: usize, y: usize): void {
  const bytes = (call.groups * call.outputs) << 2;
  const start = call.starts ? call.bias : y;
  const taps = call.taps;
  let at = 0;
  if (call.outputs > 1) {
    for (; at + 16 <= bytes; at += 16) fourOutputs(call, pointers, taps, start, y, at);
    for (; at < bytes; at += 4) oneChannel(call, pointers, taps, start, y, at);
    return;
  }
  for (; at + 64 <= bytes; at += 64) sixteenChannels(call, pointers, taps, start, y, at);
  for (; at + 16 <= bytes; at += 16) fourChannels(call, pointers, taps, start, y, at);
  for (; at < bytes; at += 4) oneChannel(call, pointers, taps, start, y, at);
}

function sixteenChannels(call: PartCall, pointers: usize, taps: i32, start: usize, y: usize, at: i32): void {
  let s0 = v128.load(start + at);
  let s1 = v128.load(start + at, 16);
  let s2 = v128.load(start + at, 32);
  let s3 = v128.load(start + at, 48);
  let weights = call.weights + at;
  for (let tap = 0; tap < taps; tap++, pointers += BLOCK << 2, weights += call.tapBytes) {
    const x = load<usize>(pointers) + at;
    s0 = multiplyAdd(v128.load(x), v128.load(weights), s0);
    s1 = multiplyAdd(v128.load(x, 16), v128.load(weights, 16), s1);
    s2 = multiplyAdd(v128.load(x, 32), v128.load(weights, 32), s2);
    s3 = multiplyAdd(v128.load(x, 48), v128.load(weights, 48), s3);
  }
  v128.store(y + at, s0);
  v128.store(y + at, s1, 16);
  v128.store(y + at, s2, 32);
  v128.store(y + at, s3, 48);
}

function fourChannels(call: PartCall, pointers: usize, taps: i32, start: usize, y: usize, at: i32): void {
  let sum = v128.load(start + at);
  let weights = call.weights + at;
  for (let tap = 0; tap < taps; tap++, pointers += BLOCK << 2, weights += call.tapBytes) {
    sum = multiplyAdd(v128.load(load<usize>(pointers) + at), v128.load(weights), sum);
  }
  v128.store(y + at, sum);
}

/** Four outputs that read inputs of their own: which, is worked out once for all taps. */
function fourOutputs(call: PartCall, pointers: usize, taps: i32, start: usize, y: usize, at: i32): void {
  const from0 = inputOf(call, at);
  const from1 = inputOf(call, at + 4);
  const from2 = inputOf(call, at + 8);
  const from3 = inputOf(call, at + 12);
  let sum = v128.load(start + at);
  let weights = call.weights + at;
  for (let tap = 0; tap < taps; tap++, pointers += BLOCK << 2, weights += call.tapBytes) {
    const row = load<usize>(pointers);
    let x = v128.load32_splat(row + from0);
    x = f32x4.replace_lane(x, 1, load<f32>(row + from1));
    x = f32x4.replace_lane(x, 2, load<f32>(row + from2));
    x = f32x4.replace_lane(x, 3, load<f32>(row + from3));
    sum = multiplyAdd(x, v128.load(weights), sum);
  }
  v128.store(y + at, sum);
}

/** Where the output channel at byte `at` finds its input channel, in bytes. */
export function inputOf(call: PartCall, at: i32): i32 {
  return ((at >> 2) / call.outputs) << 2;
}

/** In a vector, so that it is rounded as its neighbours are. */
function oneChannel(call: PartCall, pointers: usize, taps: i32, start: usize, y: usize, at: i32): void {
  let sum = v128.load32_zero(start + at);
  let weights = call.weights + at;
  const from = inputOf(call, at);
  for (let tap = 0; tap < taps; tap++, pointers += BLOCK << 2, weights += call.tapBytes) {
    sum = multiplyAdd(v128.load32_zero(load<usize>(pointers) + from), v128.load32_zero(weights), sum);
  }
  v128.store32_lane(y + at, sum, 0);
}
