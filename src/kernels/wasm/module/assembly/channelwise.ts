/**
 * Clips and a value for each of their channels: products, sums, quotients, differences, and the swish of products that a
 * squeeze-and-excitation block may end with; and the gradients of products, by the clips and by the values. Pieces of a clip (`ChannelwiseCall`) are summed up each by itself,
 * in float32, and put together in double precision and in their order: the same bits however many threads made them.
 */
import {sigmoid} from './activations';
import {copyFloats, multiplyAdd, put, take, zeroFloats} from './arithmetic';
import {ChannelwiseCall} from './calls';

/** Pieces `first` to `end - 1` of all clips; the operation is in the order of OPERATIONS in elementwise/channelwise_call.ts. */
export function channelwise(address: usize, first: i32, end: i32): void {
  const call = changetype<ChannelwiseCall>(address);
  const rowBytes = call.width << 2;
  for (; first < end; first++) {
    const row = rowOfValues(call, first / call.pieces);
    let at = offsetOf(call, first);
    for (let bytes = bytesOf(call, first); bytes > 0; bytes -= rowBytes, at += rowBytes) {
      const count = min(bytes, rowBytes);
      if (call.operation === 0) productRow(call.x + at, row, call.to + at, count);
      else if (call.operation === 1) sumRow(call.x + at, row, call.to + at, count);
      else if (call.operation === 2) quotientRow(call.x + at, row, call.to + at, count);
      else if (call.operation === 3) differenceRow(call.x + at, row, call.to + at, count);
      else swishRow(call.x + at, row, call.to + at, call.sigmoid + at, count);
    }
  }
}

/** The gradients by the clips, and of the pieces `first` to `end - 1` what they add to those by the values. */
export function channelwiseGradients(address: usize, first: i32, end: i32): void {
  const call = changetype<ChannelwiseCall>(address);
  const rowBytes = call.width << 2;
  for (; first < end; first++) {
    const row = rowOfValues(call, first / call.pieces);
    const sums = call.sums + first * rowBytes;
    zeroFloats(sums, call.width);
    let at = offsetOf(call, first);
    for (let bytes = bytesOf(call, first); bytes > 0; bytes -= rowBytes, at += rowBytes) {
      const count = min(bytes, rowBytes);
      if (call.operation === 0) productGradientRow(call.dy + at, call.x + at, row, call.to + at, sums, count);
      else swishGradientRow(call.dy + at, call.x + at, row, call.sigmoid + at, call.to + at, sums, count);
    }
  }
}

/** The gradients by the values of the clips `first` to `end - 1`. */
export function channelwiseTotals(address: usize, first: i32, end: i32): void {
  const call = changetype<ChannelwiseCall>(address);
  const rowBytes = call.width << 2;
  for (; first < end; first++) {
    const sums = call.sums + first * call.pieces * rowBytes;
    const to = call.dvalues + ((first * call.channels) << 2);
    for (let channel = 0; channel < call.channels; channel += 2) {
      const lanes = min(2, call.channels - channel);
      let total = f64x2.splat(0);
      for (let tile = 0; tile < call.tiles; tile++) {
        let at = sums + ((tile * call.channels + channel) << 2);
        for (let piece = 0; piece < call.pieces; piece++, at += rowBytes) {
          total = f64x2.add(total, f64x2.promote_low_f32x4(take(at, lanes)));
        }
      }
      put(to + (channel << 2), f32x4.demote_f64x2_zero(total), lanes);
    }
  }
}

/** The values of a clip, as often as a wide row has positions. */
function rowOfValues(call: ChannelwiseCall, clip: i32): usize {
  const bytes: usize = call.channels << 2;
  const values = call.values + clip * bytes;
  if (call.tiles === 1) return values;
  for (let tile = 0; tile < call.tiles; tile++) copyFloats(call.row + tile * bytes, values, call.channels);
  return call.row;
}

/** Where a piece begins, in bytes from the first value of all. */
function offsetOf(call: ChannelwiseCall, piece: i32): usize {
  const clip = piece / call.pieces;
  const rows = (piece - clip * call.pieces) * call.pieceRows;
  return (clip * call.positions * call.channels + rows * call.width) << 2;
}

