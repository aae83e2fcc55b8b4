/**
 * Batch normalization by the statistics of the batch, and its gradient, over rows of channels `[rows, channels]`. Sums
 * are made for a block of rows and then put together, so that their rounding does not grow with the number of rows.
 * Statistics are shared out by channels, what is written for each value by rows.
 */
import {lanesOf, multiplyAdd, put, take} from '../arithmetic';
import {BLOCK, NormCall} from '../calls';

/** Mean and variance (by n) of the channels `first` to `end - 1`. */
export function normStatistics(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (let row = 0; row < call.rows; row += BLOCK) {
    const count = min(BLOCK, call.rows - row);
    let channel = first;
    for (; channel + 8 <= end; channel += 8) statisticsOfEight(call, row, count, channel << 2);
    while (channel < end) {
      const lanes = lanesOf(end - channel);
      statisticsOfBlock(call, row, count, channel << 2, lanes);
      channel += lanes;
    }
  }
  for (let at = first << 2; at < end << 2; at += 4) {
    store<f32>(call.products + at, load<f32>(call.products + at) / <f32>call.rows);
  }
}

/**
 * Mean and squared deviations of four channels, two or one, of a block, put together with those of the rows before it
 * (Chan, Golub and LeVeque 1979). `at` is the channel in bytes.
 */
export function statisticsOfBlock(call: NormCall, row: i32, count: i32, at: usize, lanes: i32): void {
  const stride = call.channels << 2;
  const x = call.x + row * stride + at;
  const here = f32x4.div(columnSum(x, stride, count, lanes), f32x4.splat(<f32>count));
  const squares = squaredDeviations(x, stride, count, here, lanes);
  putTogether(call, row, count, at, lanes, here, squares);
}

/** The same of eight channels, in the same order: sums of one vector alone wait for each other. */
export function statisticsOfEight(call: NormCall, row: i32, count: i32, at: usize): void {
  const stride: usize = call.channels << 2;
  const first = call.x + row * stride + at;
  const zero = f32x4.splat(0);
  let even0 = zero;
  let even1 = zero;
  let odd0 = zero;
  let odd1 = zero;
  let x = first;
  let i = 0;
  for (; i + 2 <= count; i += 2, x += stride << 1) {
    even0 = f32x4.add(even0, v128.load(x));
    even1 = f32x4.add(even1, v128.load(x, 16));
    odd0 = f32x4.add(odd0, v128.load(x + stride));
    odd1 = f32x4.add(odd1, v128.load(x + stride, 16));
  }
  if (i < count) {
    even0 = f32x4.add(even0, v128.load(x));
    even1 = f32x4.add(even1, v128.load(x, 16));
  }
  const rows = f32x4.splat(<f32>count);
  const mean0 = f32x4.div(f32x4.add(even0, odd0), rows);
  const mean1 = f32x4.div(f32x4.add(even1, odd1), rows);
  even0 = even1 = odd0 = odd1 = zero;
  for (i = 0, x = first; i + 2 <= count; i += 2, x += stride << 1) {
    const a = f32x4.sub(v128.load(x), mean0);
    const b = f32x4.sub(v128.load(x, 16), mean1);
    const c = f32x4.sub(v128.load(x + stride), mean0);
    const d = f32x4.sub(v128.load(x + stride, 16), mean1);
    even0 = multiplyAdd(a, a, even0);
    even1 = multiplyAdd(b, b, even1);
    odd0 = multiplyAdd(c, c, odd0);
    odd1 = multiplyAdd(d, d, odd1);
  }
  if (i < count) {
    const a = f32x4.sub(v128.load(x), mean0);
    const b = f32x4.sub(v128.load(x, 16), mean1);
    even0 = multiplyAdd(a, a, even0);
    even1 = multiplyAdd(b, b, even1);
  }
  putTogether(call, row, count, at, 4, mean0, f32x4.add(even0, odd0));
  putTogether(call, row, count, at + 16, 4, mean1, f32x4.add(even1, odd1));
}

/** Mean and squared deviations of a block with those of the rows before it. */
export function putTogether(
  call: NormCall,
  row: i32,
  count: i32,
  at: usize,
  lanes: i32,
  here: v128,
  squares: v128,
): void {
  if (row === 0) {
    put(call.sums + at, here, lanes);
    put(call.products + at, squares, lanes);
    return;
  }
  const mean = take(call.sums + at, lanes);
  const before = take(call.products + at, lanes);
  const share = <f32>count / <f32>(row + count);
  const apart = f32x4.sub(here, mean);
  put(call.sums + at, f32x4.add(mean, f32x4.mul(apart, f32x4.splat(share))), lanes);
  const between = f32x4.mul(f32x4.mul(apart, apart), f32x4.splat(<f32>row * share));
  put(call.products + at, f32x4.add(f32x4.add(before, squares), between), lanes);
}

