/**
 * What an optimizer does to one weight, in one pass over it, its gradient and its state: the arithmetic of
 * src/geometry/update_kernels.ts, each operation rounded by itself as in stock ops. And sums of squares. Rows are chunks of CHUNK values.
 */
import {lanesOf, multiplyAdd, put, take} from '../arithmetic';
import {CHUNK, SquaresCall, UpdateCall} from '../calls';

@unmanaged
class SgdFactors {
  gradient!: f32;
  decay!: f32;
  rate!: f32;
  momentum!: f32;
  /** 1 if Nesterov's, else 0. */
  nesterov!: f32;
}

@unmanaged
class AdamFactors {
  gradient!: f32;
  beta1!: f32;
  beta2!: f32;
  rest1!: f32;
  rest2!: f32;
  meanBias!: f32;
  rootBias!: f32;
  epsilon!: f32;
  value!: f32;
  direction!: f32;
}

/** Stochastic gradient descent, with momentum where there is some. */
export function sgdUpdate(address: usize, first: i32, end: i32): void {
  const call = changetype<UpdateCall>(address);
  for (; first < end; first++) sgdChunk(call, first * CHUNK, min((first + 1) * CHUNK, call.count));
}

export function sgdChunk(call: UpdateCall, first: i32, end: i32): void {
  const factors = changetype<SgdFactors>(call.factors);
  const gradientFactor = f32x4.splat(factors.gradient);
  const decay = f32x4.splat(factors.decay);
  const rate = f32x4.splat(factors.rate);
  const momentum = f32x4.splat(factors.momentum);
  const hasMomentum = call.mean !== 0;
  const isNesterov = factors.nesterov !== 0;
  for (let at = first << 2; at < end << 2; ) {
    const lanes = lanesOf(end - (at >> 2));
    const value = take(call.value + at, lanes);
    const gradient = f32x4.mul(take(call.gradient + at, lanes), gradientFactor);
    let direction = f32x4.add(gradient, f32x4.mul(value, decay));
    if (hasMomentum) {
      const average = f32x4.add(f32x4.mul(take(call.mean + at, lanes), momentum), direction);
      put(call.toMean + at, average, lanes);
      direction = isNesterov ? f32x4.add(direction, f32x4.mul(average, momentum)) : average;
    }
    put(call.to + at, f32x4.sub(value, f32x4.mul(direction, rate)), lanes);
    at += lanes << 2;
  }
}

/** Adam's averages, and `value * factors.value + step * factors.direction`. */
export function adamUpdate(address: usize, first: i32, end: i32): void {
  const call = changetype<UpdateCall>(address);
  for (; first < end; first++) adamChunk(call, first * CHUNK, min((first + 1) * CHUNK, call.count));
}

export function adamChunk(call: UpdateCall, first: i32, end: i32): void {
  const factors = changetype<AdamFactors>(call.factors);
  const gradientFactor = f32x4.splat(factors.gradient);
  const beta1 = f32x4.splat(factors.beta1);
  const beta2 = f32x4.splat(factors.beta2);
  const rest1 = f32x4.splat(factors.rest1);
  const rest2 = f32x4.splat(factors.rest2);
  const meanBias = f32x4.splat(factors.meanBias);
  const rootBias = f32x4.splat(factors.rootBias);
  const epsilon = f32x4.splat(factors.epsilon);
  const valueFactor = f32x4.splat(factors.value);
  const directionFactor = f32x4.splat(factors.direction);
  for (let at = first << 2; at < end << 2; ) {
    const lanes = lanesOf(end - (at >> 2));
    const value = take(call.value + at, lanes);
    const gradient = f32x4.mul(take(call.gradient + at, lanes), gradientFactor);
    const mean = f32x4.add(f32x4.mul(take(call.mean + at, lanes), beta1), f32x4.mul(gradient, rest1));
    const squared = f32x4.mul(gradient, gradient);
    const square = f32x4.add(f32x4.mul(take(call.square + at, lanes), beta2), f32x4.mul(squared, rest2));
    put(call.toMean + at, mean, lanes);
    put(call.toSquare + at, square, lanes);
    const root = f32x4.div(f32x4.sqrt(square), rootBias);
    const direction = f32x4.div(f32x4.div(mean, meanBias), f32x4.add(root, epsilon));
    put(call.to + at, f32x4.add(f32x4.mul(value, valueFactor), f32x4.mul(direction, directionFactor)), lanes);
    at += lanes << 2;
  }
}

/** The sum of squares of each chunk. */
export function squareSums(address: usize, first: i32, end: i32): void {
  const call = changetype<SquaresCall>(address);
  for (; first < end; first++) {
    store<f32>(
      call.sums + (first << 2),
      squareSum(call.x, first * CHUNK, min((first + 1) * CHUNK, call.count)),
    );
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
