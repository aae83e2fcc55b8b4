/**
 * What a normalization and its gradient write for each value, block by block of wide rows (`NormCall`): rows far apart side by side, as in
 * sums.ts, or one after the other where there are so many values that they come from memory and go there, which so takes a tenth less
 * time. The rows that fill no wide one come with the last block. Pointers walk, from row to row as well: sums of several addresses would be
 * added up for each load anew.
 */
import {sigmoid} from '../activations';
import {multiplyAdd, put, take} from '../arithmetic';
import {NormCall} from '../calls';
import {ceilingOf, floorOf, Slope} from './activation';
import {isLastBlock} from './blocks';

/** Blocks `first` to `end - 1` of `(x - mean) * scale + offset + residual`, activated. */
export function normScale(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (; first < end; first++) writeBlock(call, first, false);
}

/** Blocks `first` to `end - 1` of `dy * scale + (x - mean) * deviation + shift`, of dy what passes the activation. */
export function normBackprop(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  for (; first < end; first++) writeBlock(call, first, true);
}

/** Its wide rows, four at a time but for what is left of all, or one after the other. */
export function writeBlock(call: NormCall, block: i32, isBackward: bool): void {
  const bytes: usize = call.width << 2;
  const last = min(call.wideRows, (block + 1) * call.blockRows);
  const isLast = isLastBlock(call, block);
  let row = block * call.blockRows;
  const quarter = call.byRow ? 0 : call.wideRows >> 2;
  if (quarter > 0) {
    const each = call.blockRows >> 2;
    const end = min(quarter, (block + 1) * each);
    for (let four = block * each; four < end; four++) {
      if (isBackward) backpropFour(call, four * bytes, quarter * bytes);
      else scaleFour(call, four * bytes, quarter * bytes);
    }
    row = isLast ? quarter << 2 : last;
  }
  for (; row < last; row++) {
    if (isBackward) backpropRow(call, row * bytes, bytes);
    else scaleRow(call, row * bytes, bytes);
  }
  if (!isLast) return;
  if (isBackward) backpropRow(call, last * bytes, call.restBytes);
  else scaleRow(call, last * bytes, call.restBytes);
}

/** Four rows, the first `from` bytes from the first value, `one` from each to the next. */
export function scaleFour(call: NormCall, from: usize, one: usize): void {
  const bytes: usize = call.width << 2;
  const end = call.means + bytes;
  let x = call.x + from;
  let to = call.to + from;
  let residual = call.residual + from;
  const adds = call.residual !== 0;
  const floor = floorOf(call.activation);
  const ceiling = ceilingOf(call.activation);
  for (let factors = call.means; factors < end; factors += 16, x += 16, to += 16, residual += 16) {
    const mean = v128.load(factors);
    const scale = v128.load(factors + bytes);
    const offset = v128.load(factors + (bytes << 1));
    const xB = x + one;
    const xC = xB + one;
    const xD = xC + one;
    let a = multiplyAdd(f32x4.sub(v128.load(x), mean), scale, offset);
    let b = multiplyAdd(f32x4.sub(v128.load(xB), mean), scale, offset);
    let c = multiplyAdd(f32x4.sub(v128.load(xC), mean), scale, offset);
    let d = multiplyAdd(f32x4.sub(v128.load(xD), mean), scale, offset);
    if (adds) {
      const otherB = residual + one;
      const otherC = otherB + one;
      const otherD = otherC + one;
      a = f32x4.add(a, v128.load(residual));
      b = f32x4.add(b, v128.load(otherB));
      c = f32x4.add(c, v128.load(otherC));
      d = f32x4.add(d, v128.load(otherD));
    }
    const toB = to + one;
    const toC = toB + one;
    const toD = toC + one;
    v128.store(to, between(a, floor, ceiling));
    v128.store(toB, between(b, floor, ceiling));
    v128.store(toC, between(c, floor, ceiling));
    v128.store(toD, between(d, floor, ceiling));
  }
}

/** A wide row or its beginning, `from` bytes from the first value. */
export function scaleRow(call: NormCall, from: usize, bytes: usize): void {
  if (call.sigmoid !== 0) {
    swishRow(call, from, bytes);
    return;
  }
  // Read once: what is written could be the call, for all that the compiler knows.
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const x = call.x + from;
  const to = call.to + from;
  const residual = call.residual + from;
  const adds = call.residual !== 0;
  const floor = floorOf(call.activation);
  const ceiling = ceilingOf(call.activation);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const apart = f32x4.sub(v128.load(x + at), v128.load(means + at));
    let y = multiplyAdd(apart, v128.load(scales + at), v128.load(offsets + at));
    if (adds) y = f32x4.add(y, v128.load(residual + at));
    v128.store(to + at, between(y, floor, ceiling));
  }
  for (; at < bytes; at += 4) {
    const apart = f32x4.sub(take(x + at, 1), take(means + at, 1));
    let y = multiplyAdd(apart, take(scales + at, 1), take(offsets + at, 1));
    if (adds) y = f32x4.add(y, take(residual + at, 1));
    put(to + at, between(y, floor, ceiling), 1);
  }
}

