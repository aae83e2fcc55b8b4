/** What follows the sums of a block while its rows are in cache: the residual is added, then the activation applied. */
import {elu, gelu, sigmoid, softplus, tanh} from './activations';
import {PartCall} from './calls';

/** Codes of the activations, in the order of ACTIVATIONS in src/geometry/kernel_names.ts. */
const RELU: i32 = 1;
export const RELU6: i32 = 2;
const SWISH: i32 = 3;
const HARD_SWISH: i32 = 4;
const SIGMOID: i32 = 5;
const ELU: i32 = 6;
const TANH: i32 = 7;
const SOFTPLUS: i32 = 8;
const GELU: i32 = 9;
// What is greater is the bits of a leaky ReLU's slope.

/** Whether an activation is no more than a bound below and one above. */
export function isBound(activation: i32): bool {
  return activation <= RELU6;
}

/** Ends `count` rows from row `first` on. */
export function finishBlock(call: PartCall, first: i32, count: i32): void {
  if (!call.activation && !call.residual) return;
  const channels = call.groups * call.outputs;
  const stride = call.yRowBytes;
  let y = call.y + first * stride;
  let residual = call.residual ? call.residual + first * stride : 0;
  if (stride === channels << 2) {
    finishRun(y, residual, channels * count, call.activation);
    return;
  }
  for (let i = 0; i < count; i++, y += stride) {
    finishRun(y, residual, channels, call.activation);
    if (residual) residual += stride;
  }
}

/** Ends `count` floats that lie side by side. */
export function finishRun(y: usize, residual: usize, count: i32, activation: i32): void {
  if (residual || isBound(activation)) bound(y, residual, count, activation);
  if (activation === SWISH) Curve.run(y, count, SWISH);
  else if (activation === HARD_SWISH) Curve.run(y, count, HARD_SWISH);
  else if (activation === SIGMOID) Curve.run(y, count, SIGMOID);
  else if (activation === ELU) Curve.run(y, count, ELU);
  else if (activation === TANH) Curve.run(y, count, TANH);
  else if (activation === SOFTPLUS) Curve.run(y, count, SOFTPLUS);
  else if (activation === GELU) Curve.run(y, count, GELU);
  else if (activation > GELU) leak(y, count, f32x4.splat(reinterpret<f32>(activation)));
}

/** Multiplies what is below 0 by the slope. NaN stays. */
function leak(y: usize, count: i32, slope: v128): void {
  const zero = f32x4.splat(0);
  const end = y + (count << 2);
  const whole = y + ((count & ~3) << 2);
  for (; y < whole; y += 16) {
    const x = v128.load(y);
    v128.store(y, f32x4.add(f32x4.pmax(x, zero), f32x4.mul(slope, f32x4.pmin(x, zero))));
  }
  for (; y < end; y += 4) {
    const x = v128.load32_zero(y);
    v128.store32_lane(y, f32x4.add(f32x4.pmax(x, zero), f32x4.mul(slope, f32x4.pmin(x, zero))), 0);
  }
}

/**
 * Adds the residual, and keeps the sums between the bounds of an activation that is no more than that. NaN is neither
 * below nor above a bound and stays: `pmax` and `pmin` are one instruction each, `max` and `min` are several.
 */
function bound(y: usize, residual: usize, count: i32, activation: i32): void {
  const isBounded = activation === RELU || activation === RELU6;
  const least = f32x4.splat(isBounded ? 0 : -Infinity);
  const most = f32x4.splat(activation === RELU6 ? 6 : Infinity);
  const end = y + (count << 2);
  const whole = y + ((count & ~3) << 2);
  if (residual) {
    for (; y < whole; y += 16, residual += 16) {
      const sum = f32x4.add(v128.load(y), v128.load(residual));
      v128.store(y, f32x4.pmin(f32x4.pmax(sum, least), most));
    }
  } else for (; y < whole; y += 16) v128.store(y, f32x4.pmin(f32x4.pmax(v128.load(y), least), most));
  for (; y < end; y += 4) {
    let sum = v128.load32_zero(y);
    if (residual) {
      sum = f32x4.add(sum, v128.load32_zero(residual));
      residual += 4;
    }
    v128.store32_lane(y, f32x4.pmin(f32x4.pmax(sum, least), most), 0);
  }
}

/**
 * Each curve has a loop of its own: asking for every vector which one it is takes time. The compiler writes the methods out
 * where they are called, and finds the activation constant.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Curve {
  @inline
  static run(y: usize, count: i32, activation: i32): void {
    const end = y + (count << 2);
    const whole = y + ((count & ~3) << 2);
    for (; y < whole; y += 16) v128.store(y, Curve.at(v128.load(y), activation));
    for (; y < end; y += 4) v128.store32_lane(y, Curve.at(v128.load32_zero(y), activation), 0);
  }

  @inline
  static at(x: v128, activation: i32): v128 {
    if (activation === SWISH) return f32x4.mul(x, sigmoid(x));
    if (activation === SIGMOID) return sigmoid(x);
    if (activation === ELU) return elu(x);
    if (activation === TANH) return tanh(x);
    if (activation === SOFTPLUS) return softplus(x);
    if (activation === GELU) return gelu(x);
    const gate = f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), f32x4.splat(6));
    return f32x4.mul(x, f32x4.div(gate, f32x4.splat(6)));
  }
}
