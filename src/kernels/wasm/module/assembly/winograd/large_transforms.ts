/**
 * The transforms of tiles of 4 x 4 outputs (large_tiles.ts) and of 4 along time (large_time_tiles.ts), 4 channels at a time. Along one axis, with r = sqrt(2), inputs d,
 * weights g and products m:
 *
 *     inputs:  d0 - 5/2 d2 + d4,  (d4 - d2/2) +- r (d3 - d1/2),  (d4 - 2 d2) +- (d3 - 2 d1)/r,  d1 - 5/2 d3 + d5
 *     weights: g0,  (g0 +- r g1 + 2 g2)/6,  -(g0 +- g1/r + g2/2)/(3/2),  g2
 *     outputs: m0 + (m1 + m2) + (m3 + m4),  r (m1 - m2) + (m3 - m4)/r,  2 (m1 + m2) + (m3 + m4)/2,
 *              2 r (m1 - m2) + (m3 - m4)/(2 r) + m5
 *
 * These are the values of polynomials at 0, r, -r, 1/r, -1/r and infinity. Magnitudes grow by 25 along an axis, by 3 in the
 * direct form: an output is off by at most (products summed + 29) * 2^-24 * 25^2 * the sum over the channels of the largest
 * weight times the largest input. At 0, 1, -1, 2, -2, whose factors are shorter, it is three to four times as much on real layers.
 */
import {multiplyAdd} from '../arithmetic';
import {PartCall} from '../calls';
import {Ending} from './tiles';

const ROOT = Mathf.SQRT2;
const INVERSE = Mathf.SQRT1_2;

/** Six rows of inputs, `step` bytes apart from `from0` on, into six rows, `apart` bytes apart. */
export function sixInputs(
  from0: usize,
  from1: usize,
  from2: usize,
  from3: usize,
  from4: usize,
  from5: usize,
  to: usize,
  apart: usize,
  bytes: i32,
): void {
  for (let at = 0; at < bytes; at += 16) {
    // The last vector may begin with channels that are done: they are written once more.
    const channel = min(at, bytes - 16);
    const d1 = v128.load(from1 + channel);
    const d2 = v128.load(from2 + channel);
    const d3 = v128.load(from3 + channel);
    const d4 = v128.load(from4 + channel);
    const fives = f32x4.splat(-2.5);
    const halves = f32x4.splat(-0.5);
    const twos = f32x4.splat(-2);
    let y = to + channel;
    v128.store(y, multiplyAdd(d2, fives, f32x4.add(v128.load(from0 + channel), d4)));
    y += apart;
    let even = multiplyAdd(d2, halves, d4);
    let odd = multiplyAdd(d1, halves, d3);
    v128.store(y, multiplyAdd(odd, f32x4.splat(ROOT), even));
    y += apart;
    v128.store(y, multiplyAdd(odd, f32x4.splat(-ROOT), even));
    y += apart;
    even = multiplyAdd(d2, twos, d4);
    odd = multiplyAdd(d1, twos, d3);
    v128.store(y, multiplyAdd(odd, f32x4.splat(INVERSE), even));
    y += apart;
    v128.store(y, multiplyAdd(odd, f32x4.splat(-INVERSE), even));
    y += apart;
    v128.store(y, multiplyAdd(d3, fives, f32x4.add(d1, v128.load(from5 + channel))));
  }
}

/** Outputs of the sums of one tile: the methods are written out where they are called. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Outputs {
  @inline
  static first(m0: v128, even1: v128, even2: v128): v128 {
    return f32x4.add(f32x4.add(m0, even1), even2);
  }

  @inline
  static third(even1: v128, even2: v128): v128 {
    return multiplyAdd(even2, f32x4.splat(0.5), f32x4.add(even1, even1));
  }

  @inline
  static fourth(odd1: v128, odd2: v128, m5: v128): v128 {
    return f32x4.add(multiplyAdd(odd2, f32x4.splat(0.5), f32x4.add(odd1, odd1)), m5);
  }
}

/** Six rows of sums, `step` bytes apart, into four rows of outputs, `apart` bytes apart. */
export function sixSums(from: usize, step: usize, to: usize, apart: usize, bytes: i32): void {
  for (const end = from + bytes; from < end; from += 16, to += 16) {
    let m = from + step;
    const m1 = v128.load(m);
    m += step;
    const m2 = v128.load(m);
    m += step;
    const m3 = v128.load(m);
    m += step;
    const m4 = v128.load(m);
    const even1 = f32x4.add(m1, m2);
    const even2 = f32x4.add(m3, m4);
    const odd1 = f32x4.mul(f32x4.sub(m1, m2), f32x4.splat(ROOT));
    const odd2 = f32x4.mul(f32x4.sub(m3, m4), f32x4.splat(INVERSE));
    let y = to;
    v128.store(y, Outputs.first(v128.load(from), even1, even2));
    y += apart;
    v128.store(y, f32x4.add(odd1, odd2));
    y += apart;
    v128.store(y, Outputs.third(even1, even2));
    y += apart;
    v128.store(y, Outputs.fourth(odd1, odd2, v128.load(m + step)));
  }
}