/** With swish, as elementwise.ts computes it: sigmoids, and what is activated times these. */
export function swishRow(call: NormCall, from: usize, bytes: usize): void {
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const x = call.x + from;
  const to = call.to + from;
  const sigmoids = call.sigmoid + from;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const apart = f32x4.sub(v128.load(x + at), v128.load(means + at));
    const y = multiplyAdd(apart, v128.load(scales + at), v128.load(offsets + at));
    const s = sigmoid(y);
    v128.store(sigmoids + at, s);
    v128.store(to + at, f32x4.mul(y, s));
  }
  for (; at < bytes; at += 4) {
    const apart = f32x4.sub(take(x + at, 1), take(means + at, 1));
    const y = multiplyAdd(apart, take(scales + at, 1), take(offsets + at, 1));
    const s = sigmoid(y);
    put(sigmoids + at, s, 1);
    put(to + at, f32x4.mul(y, s), 1);
  }
}

/** What is not a number stays so. */
function between(y: v128, floor: v128, ceiling: v128): v128 {
  return f32x4.pmin(f32x4.pmax(y, floor), ceiling);
}

/** Four rows, the first `from` bytes from the first value, `one` from each to the next. */
export function backpropFour(call: NormCall, from: usize, one: usize): void {
  const bytes: usize = call.width << 2;
  if (call.activation === 0) Backprop.rows(call, from, bytes, 4, one, 0);
  else if (call.activation === 1) Backprop.rows(call, from, bytes, 4, one, 1);
  else Backprop.rows(call, from, bytes, 4, one, 2);
}

/** A wide row or its beginning. */
export function backpropRow(call: NormCall, from: usize, bytes: usize): void {
  const whole = bytes & ~15;
  if (call.activation === 0) Backprop.rows(call, from, whole, 1, 0, 0);
  else if (call.activation === 1) Backprop.rows(call, from, whole, 1, 0, 1);
  else Backprop.rows(call, from, whole, 1, 0, 2);
  for (let at = whole; at < bytes; at += 4) {
    const apart = f32x4.sub(take(call.x + from + at, 1), take(call.means + at, 1));
    const scale = take(call.scales + at, 1);
    const y = multiplyAdd(apart, scale, take(call.offsets + at, 1));
    const gradient = Slope.passed(take(call.dy + from + at, 1), y, call.activation);
    const centred = multiplyAdd(apart, take(call.deviations + at, 1), take(call.shifts + at, 1));
    put(call.to + from + at, multiplyAdd(gradient, scale, centred), 1);
  }
}

// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Backprop {
  /** The first `bytes` of four rows or one, `one` apart. Each activation has a loop of its own. */
  @inline
  static rows(call: NormCall, from: usize, bytes: usize, count: i32, one: usize, activation: i32): void {
    const width: usize = call.width << 2;
    const end = call.means + bytes;
    let x = call.x + from;
    let dy = call.dy + from;
    let to = call.to + from;
    for (let factors = call.means; factors < end; factors += 16, x += 16, dy += 16, to += 16) {
      const mean = v128.load(factors);
      const scale = v128.load(factors + width);
      const offset = activation !== 0 ? v128.load(factors + (width << 1)) : mean;
      const deviation = v128.load(factors + (width << 1) + width);
      const shift = v128.load(factors + (width << 2));
      Backprop.vector(x, dy, to, mean, scale, offset, deviation, shift, activation);
      if (count === 1) continue;
      const xB = x + one;
      const dyB = dy + one;
      const toB = to + one;
      Backprop.vector(xB, dyB, toB, mean, scale, offset, deviation, shift, activation);
      const xC = xB + one;
      const dyC = dyB + one;
      const toC = toB + one;
      Backprop.vector(xC, dyC, toC, mean, scale, offset, deviation, shift, activation);
      Backprop.vector(xC + one, dyC + one, toC + one, mean, scale, offset, deviation, shift, activation);
    }
  }

  @inline
  static vector(
    x: usize,
    dy: usize,
    to: usize,
    mean: v128,
    scale: v128,
    offset: v128,
    deviation: v128,
    shift: v128,
    activation: i32,
  ): void {
    const apart = f32x4.sub(v128.load(x), mean);
    const gradient = Slope.passed(v128.load(dy), multiplyAdd(apart, scale, offset), activation);
    v128.store(to, multiplyAdd(gradient, scale, multiplyAdd(apart, deviation, shift)));
  }
}
