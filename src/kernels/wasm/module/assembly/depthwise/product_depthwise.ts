/**
 * The gradient with respect to the filter, depthwise form: per tap and channel, what the rows read times the output
 * gradients of the rows. A block of rows is summed in registers as in product.ts.
 */
import {addFloats, copyFloats, multiplyAdd} from '../arithmetic';
import {BLOCK, PartCall, PiecesCall} from '../calls';
import {beginOf, endOf, evenLength, sharesFrom, sumsOf} from '../pieces';
import {expandRows} from '../taps';
import {inputOf} from './depthwise';

/** Shares are taps. */
export function productDepthwise(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const call = changetype<PartCall>(pieces.of);
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const tap = first % pieces.shares;
    call.weights = sumsOf(pieces, first);
    productTaps(call, tap, tap + shares, beginOf(pieces, first), endOf(pieces, first));
  }
}

/** Taps `first` to `end - 1` of output rows `row` to `till - 1`. */
function productTaps(call: PartCall, first: i32, end: i32, row: i32, till: i32): void {
  const length = evenLength(till - row, BLOCK);
  let adds = !call.starts;
  for (; row < till; row += length, adds = true) {
    const count = min(length, till - row);
    expandRows(call, row, count, false);
    const dy = call.y + row * call.yRowBytes;
    for (let tap = first; tap < end; tap++) {
      const taps = call.pointers + ((tap * BLOCK) << 2);
      productTap(call, taps, dy, call.weights + tap * call.tapBytes, count, adds);
    }
  }
}

/** Shares are fours of channels with all taps, of a part with 16 channels or more, one output each. */
export function productChannels(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const call = changetype<PartCall>(pieces.of);
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const four = first % pieces.shares;
    call.weights = sumsOf(pieces, first);
    const last = min((four + shares) << 4, call.groups << 2);
    productOfChannels(call, four << 4, last, beginOf(pieces, first), endOf(pieces, first));
  }
}

/** All taps of the channels in bytes `begin` to `last - 1`, of output rows `row` to `till - 1`. */
function productOfChannels(call: PartCall, begin: i32, last: i32, row: i32, till: i32): void {
  const length = evenLength(till - row, BLOCK);
  let adds = !call.starts;
  for (; row < till; row += length, adds = true) {
    const count = min(length, till - row);
    expandRows(call, row, count, false);
    // What the rows of a block have of 16 channels stays in the L1 cache.
    for (let at = begin; at < last; at += 64) sixteenTaps(call, row, count, at, min(64, last - at), adds);
  }
}

/** All taps of the channels in `bytes` bytes from `at` on. */
function sixteenTaps(call: PartCall, row: i32, count: i32, at: i32, bytes: i32, adds: bool): void {
  // Sixteen at the end begin with others, which are done, or someone else's.
  const from = min(at, (call.groups << 2) - 64);
  const dy = call.y + row * call.yRowBytes + from;
  let result = call.weights + from;
  for (let tap = 0; tap < call.taps; tap++, result += call.tapBytes) {
    const rows = call.pointers + ((tap * BLOCK) << 2);
    if (bytes === 64) {
      sixteenSums(rows, dy, call.yRowBytes, from, result, count, adds);
      continue;
    }
    sixteenSums(rows, dy, call.yRowBytes, from, call.edge, count, false);
    const others = at - from;
    if (adds) addFloats(result + others, call.edge + others, bytes >> 2);
    else copyFloats(result + others, call.edge + others, bytes >> 2);
  }
}

/** One tap, all channels: few of them, or several outputs each. */
export function productTap(
  call: PartCall,
  rows: usize,
  dy: usize,
  result: usize,
  count: i32,
  adds: bool,
): void {
  const bytes = (call.groups * call.outputs) << 2;
  const stride = call.yRowBytes;
  let at = 0;
  if (call.outputs === 1) {
    for (; at + 64 <= bytes; at += 64) sixteenSums(rows, dy + at, stride, at, result + at, count, adds);
    for (; at + 32 <= bytes; at += 32) eightSums(rows, dy + at, stride, at, result + at, count, adds);
    for (; at + 16 <= bytes; at += 16) fourSums(rows, dy + at, stride, at, result + at, count, adds);
  }
  for (; at < bytes; at += 4) {
    oneSum(rows, dy + at, stride, inputOf(call, at), result + at, count, adds);
  }
}

/** One tap of 16 channels. A second tap at a time, or fewer channels of several, is slower. */
export function sixteenSums(
  rows: usize,
  dy: usize,
  stride: i32,
  at: usize,
  result: usize,
  count: i32,
  adds: bool,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = rows + (count << 2);
  for (; rows < end; rows += 4, dy += stride) {
    const x = load<usize>(rows) + at;
    s0 = multiplyAdd(v128.load(x), v128.load(dy), s0);
    s1 = multiplyAdd(v128.load(x, 16), v128.load(dy, 16), s1);
    s2 = multiplyAdd(v128.load(x, 32), v128.load(dy, 32), s2);
    s3 = multiplyAdd(v128.load(x, 48), v128.load(dy, 48), s3);
  }
  if (adds) {
    s0 = f32x4.add(s0, v128.load(result));
    s1 = f32x4.add(s1, v128.load(result, 16));
    s2 = f32x4.add(s2, v128.load(result, 32));
    s3 = f32x4.add(s3, v128.load(result, 48));
  }
  v128.store(result, s0);
  v128.store(result, s1, 16);
  v128.store(result, s2, 32);
  v128.store(result, s3, 48);
}

/** One tap of 8 channels: every other sum begins before the one before it is done. */
function eightSums(
  rows: usize,
  dy: usize,
  stride: i32,
  at: usize,
  result: usize,
  count: i32,
  adds: bool,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  const end = rows + (count << 2);
  for (; rows < end; rows += 4, dy += stride) {
    const x = load<usize>(rows) + at;
    s0 = multiplyAdd(v128.load(x), v128.load(dy), s0);
    s1 = multiplyAdd(v128.load(x, 16), v128.load(dy, 16), s1);
  }
  v128.store(result, adds ? f32x4.add(s0, v128.load(result)) : s0);
  v128.store(result, adds ? f32x4.add(s1, v128.load(result, 16)) : s1, 16);
}

function fourSums(
  rows: usize,
  dy: usize,
  stride: i32,
  at: usize,
  result: usize,
  count: i32,
  adds: bool,
): void {
  let sum = f32x4.splat(0);
  const end = rows + (count << 2);
  for (; rows < end; rows += 4, dy += stride) {
    sum = multiplyAdd(v128.load(load<usize>(rows) + at), v128.load(dy), sum);
  }
  v128.store(result, adds ? f32x4.add(sum, v128.load(result)) : sum);
}

function oneSum(rows: usize, dy: usize, stride: i32, at: usize, result: usize, count: i32, adds: bool): void {
  let sum: f32 = 0;
  const end = rows + (count << 2);
  for (; rows < end; rows += 4, dy += stride) sum += load<f32>(load<usize>(rows) + at) * load<f32>(dy);
  store<f32>(result, adds ? sum + load<f32>(result) : sum);
}
