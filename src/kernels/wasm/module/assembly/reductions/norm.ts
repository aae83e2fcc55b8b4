/**
 * Batch normalization by the statistics of the batch, and its gradient, over rows of channels `[rows, channels]`. Sums
 * are made for a block of rows and then put together, so that their rounding does not grow with the number of rows.
 * Statistics are shared out by channels, what is written for each value by rows.
 */
import {multiplyAdd, put, take} from '../arithmetic';
import {BLOCK, NormCall} from '../calls';

/** Mean and variance (by n) of the channels `first` to `end - 1`. */
export function normStatistics(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (let row = 0; row < call.rows; row += BLOCK) {
    const count = min(BLOCK, call.rows - row);
    for (let channel = first; channel < end; ) {
      const four = channel + 4 <= end;
      statisticsOfBlock(call, row, count, channel << 2, four);
      channel += four ? 4 : 1;
    }
  }
  for (let at = first << 2; at < end << 2; at += 4) {
    store<f32>(call.products + at, load<f32>(call.products + at) / <f32>call.rows);
  }
}

/**
 * Mean and squared deviations of four channels, or one, of a block, put together with those of the rows before it
 * (Chan, Golub and LeVeque 1979). `at` is the channel in bytes.
 */
export function statisticsOfBlock(call: NormCall, row: i32, count: i32, at: usize, four: bool): void {
  const stride = call.channels << 2;
  const x = call.x + row * stride + at;
  const here = f32x4.div(columnSum(x, stride, count, four), f32x4.splat(<f32>count));
  const squares = squaredDeviations(x, stride, count, here, four);
  if (row === 0) {
    put(call.sums + at, here, four);
    put(call.products + at, squares, four);
    return;
  }
  const mean = take(call.sums + at, four);
  const before = take(call.products + at, four);
  const share = <f32>count / <f32>(row + count);
  const apart = f32x4.sub(here, mean);
  put(call.sums + at, f32x4.add(mean, f32x4.mul(apart, f32x4.splat(share))), four);
  const between = f32x4.mul(f32x4.mul(apart, apart), f32x4.splat(<f32>row * share));
  put(call.products + at, f32x4.add(f32x4.add(before, squares), between), four);
}

/** Two sums at a time, as each addition waits for the one before it. */
function columnSum(x: usize, stride: usize, count: i32, four: bool): v128 {
  let even = f32x4.splat(0);
  let odd = even;
  let i = 0;
  for (; i + 2 <= count; i += 2, x += stride << 1) {
    even = f32x4.add(even, take(x, four));
    odd = f32x4.add(odd, take(x + stride, four));
  }
  if (i < count) even = f32x4.add(even, take(x, four));
  return f32x4.add(even, odd);
}

function squaredDeviations(x: usize, stride: usize, count: i32, mean: v128, four: bool): v128 {
  let even = f32x4.splat(0);
  let odd = even;
  let i = 0;
  for (; i + 2 <= count; i += 2, x += stride << 1) {
    const a = f32x4.sub(take(x, four), mean);
    const b = f32x4.sub(take(x + stride, four), mean);
    even = multiplyAdd(a, a, even);
    odd = multiplyAdd(b, b, odd);
  }
  if (i < count) {
    const a = f32x4.sub(take(x, four), mean);
    even = multiplyAdd(a, a, even);
  }
  return f32x4.add(even, odd);
}

/** Of the channels `first` to `end - 1` the sums of dy, and of dy times the deviation of x from its mean. */
export function normSums(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (let row = 0; row < call.rows; row += BLOCK) {
    const count = min(BLOCK, call.rows - row);
    for (let channel = first; channel < end; ) {
      const four = channel + 4 <= end;
      sumsOfBlock(call, row, count, channel << 2, four);
      channel += four ? 4 : 1;
    }
  }
}

export function sumsOfBlock(call: NormCall, row: i32, count: i32, at: usize, four: bool): void {
  const stride: usize = call.channels << 2;
  const mean = take(call.mean + at, four);
  let x = call.x + row * stride + at;
  let dy = call.dy + row * stride + at;
  let sum = f32x4.splat(0);
  let products = sum;
  for (let i = 0; i < count; i++, x += stride, dy += stride) {
    const apart = f32x4.sub(take(x, four), mean);
    const gradient = passed(call, take(dy, four), apart, at, four);
    sum = f32x4.add(sum, gradient);
    products = multiplyAdd(gradient, apart, products);
  }
  if (row > 0) {
    sum = f32x4.add(sum, take(call.sums + at, four));
    products = f32x4.add(products, take(call.products + at, four));
  }
  put(call.sums + at, sum, four);
  put(call.products + at, products, four);
}

/** Of output gradients those that pass the activation: where it has a slope at what scaleBlock has given it. */
function passed(call: NormCall, dy: v128, apart: v128, at: usize, four: bool): v128 {
  if (call.activation === 0) return dy;
  const y = multiplyAdd(apart, take(call.scale + at, four), take(call.offset + at, four));
  const positive = v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  return call.activation === 1 ? positive : v128.and(positive, f32x4.lt(y, f32x4.splat(6)));
}

/** Rows `first` to `end - 1` of `(x - mean) * deviation + shift`, activated. */
export function normScale(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (; first < end; first += BLOCK) scaleBlock(call, first, min(BLOCK, end - first));
}

export function scaleBlock(call: NormCall, first: i32, count: i32): void {
  const bytes = call.channels << 2;
  let x = call.x + first * bytes;
  let to = call.to + first * bytes;
  for (let i = 0; i < count; i++, x += bytes, to += bytes) {
    let at = 0;
    while (at < bytes) {
      const four = at + 16 <= bytes;
      const apart = f32x4.sub(take(x + at, four), take(call.mean + at, four));
      let y = multiplyAdd(apart, take(call.deviation + at, four), take(call.shift + at, four));
      // What is not a number stays so.
      if (call.activation > 0) y = f32x4.max(y, f32x4.splat(0));
      if (call.activation > 1) y = f32x4.min(y, f32x4.splat(6));
      put(to + at, y, four);
      at += four ? 16 : 4;
    }
  }
}

/** Rows `first` to `end - 1` of `dy * gradient + (x - mean) * deviation + shift`, of dy what passes the activation. */
export function normBackprop(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (; first < end; first += BLOCK) backpropBlock(call, first, min(BLOCK, end - first));
}

export function backpropBlock(call: NormCall, first: i32, count: i32): void {
  const bytes = call.channels << 2;
  let x = call.x + first * bytes;
  let dy = call.dy + first * bytes;
  let to = call.to + first * bytes;
  for (let i = 0; i < count; i++, x += bytes, dy += bytes, to += bytes) {
    let at = 0;
    while (at < bytes) {
      const four = at + 16 <= bytes;
      const apart = f32x4.sub(take(x + at, four), take(call.mean + at, four));
      const centred = multiplyAdd(apart, take(call.deviation + at, four), take(call.shift + at, four));
      const gradient = passed(call, take(dy + at, four), apart, at, four);
      put(to + at, multiplyAdd(gradient, take(call.gradient + at, four), centred), four);
      at += four ? 16 : 4;
    }
  }
}
