/**
 * The curved activations, four floats at a time. They need e^x and a logarithm, which are made here, since the module has
 * no library and no table. Bounds are those of test/kernels/wasm/activations.test.ts; NaN stays NaN.
 */
import {multiplyAdd} from './arithmetic';

/** Below this e^x is less than the smallest normal float. */
const LEAST: f32 = -87.33654;

/** From here on up, e^x is infinite. */
const MOST: f32 = 88.8;

/** 1.5 * 2^23, to which a float is added to round it to a whole number, and the bias of a float's exponent. */
const ROUNDING: f32 = 12582912 + 127;

/** 1 / (1 + e^-x), which is 0 or 1 where e^-x is infinite or nothing. Within 2^-22 of the value where that is a normal float. */
export function sigmoid(x: v128): v128 {
  const least = f32x4.pmin(f32x4.neg(x), f32x4.splat(MOST));
  return f32x4.div(f32x4.splat(1), Exponential.and(1, least));
}

/** x above 0, e^x - 1 below. Within 2^-21 of the value. */
export function elu(x: v128): v128 {
  const zero = f32x4.splat(0);
  return v128.bitselect(x, Exponential.and(-1, f32x4.pmin(x, zero)), f32x4.gt(x, zero));
}

/** Of |x|: -m / (2 + m) with m = e^(-2|x|) - 1; the sign is that of x. Within 2^-21 of the value. */
export function tanh(x: v128): v128 {
  const less = Exponential.and(-1, f32x4.mul(negative(x), f32x4.splat(2)));
  const y = f32x4.div(less, f32x4.add(f32x4.splat(2), less));
  const sign = v128.and(x, f32x4.splat(-0.0));
  return v128.or(v128.andnot(y, f32x4.splat(-0.0)), sign);
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). Within 2^-21 of the value where that is a normal float. */
export function softplus(x: v128): v128 {
  const rest = logOfOneAnd(Exponential.and(0, negative(x)));
  const y = f32x4.add(f32x4.pmax(x, f32x4.splat(0)), rest);
  return v128.andnot(y, f32x4.lt(x, f32x4.splat(LEAST)));
}

/** From here on down, e^(-x^2 / 2) is less than the smallest normal float. */
const FAR: f32 = 13.2;

/**
 * x * Phi(x), with the cumulative distribution Phi of the normal distribution: max(x, 0) - |x| * Phi(-|x|), where
 * Phi(-z) = e^(-z^2 / 2) * t * g(t), t = 1 / (1 + 0.3 z), and g of degree 9 meets the rest in the ten Chebyshev nodes of
 * z from 0 to 13.3: 5e-9 of it at most. The exponent is rounded, so that values far below 0 are within 2^-18 of
 * themselves, and all within 2^-21 of the larger of |x| and 2^-3.
 */
export function gelu(x: v128): v128 {
  const zero = f32x4.splat(0);
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(FAR));
  const e = Exponential.and(0, f32x4.mul(f32x4.mul(size, size), f32x4.splat(-0.5)));
  const t = f32x4.div(f32x4.splat(1), multiplyAdd(size, f32x4.splat(0.3), f32x4.splat(1)));
  let g = multiplyAdd(f32x4.splat(-0.02083004079759121), t, f32x4.splat(0.11359012871980667));
  g = multiplyAdd(g, t, f32x4.splat(-0.2310023158788681));
  g = multiplyAdd(g, t, f32x4.splat(0.1955949366092682));
  g = multiplyAdd(g, t, f32x4.splat(-0.08265924453735352));
  g = multiplyAdd(g, t, f32x4.splat(0.09792212396860123));
  g = multiplyAdd(g, t, f32x4.splat(0.07777296006679535));
  g = multiplyAdd(g, t, f32x4.splat(0.1103680357336998));
  g = multiplyAdd(g, t, f32x4.splat(0.11955592781305313));
  g = multiplyAdd(g, t, f32x4.splat(0.11968749761581421));
  const below = f32x4.mul(f32x4.mul(size, e), f32x4.mul(t, g));
  const y = f32x4.sub(f32x4.pmax(x, zero), below);
  return v128.andnot(y, f32x4.lt(x, f32x4.splat(-FAR)));
}

/** -|x| */
function negative(x: v128): v128 {
  return v128.or(x, f32x4.splat(-0.0));
}

/** All forms are one text, of which the compiler leaves one where it is called. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Exponential {
  /**
   * e^x and 1, 0 or -1 more, the last without cancellation, for x <= MOST, below LEAST as there: 2^n * e^r with a whole n and
   * |r| <= log(2) / 2. e^r is 1 + r + r^2 * q(r), where q of degree 4 meets (e^r - 1 - r) / r^2 in the five Chebyshev nodes of
   * that interval: 1e-8 of e^r at most.
   */
  @inline
  static and(more: i32, x: v128): v128 {
    const one = f32x4.splat(1);
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
    const less = multiplyAdd(f32x4.mul(r, r), q, r);
    if (more === -1) return f32x4.add(f32x4.mul(power, less), f32x4.sub(power, one));
    const whole = f32x4.add(one, less);
    return more === 1 ? multiplyAdd(power, whole, one) : f32x4.mul(power, whole);
  }
}

/**
 * log(1 + t) for t from 0 to 1: 2 s * p(s^2) with s = t / (2 + t), where p of degree 4 meets atanh(s) / s in the five
 * Chebyshev nodes of s^2 from 0 to 1 / 9: 5e-9 of it at most.
 */
function logOfOneAnd(t: v128): v128 {
  const s = f32x4.div(t, f32x4.add(f32x4.splat(2), t));
  const square = f32x4.mul(s, s);
  let p = multiplyAdd(f32x4.splat(0.14078889787197113), square, f32x4.splat(0.13982579112052917));
  p = multiplyAdd(p, square, f32x4.splat(0.20012298226356506));
  p = multiplyAdd(p, square, f32x4.splat(0.3333316147327423));
  p = multiplyAdd(p, square, f32x4.splat(1));
  return f32x4.mul(f32x4.add(s, s), p);
}