/** Two sums at a time, as each addition waits for the one before it. */
function columnSum(x: usize, stride: usize, count: i32, lanes: i32): v128 {
  let even = f32x4.splat(0);
  let odd = even;
  let i = 0;
  for (; i + 2 <= count; i += 2, x += stride << 1) {
    even = f32x4.add(even, take(x, lanes));
    odd = f32x4.add(odd, take(x + stride, lanes));
  }
  if (i < count) even = f32x4.add(even, take(x, lanes));
  return f32x4.add(even, odd);
}

function squaredDeviations(x: usize, stride: usize, count: i32, mean: v128, lanes: i32): v128 {
  let even = f32x4.splat(0);
  let odd = even;
  let i = 0;
  for (; i + 2 <= count; i += 2, x += stride << 1) {
    const a = f32x4.sub(take(x, lanes), mean);
    const b = f32x4.sub(take(x + stride, lanes), mean);
    even = multiplyAdd(a, a, even);
    odd = multiplyAdd(b, b, odd);
  }
  if (i < count) {
    const a = f32x4.sub(take(x, lanes), mean);
    even = multiplyAdd(a, a, even);
  }
  return f32x4.add(even, odd);
}

/** Of the channels `first` to `end - 1` the sums of dy, and of dy times the deviation of x from its mean. */
export function normSums(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (let row = 0; row < call.rows; row += BLOCK) {
    const count = min(BLOCK, call.rows - row);
    let channel = first;
    for (; channel + 8 <= end; channel += 8) sumsOfEight(call, row, count, channel << 2);
    while (channel < end) {
      const lanes = lanesOf(end - channel);
      sumsOfBlock(call, row, count, channel << 2, lanes);
      channel += lanes;
    }
  }
}

export function sumsOfBlock(call: NormCall, row: i32, count: i32, at: usize, lanes: i32): void {
  const stride: usize = call.channels << 2;
  const mean = take(call.mean + at, lanes);
  let x = call.x + row * stride + at;
  let dy = call.dy + row * stride + at;
  let sum = f32x4.splat(0);
  let products = sum;
  for (let i = 0; i < count; i++, x += stride, dy += stride) {
    const apart = f32x4.sub(take(x, lanes), mean);
    const gradient = passed(call, take(dy, lanes), apart, at, lanes);
    sum = f32x4.add(sum, gradient);
    products = multiplyAdd(gradient, apart, products);
  }
  if (row > 0) {
    sum = f32x4.add(sum, take(call.sums + at, lanes));
    products = f32x4.add(products, take(call.products + at, lanes));
  }
  put(call.sums + at, sum, lanes);
  put(call.products + at, products, lanes);
}

/** The same of eight channels. */
export function sumsOfEight(call: NormCall, row: i32, count: i32, at: usize): void {
  const stride: usize = call.channels << 2;
  const mean0 = v128.load(call.mean + at);
  const mean1 = v128.load(call.mean + at, 16);
  const zero = f32x4.splat(0);
  const ceiling = f32x4.splat(ceilingOf(call));
  const isActivated = call.activation !== 0;
  const scale0 = isActivated ? v128.load(call.scale + at) : zero;
  const scale1 = isActivated ? v128.load(call.scale + at, 16) : zero;
  const offset0 = isActivated ? v128.load(call.offset + at) : zero;
  const offset1 = isActivated ? v128.load(call.offset + at, 16) : zero;
  let x = call.x + row * stride + at;
  let dy = call.dy + row * stride + at;
  let sum0 = zero;
  let sum1 = zero;
  let products0 = zero;
  let products1 = zero;
  for (let i = 0; i < count; i++, x += stride, dy += stride) {
    const apart0 = f32x4.sub(v128.load(x), mean0);
    const apart1 = f32x4.sub(v128.load(x, 16), mean1);
    let gradient0 = v128.load(dy);
    let gradient1 = v128.load(dy, 16);
    if (isActivated) {
      const y0 = multiplyAdd(apart0, scale0, offset0);
      const y1 = multiplyAdd(apart1, scale1, offset1);
      gradient0 = v128.and(gradient0, v128.and(f32x4.gt(y0, zero), f32x4.lt(y0, ceiling)));
      gradient1 = v128.and(gradient1, v128.and(f32x4.gt(y1, zero), f32x4.lt(y1, ceiling)));
    }
    sum0 = f32x4.add(sum0, gradient0);
    sum1 = f32x4.add(sum1, gradient1);
    products0 = multiplyAdd(gradient0, apart0, products0);
    products1 = multiplyAdd(gradient1, apart1, products1);
  }
  if (row > 0) {
    sum0 = f32x4.add(sum0, v128.load(call.sums + at));
    sum1 = f32x4.add(sum1, v128.load(call.sums + at, 16));
    products0 = f32x4.add(products0, v128.load(call.products + at));
    products1 = f32x4.add(products1, v128.load(call.products + at, 16));
  }
  v128.store(call.sums + at, sum0);
  v128.store(call.sums + at, sum1, 16);
  v128.store(call.products + at, products0);
  v128.store(call.products + at, products1, 16);
}

