/**
 * What follows the sums of a block while its rows are in cache: the residual is added, then the activation applied.
 * Sigmoids need e^x, which is made here, since the module has no library and no table.
 */
import {multiplyAdd} from './arithmetic';
import {PartCall} from './layout';

/** Codes of the activations, in the order of ACTIVATIONS in src/ops/kernel_names.ts. */
const RELU: i32 = 1;
export const RELU6: i32 = 2;
const SWISH: i32 = 3;
const HARD_SWISH: i32 = 4;
const SIGMOID: i32 = 5;

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
    const gate = f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), f32x4.splat(6));
    return f32x4.mul(x, f32x4.div(gate, f32x4.splat(6)));
  }
}

/** Below this a sigmoid is less than the smallest normal float, and 0 here. */
const LEAST: f32 = -87.33654;

/** 1.5 * 2^23, to which a float is added to round it to a whole number, and the bias of a float's exponent. */
const ROUNDING: f32 = 12582912 + 127;

/** 1 / (1 + e^-x), from e^-|x|, which never overflows. Within 2^-22 of the value where that is a normal float. */
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exponential(v128.or(x, f32x4.splat(-0.0)));
  const above = v128.bitselect(one, e, f32x4.ge(x, f32x4.splat(0)));
  return v128.andnot(f32x4.div(above, f32x4.add(one, e)), f32x4.lt(x, f32x4.splat(LEAST)));
}

/**
 * e^x for x <= 0, not less than e^LEAST: 2^n * e^r with a whole n and |r| <= log(2) / 2. e^r is 1 + r + r^2 * q(r), where
 * q of degree 4 meets (e^r - 1 - r) / r^2 in the five Chebyshev nodes of that interval: 1e-8 of e^r at most. NaN stays.
 */
function exponential(x: v128): v128 {
  const bounded = f32x4.pmax(x, f32x4.splat(LEAST));
  // The sum has n and the bias in its last bits, which are then shifted to where a float has its exponent.
  const rounded = multiplyAdd(bounded, f32x4.splat(<f32>Math.LOG2E), f32x4.splat(ROUNDING));
  const power = i32x4.shl(rounded, 23);
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDING));
  // log(2) in two pieces: 355 / 512, whose products with n are exact, and the rest.
  let r = multiplyAdd(n, f32x4.splat(-0.693359375), bounded);
  r = multiplyAdd(n, f32x4.splat(2.1219444005469057e-4), r);
  let q = multiplyAdd(f32x4.splat(1.3926183587875752e-3), r, f32x4.splat(8.363179052728214e-3));
  q = multiplyAdd(q, r, f32x4.splat(4.166655461720141e-2));
  q = multiplyAdd(q, r, f32x4.splat(0.1666657698969869));
  q = multiplyAdd(q, r, f32x4.splat(0.5));
  return f32x4.mul(power, f32x4.add(f32x4.splat(1), multiplyAdd(f32x4.mul(r, r), q, r)));
}
