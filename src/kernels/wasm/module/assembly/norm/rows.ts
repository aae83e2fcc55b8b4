/**
 * What a normalization and its gradient write for each value, block by block of wide rows (`NormCall`), in the order of memory: what
 * does not fit a cache comes and goes at the rate of memory so, four rows side by side at two thirds of it. The rows that fill no
 * wide one come with the last block.
 */
import {lanesOf, multiplyAdd, put, take} from '../arithmetic';
import {NormCall} from '../calls';
import {ceilingOf, floorOf, passed} from './activation';

/** Blocks `first` to `end - 1` of `(x - mean) * scale + offset`, activated. */
export function normScale(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  const bytes: usize = call.width << 2;
  const last = min(call.wideRows, end * call.blockRows);
  let row = first * call.blockRows;
  for (; row < last; row++) scaleRow(call, row * bytes, bytes);
  if (row === call.wideRows) scaleRow(call, row * bytes, call.restBytes);
}

/** A wide row or its beginning, `from` bytes from the first value. */
export function scaleRow(call: NormCall, from: usize, bytes: usize): void {
  // Read once: what is written could be the call, for all that the compiler knows.
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const x = call.x + from;
  const to = call.to + from;
  const floor = floorOf(call.activation);
  const ceiling = ceilingOf(call.activation);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const apart = f32x4.sub(v128.load(x + at), v128.load(means + at));
    const y = multiplyAdd(apart, v128.load(scales + at), v128.load(offsets + at));
    v128.store(to + at, between(y, floor, ceiling));
  }
  while (at < bytes) {
    const lanes = lanesOf(<i32>(bytes - at) >> 2);
    const apart = f32x4.sub(take(x + at, lanes), take(means + at, lanes));
    const y = multiplyAdd(apart, take(scales + at, lanes), take(offsets + at, lanes));
    put(to + at, between(y, floor, ceiling), lanes);
    at += lanes << 2;
  }
}

/** What is not a number stays so. */
function between(y: v128, floor: v128, ceiling: v128): v128 {
  return f32x4.pmin(f32x4.pmax(y, floor), ceiling);
}

/** Blocks `first` to `end - 1` of `dy * scale + (x - mean) * deviation + shift`, of dy what passes the activation. */
export function normBackprop(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  const bytes: usize = call.width << 2;
  const last = min(call.wideRows, end * call.blockRows);
  let row = first * call.blockRows;
  for (; row < last; row++) backpropRow(call, row * bytes, bytes);
  if (row === call.wideRows) backpropRow(call, row * bytes, call.restBytes);
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
