/**
 * What a normalization and its gradient write for each value, block by block of wide rows (`NormCall`): rows far apart side by side, as in
 * sums.ts, or one after the other where there are so many values that they come from memory and go there, which so takes a tenth less
 * time. The rows that fill no wide one come with the last block.
 */
import {sigmoid} from '../activations';
import {lanesOf, multiplyAdd, put, take} from '../arithmetic';
import {NormCall} from '../calls';
import {ceilingOf, floorOf, passed} from './activation';
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
  const two = one << 1;
  const three = two + one;
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const x = call.x + from;
  const to = call.to + from;
  const residual = call.residual + from;
  const adds = call.residual !== 0;
  const floor = floorOf(call.activation);
  const ceiling = ceilingOf(call.activation);
  for (let at: usize = 0; at < bytes; at += 16) {
    const mean = v128.load(means + at);
    const scale = v128.load(scales + at);
    const offset = v128.load(offsets + at);
    let a = multiplyAdd(f32x4.sub(v128.load(x + at), mean), scale, offset);
    let b = multiplyAdd(f32x4.sub(v128.load(x + at + one), mean), scale, offset);
    let c = multiplyAdd(f32x4.sub(v128.load(x + at + two), mean), scale, offset);
    let d = multiplyAdd(f32x4.sub(v128.load(x + at + three), mean), scale, offset);
    if (adds) {
      a = f32x4.add(a, v128.load(residual + at));
      b = f32x4.add(b, v128.load(residual + at + one));
      c = f32x4.add(c, v128.load(residual + at + two));
      d = f32x4.add(d, v128.load(residual + at + three));
    }
    v128.store(to + at, between(a, floor, ceiling));
    v128.store(to + at + one, between(b, floor, ceiling));
    v128.store(to + at + two, between(c, floor, ceiling));
    v128.store(to + at + three, between(d, floor, ceiling));
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
  while (at < bytes) {
    const lanes = lanesOf(<i32>(bytes - at) >> 2);
    const apart = f32x4.sub(take(x + at, lanes), take(means + at, lanes));
    let y = multiplyAdd(apart, take(scales + at, lanes), take(offsets + at, lanes));
    if (adds) y = f32x4.add(y, take(residual + at, lanes));
    put(to + at, between(y, floor, ceiling), lanes);
    at += lanes << 2;
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
  while (at < bytes) {
    const lanes = lanesOf(<i32>(bytes - at) >> 2);
    const apart = f32x4.sub(take(x + at, lanes), take(means + at, lanes));
    const y = multiplyAdd(apart, take(scales + at, lanes), take(offsets + at, lanes));
    const s = sigmoid(y);
    put(sigmoids + at, s, lanes);
    put(to + at, f32x4.mul(y, s), lanes);
    at += lanes << 2;
  }
}

/** What is not a number stays so. */
function between(y: v128, floor: v128, ceiling: v128): v128 {
  return f32x4.pmin(f32x4.pmax(y, floor), ceiling);
}

/** Four rows, the first `from` bytes from the first value, `one` from each to the next. */
export function backpropFour(call: NormCall, from: usize, one: usize): void {
  const bytes: usize = call.width << 2;
  const two = one << 1;
  const three = two + one;
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const deviations = call.deviations;
  const shifts = call.shifts;
  const x = call.x + from;
  const dy = call.dy + from;
  const to = call.to + from;
  const isActivated = call.activation !== 0;
  const ceiling = ceilingOf(call.activation);
  for (let at: usize = 0; at < bytes; at += 16) {
    const mean = v128.load(means + at);
    const a = f32x4.sub(v128.load(x + at), mean);
    const b = f32x4.sub(v128.load(x + at + one), mean);
    const c = f32x4.sub(v128.load(x + at + two), mean);
    const d = f32x4.sub(v128.load(x + at + three), mean);
    const scale = v128.load(scales + at);
    let ofA = v128.load(dy + at);
    let ofB = v128.load(dy + at + one);
    let ofC = v128.load(dy + at + two);
    let ofD = v128.load(dy + at + three);
    if (isActivated) {
      const offset = v128.load(offsets + at);
      ofA = passed(ofA, multiplyAdd(a, scale, offset), ceiling);
      ofB = passed(ofB, multiplyAdd(b, scale, offset), ceiling);
      ofC = passed(ofC, multiplyAdd(c, scale, offset), ceiling);
      ofD = passed(ofD, multiplyAdd(d, scale, offset), ceiling);
    }
    const deviation = v128.load(deviations + at);
    const shift = v128.load(shifts + at);
    v128.store(to + at, multiplyAdd(ofA, scale, multiplyAdd(a, deviation, shift)));
    v128.store(to + at + one, multiplyAdd(ofB, scale, multiplyAdd(b, deviation, shift)));
    v128.store(to + at + two, multiplyAdd(ofC, scale, multiplyAdd(c, deviation, shift)));
    v128.store(to + at + three, multiplyAdd(ofD, scale, multiplyAdd(d, deviation, shift)));
  }
}

/** A wide row or its beginning. */
export function backpropRow(call: NormCall, from: usize, bytes: usize): void {
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const deviations = call.deviations;
  const shifts = call.shifts;
  const x = call.x + from;
  const dy = call.dy + from;
  const to = call.to + from;
  const isActivated = call.activation !== 0;
  const ceiling = ceilingOf(call.activation);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const apart = f32x4.sub(v128.load(x + at), v128.load(means + at));
    const scale = v128.load(scales + at);
    let gradient = v128.load(dy + at);
    if (isActivated) gradient = passed(gradient, multiplyAdd(apart, scale, v128.load(offsets + at)), ceiling);
    const centred = multiplyAdd(apart, v128.load(deviations + at), v128.load(shifts + at));
    v128.store(to + at, multiplyAdd(gradient, scale, centred));
  }
  while (at < bytes) {
    const lanes = lanesOf(<i32>(bytes - at) >> 2);
    const apart = f32x4.sub(take(x + at, lanes), take(means + at, lanes));
    const scale = take(scales + at, lanes);
    let gradient = take(dy + at, lanes);
    if (isActivated) {
      gradient = passed(gradient, multiplyAdd(apart, scale, take(offsets + at, lanes)), ceiling);
    }
    const centred = multiplyAdd(apart, take(deviations + at, lanes), take(shifts + at, lanes));
    put(to + at, multiplyAdd(gradient, scale, centred), lanes);
    at += lanes << 2;
  }
}