/**
 * Six rows of sums, `step` bytes apart, into the first `count` of four rows of the output, which lie `rows` apart from row `row` on:
 * each ended in registers. For parts that end at once (tiles.ts).
 */
export function placeSixSums(
  part: PartCall,
  from: usize,
  step: usize,
  row: i32,
  rows: i32,
  count: i32,
): void {
  const bytes = part.outputs << 2;
  const apart = rows * part.yRowBytes;
  const to = part.y + row * part.yRowBytes;
  const toResidual = part.residual ? part.residual - part.y : 0;
  const least = Ending.least(part);
  const most = Ending.most(part);
  for (let at = 0; at < bytes; at += 16) {
    // The last vector may begin with channels that are done: they are written once more.
    const channel = min(at, bytes - 16);
    const bias = v128.load(part.bias + channel);
    const m0 = from + channel;
    let m = m0 + step;
    const m1 = v128.load(m);
    m += step;
    const m2 = v128.load(m);
    m += step;
    const m3 = v128.load(m);
    m += step;
    const m4 = v128.load(m);
    const even1 = f32x4.add(m1, m2);
    const even2 = f32x4.add(m3, m4);
    let y = to + channel;
    Ending.place(y, Outputs.first(v128.load(m0), even1, even2), bias, toResidual, least, most);
    if (count === 1) continue;
    const odd1 = f32x4.mul(f32x4.sub(m1, m2), f32x4.splat(ROOT));
    const odd2 = f32x4.mul(f32x4.sub(m3, m4), f32x4.splat(INVERSE));
    y += apart;
    Ending.place(y, f32x4.add(odd1, odd2), bias, toResidual, least, most);
    if (count === 2) continue;
    y += apart;
    Ending.place(y, Outputs.third(even1, even2), bias, toResidual, least, most);
    if (count === 3) continue;
    y += apart;
    Ending.place(y, Outputs.fourth(odd1, odd2, v128.load(m + step)), bias, toResidual, least, most);
  }
}

/** The methods are written out where they are called. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Taps {
  /** Three weights become six, `apart` bytes apart. */
  @inline
  static six(g0: v128, g1: v128, g2: v128, to: usize, apart: usize): void {
    v128.store(to, g0);
    let even = f32x4.mul(f32x4.add(g0, f32x4.add(g2, g2)), f32x4.splat(1.0 / 6.0));
    let odd = f32x4.mul(g1, f32x4.splat(ROOT / 6.0));
    v128.store(to + apart, f32x4.add(even, odd));
    v128.store(to + 2 * apart, f32x4.sub(even, odd));
    even = f32x4.mul(multiplyAdd(g2, f32x4.splat(0.5), g0), f32x4.splat(-2.0 / 3.0));
    odd = f32x4.mul(g1, f32x4.splat((-2.0 / 3.0) * INVERSE));
    v128.store(to + 3 * apart, f32x4.add(even, odd));
    v128.store(to + 4 * apart, f32x4.sub(even, odd));
    v128.store(to + 5 * apart, g2);
  }
}

/** Weights of 9 taps, `tap` bytes a tap: 36 times as many, `apart` bytes apart. */
export function transformLargeTaps(from: usize, tap: usize, to: usize, apart: usize): void {
  const line = 6 * apart;
  for (const end = from + tap; from < end; from += 16, to += 16) {
    for (let i = 0; i < 3; i++) {
      const g = from + 3 * i * tap;
      Taps.six(v128.load(g), v128.load(g + tap), v128.load(g + 2 * tap), to + i * line, apart);
    }
    for (let j = 0; j < 6; j++) {
      const u = to + j * apart;
      Taps.six(v128.load(u), v128.load(u + line), v128.load(u + 2 * line), u, line);
    }
  }
}

/** The same of 3 taps along time: 6 for each. */
export function transformLargeTimeTaps(from: usize, tap: usize, to: usize, apart: usize): void {
  for (const end = from + tap; from < end; from += 16, to += 16) {
    Taps.six(v128.load(from), v128.load(from + tap), v128.load(from + 2 * tap), to, apart);
  }
}
