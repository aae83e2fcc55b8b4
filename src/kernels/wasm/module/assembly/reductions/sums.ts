/**
 * Sums over the middle axis of `[outer, count, inner]`: the mean of a clip for each channel, the moments of batch
 * normalization, the gradient of a bias. 16, 4 or 1 columns at a time, down the rows, where they lie.
 */
import {SumCall} from '../calls';

/**
 * Rows that are added up in float32 before their sum is added to the total, which is in double precision: in one long
 * sum of float32 the last terms would be rounded to the size of the total, and moments of thousands of rows with it.
 */
const RUN: i32 = 16;

/** Does the strips `[first, end)`: there are `ceil(inner / 16)` for each of `outer`. */
export function sumStrips(address: usize, first: i32, end: i32): void {
  const call = changetype<SumCall>(address);
  const strips = (call.inner + 15) >> 4;
  for (let strip = first; strip < end; strip++) {
    const column = (strip % strips) << 4;
    const line = (strip / strips) * call.inner;
    const x = call.x + ((line * call.count + column) << 2);
    const y = call.y + ((line + column) << 2);
    const bytes = min(16, call.inner - column) << 2;
    let at = 0;
    if (bytes === 64) {
      sumOfSixteen(call, x, y);
      continue;
    }
    for (; at + 16 <= bytes; at += 16) sumOfFour(call, x + at, y + at);
    for (; at < bytes; at += 4) sumOfOne(call, x + at, y + at);
  }
}

export function sumOfSixteen(call: SumCall, x: usize, y: usize): void {
  const rowBytes = call.inner << 2;
  const zero = f32x4.splat(0);
  let t0 = zero;
  let t1 = zero;
  let t2 = zero;
  let t3 = zero;
  let t4 = zero;
  let t5 = zero;
  let t6 = zero;
  let t7 = zero;
  for (let row = 0; row < call.count; row += RUN) {
    let s0 = zero;
    let s1 = zero;
    let s2 = zero;
    let s3 = zero;
    for (let rows = min(RUN, call.count - row); rows > 0; rows--, x += rowBytes) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    t0 = f64x2.add(t0, f64x2.promote_low_f32x4(s0));
    t1 = f64x2.add(t1, f64x2.promote_low_f32x4(upper(s0)));
    t2 = f64x2.add(t2, f64x2.promote_low_f32x4(s1));
    t3 = f64x2.add(t3, f64x2.promote_low_f32x4(upper(s1)));
    t4 = f64x2.add(t4, f64x2.promote_low_f32x4(s2));
    t5 = f64x2.add(t5, f64x2.promote_low_f32x4(upper(s2)));
    t6 = f64x2.add(t6, f64x2.promote_low_f32x4(s3));
    t7 = f64x2.add(t7, f64x2.promote_low_f32x4(upper(s3)));
  }
  v128.store(y, quotients(call, t0, t1));
  v128.store(y, quotients(call, t2, t3), 16);
  v128.store(y, quotients(call, t4, t5), 32);
  v128.store(y, quotients(call, t6, t7), 48);
}

export function sumOfFour(call: SumCall, x: usize, y: usize): void {
  const rowBytes = call.inner << 2;
  let t0 = f64x2.splat(0);
  let t1 = t0;
  for (let row = 0; row < call.count; row += RUN) {
    let sum = f32x4.splat(0);
    for (let rows = min(RUN, call.count - row); rows > 0; rows--, x += rowBytes) {
      sum = f32x4.add(sum, v128.load(x));
    }
    t0 = f64x2.add(t0, f64x2.promote_low_f32x4(sum));
    t1 = f64x2.add(t1, f64x2.promote_low_f32x4(upper(sum)));
  }
  v128.store(y, quotients(call, t0, t1));
}

export function sumOfOne(call: SumCall, x: usize, y: usize): void {
  const rowBytes = call.inner << 2;
  let total: f64 = 0;
  for (let row = 0; row < call.count; row += RUN) {
    let sum: f32 = 0;
    for (let rows = min(RUN, call.count - row); rows > 0; rows--, x += rowBytes) sum += load<f32>(x);
    total += sum;
  }
  store<f32>(y, <f32>(total / call.divisor));
}

/** The upper two floats in the place of the lower ones. */
function upper(floats: v128): v128 {
  return v128.shuffle<i32>(floats, floats, 2, 3, 2, 3);
}

/** Four totals over the divisor, as float32. */
function quotients(call: SumCall, lower: v128, upper: v128): v128 {
  const divisor = f64x2.splat(call.divisor);
  const low = f32x4.demote_f64x2_zero(f64x2.div(lower, divisor));
  const high = f32x4.demote_f64x2_zero(f64x2.div(upper, divisor));
  return v128.shuffle<i64>(low, high, 0, 2);
}
