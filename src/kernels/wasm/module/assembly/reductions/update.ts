/**
 * What an optimizer does to weights, in one pass over each, its gradient and its state: the arithmetic of
 * src/geometry/update_kernels.ts, each operation rounded by itself as in stock ops. And sums of squares. Rows are chunks of CHUNK values
 * of one weight, counted over all weights, so that threads share them whatever their sizes.
 */
import {lanesOf, multiplyAdd, put, take} from '../arithmetic';
import {CHUNK, SquaresCall, UpdateCall, UpdatedWeight} from '../calls';

@unmanaged
class SgdFactors {
  momentum!: f32;
  /** 1 if Nesterov's, else 0. */
  nesterov!: f32;
}

@unmanaged
class AdamFactors {
  beta1!: f32;
  beta2!: f32;
  rest1!: f32;
  rest2!: f32;
  meanBias!: f32;
  rootBias!: f32;
  epsilon!: f32;
}

/** The weight of which a chunk is: the last one that does not begin behind it. */
export function weightOf(weights: usize, count: i32, chunk: i32): UpdatedWeight {
  let from = 0;
  while (count > 1) {
    const half = count >> 1;
    const middle = changetype<UpdatedWeight>(weights + (from + half) * offsetof<UpdatedWeight>());
    if (middle.first <= chunk) from += half;
    count = middle.first <= chunk ? count - half : half;
  }
  return changetype<UpdatedWeight>(weights + from * offsetof<UpdatedWeight>());
}

/** Stochastic gradient descent, with momentum where there is some. */
export function sgdUpdate(address: usize, first: i32, end: i32): void {
  const call = changetype<UpdateCall>(address);
  for (; first < end; first++) {
    const weight = weightOf(call.weights, call.count, first);
    const at = (first - weight.first) * CHUNK;
    sgdChunk(weight, call.factors, at, min(at + CHUNK, weight.count));
  }
}

export function sgdChunk(weight: UpdatedWeight, common: usize, first: i32, end: i32): void {
  const factors = changetype<SgdFactors>(common);
  const gradientFactor = f32x4.splat(weight.gradientFactor);
  const decay = f32x4.splat(weight.valueFactor);
  const rate = f32x4.splat(weight.directionFactor);
  const momentum = f32x4.splat(factors.momentum);
  const hasMomentum = weight.mean !== 0;
  const isNesterov = factors.nesterov !== 0;
  const from = first << 2;
  let value = weight.value + from;
  let gradient = weight.gradient + from;
  let mean = weight.mean + from;
  let to = weight.to + from;
  let toMean = weight.toMean + from;
  let left = end - first;
  // One vector at a time took up to three times as long, by where the arrays lay in memory.
  for (; left >= 8; left -= 8) {
    const v0 = v128.load(value);
    const v1 = v128.load(value, 16);
    const g0 = f32x4.mul(v128.load(gradient), gradientFactor);
    const g1 = f32x4.mul(v128.load(gradient, 16), gradientFactor);
    let d0 = f32x4.add(g0, f32x4.mul(v0, decay));
    let d1 = f32x4.add(g1, f32x4.mul(v1, decay));
    if (hasMomentum) {
      const m0 = f32x4.add(f32x4.mul(v128.load(mean), momentum), d0);
      const m1 = f32x4.add(f32x4.mul(v128.load(mean, 16), momentum), d1);
      v128.store(toMean, m0);
      v128.store(toMean, m1, 16);
      d0 = isNesterov ? f32x4.add(d0, f32x4.mul(m0, momentum)) : m0;
      d1 = isNesterov ? f32x4.add(d1, f32x4.mul(m1, momentum)) : m1;
    }
    v128.store(to, f32x4.sub(v0, f32x4.mul(d0, rate)));
    v128.store(to, f32x4.sub(v1, f32x4.mul(d1, rate)), 16);
    value += 32;
    gradient += 32;
    mean += 32;
    to += 32;
    toMean += 32;
  }
  while (left > 0) {
    const lanes = lanesOf(left);
    const v = take(value, lanes);
    const g = f32x4.mul(take(gradient, lanes), gradientFactor);
    let d = f32x4.add(g, f32x4.mul(v, decay));
    if (hasMomentum) {
      const m = f32x4.add(f32x4.mul(take(mean, lanes), momentum), d);
      put(toMean, m, lanes);
      d = isNesterov ? f32x4.add(d, f32x4.mul(m, momentum)) : m;
    }
    put(to, f32x4.sub(v, f32x4.mul(d, rate)), lanes);
    const step = lanes << 2;
    value += step;
    gradient += step;
    mean += step;
    to += step;
    toMean += step;
    left -= lanes;
  }
}