/** Of a piece: the last one of a clip ends with it, be it within a wide row. */
function bytesOf(call: ChannelwiseCall, piece: i32): i32 {
  const before = (piece % call.pieces) * call.pieceRows * call.width;
  return min(call.pieceRows * call.width, call.positions * call.channels - before) << 2;
}

export function productRow(x: usize, row: usize, to: usize, bytes: i32): void {
  Row.of(0, x, row, to, bytes);
}

export function sumRow(x: usize, row: usize, to: usize, bytes: i32): void {
  Row.of(1, x, row, to, bytes);
}

export function quotientRow(x: usize, row: usize, to: usize, bytes: i32): void {
  Row.of(2, x, row, to, bytes);
}

export function differenceRow(x: usize, row: usize, to: usize, bytes: i32): void {
  Row.of(3, x, row, to, bytes);
}

/** All operations are one text, of which the compiler leaves one where it is called. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Row {
  @inline
  static of(operation: i32, x: usize, row: usize, to: usize, bytes: i32): void {
    let at = 0;
    for (; at + 16 <= bytes; at += 16) {
      v128.store(to + at, Row.values(operation, v128.load(x + at), v128.load(row + at)));
    }
    for (; at < bytes; at += 4) {
      put(to + at, Row.values(operation, take(x + at, 1), take(row + at, 1)), 1);
    }
  }

  @inline
  static values(operation: i32, x: v128, row: v128): v128 {
    if (operation === 0) return f32x4.mul(x, row);
    if (operation === 1) return f32x4.add(x, row);
    return operation === 2 ? f32x4.div(x, row) : f32x4.sub(row, x);
  }
}

export function swishRow(x: usize, row: usize, to: usize, sigmoids: usize, bytes: i32): void {
  let at = 0;
  for (; at + 16 <= bytes; at += 16) {
    const product = f32x4.mul(v128.load(x + at), v128.load(row + at));
    const s = sigmoid(product);
    v128.store(sigmoids + at, s);
    v128.store(to + at, f32x4.mul(product, s));
  }
  for (; at < bytes; at += 4) {
    const product = f32x4.mul(take(x + at, 1), take(row + at, 1));
    const s = sigmoid(product);
    put(sigmoids + at, s, 1);
    put(to + at, f32x4.mul(product, s), 1);
  }
}

export function productGradientRow(
  dy: usize,
  x: usize,
  row: usize,
  to: usize,
  sums: usize,
  bytes: i32,
): void {
  let at = 0;
  for (; at + 16 <= bytes; at += 16) {
    const gradient = v128.load(dy + at);
    v128.store(to + at, f32x4.mul(gradient, v128.load(row + at)));
    v128.store(sums + at, multiplyAdd(gradient, v128.load(x + at), v128.load(sums + at)));
  }
  for (; at < bytes; at += 4) {
    const gradient = take(dy + at, 1);
    put(to + at, f32x4.mul(gradient, take(row + at, 1)), 1);
    put(sums + at, multiplyAdd(gradient, take(x + at, 1), take(sums + at, 1)), 1);
  }
}

export function swishGradientRow(
  dy: usize,
  x: usize,
  row: usize,
  sigmoids: usize,
  to: usize,
  sums: usize,
  bytes: i32,
): void {
  let at = 0;
  for (; at + 16 <= bytes; at += 16) {
    const value = v128.load(x + at);
    const factor = v128.load(row + at);
    const slope = slopeOf(f32x4.mul(value, factor), v128.load(sigmoids + at));
    const gradient = f32x4.mul(v128.load(dy + at), slope);
    v128.store(to + at, f32x4.mul(gradient, factor));
    v128.store(sums + at, multiplyAdd(gradient, value, v128.load(sums + at)));
  }
  for (; at < bytes; at += 4) {
    const value = take(x + at, 1);
    const factor = take(row + at, 1);
    const slope = slopeOf(f32x4.mul(value, factor), take(sigmoids + at, 1));
    const gradient = f32x4.mul(take(dy + at, 1), slope);
    put(to + at, f32x4.mul(gradient, factor), 1);
    put(sums + at, multiplyAdd(gradient, value, take(sums + at, 1)), 1);
  }
}

/** Of a swish: s + y (1 - s). */
function slopeOf(product: v128, s: v128): v128 {
  return multiplyAdd(f32x4.mul(product, s), f32x4.sub(f32x4.splat(1), s), s);
}
