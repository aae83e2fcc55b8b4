/**
 * The gradient with respect to the filter, depthwise form: per tap and channel, what the rows read times the output
 * gradients of the rows. 16 channels at a time; a block of rows is summed in registers as in product.ts.
 */
import {multiplyAdd} from '../arithmetic';
import {BLOCK, PartCall, ProductCall} from '../calls';
import {expandRows} from '../taps';
import {inputOf} from './depthwise';

/** Taps `first` to `end - 1` of one part. */
export function productDepthwise(address: usize, first: i32, end: i32): void {
  const product = changetype<ProductCall>(address);
  const call = changetype<PartCall>(product.part);
  const rows = product.rows;
  for (let row = 0; row < rows; row += BLOCK) {
    productDepthwiseBlock(call, first, end, row, min(BLOCK, rows - row));
  }
}

export function productDepthwiseBlock(call: PartCall, first: i32, end: i32, row: i32, count: i32): void {
  expandRows(call, row, count, false);
  const adds = !call.starts || row > 0;
  const dy = call.y + row * call.yRowBytes;
  for (let tap = first; tap < end; tap++) {
    const rows = call.pointers + ((tap * BLOCK) << 2);
    productTap(call, rows, dy, call.weights + tap * call.tapBytes, count, adds);
  }
}

/** One tap, all channels. */
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
    for (; at + 16 <= bytes; at += 16) fourSums(rows, dy + at, stride, at, result + at, count, adds);
  }
  for (; at < bytes; at += 4) {
    oneSum(rows, dy + at, stride, inputOf(call, at), result + at, count, adds);
  }
}

function sixteenSums(
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