/** Adam's averages, and `value * valueFactor + step * directionFactor`. */
export function adamUpdate(address: usize, first: i32, end: i32): void {
  const call = changetype<UpdateCall>(address);
  for (; first < end; first++) {
    const weight = weightOf(call.weights, call.count, first);
    const at = (first - weight.first) * CHUNK;
    adamChunk(weight, call.factors, at, min(at + CHUNK, weight.count));
  }
}

export function adamChunk(weight: UpdatedWeight, common: usize, first: i32, end: i32): void {
  const factors = changetype<AdamFactors>(common);
  const gradientFactor = f32x4.splat(weight.gradientFactor);
  const beta1 = f32x4.splat(factors.beta1);
  const beta2 = f32x4.splat(factors.beta2);
  const rest1 = f32x4.splat(factors.rest1);
  const rest2 = f32x4.splat(factors.rest2);
  const meanBias = f32x4.splat(factors.meanBias);
  const rootBias = f32x4.splat(factors.rootBias);
  const epsilon = f32x4.splat(factors.epsilon);
  const valueFactor = f32x4.splat(weight.valueFactor);
  const directionFactor = f32x4.splat(weight.directionFactor);
  for (let at = first << 2; at < end << 2; ) {
    const lanes = lanesOf(end - (at >> 2));
    const value = take(weight.value + at, lanes);
    const gradient = f32x4.mul(take(weight.gradient + at, lanes), gradientFactor);
    const mean = f32x4.add(f32x4.mul(take(weight.mean + at, lanes), beta1), f32x4.mul(gradient, rest1));
    const squared = f32x4.mul(gradient, gradient);
    const square = f32x4.add(f32x4.mul(take(weight.square + at, lanes), beta2), f32x4.mul(squared, rest2));
    put(weight.toMean + at, mean, lanes);
    put(weight.toSquare + at, square, lanes);
    const root = f32x4.div(f32x4.sqrt(square), rootBias);
    const direction = f32x4.div(f32x4.div(mean, meanBias), f32x4.add(root, epsilon));
    const result = f32x4.add(f32x4.mul(value, valueFactor), f32x4.mul(direction, directionFactor));
    put(weight.to + at, result, lanes);
    at += lanes << 2;
  }
}

/** The sum of squares of each chunk. */
export function squareSums(address: usize, first: i32, end: i32): void {
  const call = changetype<SquaresCall>(address);
  for (; first < end; first++) {
    const weight = weightOf(call.weights, call.count, first);
    const at = (first - weight.first) * CHUNK;
    store<f32>(call.sums + (first << 2), squareSum(weight.value, at, min(at + CHUNK, weight.count)));
  }
}

export function squareSum(x: usize, first: i32, end: i32): f32 {
  let even = f32x4.splat(0);
  let odd = even;
  let at = first << 2;
  const last = end << 2;
  for (; at + 32 <= last; at += 32) {
    const a = v128.load(x + at);
    const b = v128.load(x + at, 16);
    even = multiplyAdd(a, a, even);
    odd = multiplyAdd(b, b, odd);
  }
  while (at < last) {
    const lanes = lanesOf((last - at) >> 2);
    const a = take(x + at, lanes);
    even = multiplyAdd(a, a, even);
    at += lanes << 2;
  }
  const sums = f32x4.add(even, odd);
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}