/** Where the activation has no slope any more. */
function ceilingOf(call: NormCall): f32 {
  return call.activation === 2 ? 6 : Infinity;
}

/** Of output gradients those that pass the activation: where it has a slope at what scaleBlock has given it. */
function passed(call: NormCall, dy: v128, apart: v128, at: usize, lanes: i32): v128 {
  if (call.activation === 0) return dy;
  const y = multiplyAdd(apart, take(call.scale + at, lanes), take(call.offset + at, lanes));
  const passes = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, f32x4.splat(ceilingOf(call))));
  return v128.and(dy, passes);
}

/** Rows `first` to `end - 1` of `(x - mean) * deviation + shift`, activated. */
export function normScale(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (; first < end; first += BLOCK) scaleBlock(call, first, min(BLOCK, end - first));
}

export function scaleBlock(call: NormCall, first: i32, count: i32): void {
  const bytes: usize = call.channels << 2;
  const fours = bytes & ~15;
  // Read once: what is written could be the call, for all that the compiler knows.
  const mean = call.mean;
  const deviation = call.deviation;
  const shift = call.shift;
  const activation = call.activation;
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  let x = call.x + first * bytes;
  let to = call.to + first * bytes;
  for (let i = 0; i < count; i++, x += bytes, to += bytes) {
    for (let at: usize = 0; at < fours; at += 16) {
      const apart = f32x4.sub(v128.load(x + at), v128.load(mean + at));
      let y = multiplyAdd(apart, v128.load(deviation + at), v128.load(shift + at));
      if (activation > 0) y = f32x4.max(y, zero);
      if (activation > 1) y = f32x4.min(y, six);
      v128.store(to + at, y);
    }
    for (let at = fours; at < bytes; ) {
      const lanes = lanesOf(<i32>(bytes - at) >> 2);
      scaleSome(call, x + at, to + at, at, lanes);
      at += lanes << 2;
    }
  }
}

export function scaleSome(call: NormCall, x: usize, to: usize, at: usize, lanes: i32): void {
  const apart = f32x4.sub(take(x, lanes), take(call.mean + at, lanes));
  let y = multiplyAdd(apart, take(call.deviation + at, lanes), take(call.shift + at, lanes));
  // What is not a number stays so.
  if (call.activation > 0) y = f32x4.max(y, f32x4.splat(0));
  if (call.activation > 1) y = f32x4.min(y, f32x4.splat(6));
  put(to, y, lanes);
}

/** Rows `first` to `end - 1` of `dy * gradient + (x - mean) * deviation + shift`, of dy what passes the activation. */
export function normBackprop(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (; first < end; first += BLOCK) backpropBlock(call, first, min(BLOCK, end - first));
}

export function backpropBlock(call: NormCall, first: i32, count: i32): void {
  const bytes: usize = call.channels << 2;
  const fours = bytes & ~15;
  const mean = call.mean;
  const deviation = call.deviation;
  const shift = call.shift;
  const factor = call.gradient;
  const scale = call.scale;
  const offset = call.offset;
  const isActivated = call.activation !== 0;
  const zero = f32x4.splat(0);
  const ceiling = f32x4.splat(ceilingOf(call));
  let x = call.x + first * bytes;
  let dy = call.dy + first * bytes;
  let to = call.to + first * bytes;
  for (let i = 0; i < count; i++, x += bytes, dy += bytes, to += bytes) {
    for (let at: usize = 0; at < fours; at += 16) {
      const apart = f32x4.sub(v128.load(x + at), v128.load(mean + at));
      const centred = multiplyAdd(apart, v128.load(deviation + at), v128.load(shift + at));
      let gradient = v128.load(dy + at);
      if (isActivated) {
        const y = multiplyAdd(apart, v128.load(scale + at), v128.load(offset + at));
        gradient = v128.and(gradient, v128.and(f32x4.gt(y, zero), f32x4.lt(y, ceiling)));
      }
      v128.store(to + at, multiplyAdd(gradient, v128.load(factor + at), centred));
    }
    for (let at = fours; at < bytes; ) {
      const lanes = lanesOf(<i32>(bytes - at) >> 2);
      backpropSome(call, x + at, dy + at, to + at, at, lanes);
      at += lanes << 2;
    }
  }
}

export function backpropSome(call: NormCall, x: usize, dy: usize, to: usize, at: usize, lanes: i32): void {
  const apart = f32x4.sub(take(x, lanes), take(call.mean + at, lanes));
  const centred = multiplyAdd(apart, take(call.deviation + at, lanes), take(call.shift + at, lanes));
  const gradient = passed(call, take(dy, lanes), apart, at, lanes);
  put(to, multiplyAdd(gradient, take(call.gradient + at, lanes), centred), lanes);
}
