/**
 * What the channels of a normalization have, from what its blocks have (`NormCall`), in double precision and in the order of the blocks:
 * the same bits however many threads made them. Two columns or channels at a time. The factors that the passes over all
 * values read are written for a whole wide row.
 */
import {multiplyAdd, put, take} from '../arithmetic';
import {NormCall} from '../calls';
import {ceilingOf, passed} from './activation';

/** Mean and variance (by n) of each channel, and the factors of forward. */
export function normMoments(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  if (call.wideRows > 0) columnMoments(call);
  for (let channel = 0; channel < call.channels; channel += 2) channelMoments(call, channel);
  normFactors(address, first, end);
}

/** Of each column of the wide rows its mean, and behind the means of all its squared deviations. */
export function columnMoments(call: NormCall): void {
  const bytes: usize = call.width << 2;
  const count = f64x2.splat(<f64>call.wideRows);
  for (let at: usize = 0; at < bytes; at += 8) {
    let mean = f64x2.splat(0);
    let block = call.blocks + at;
    for (let row = 0; row < call.wideRows; row += call.blockRows, block += bytes << 1) {
      mean = f64x2.add(mean, f64x2.mul(pair(block), rowsOf(call, row)));
    }
    mean = f64x2.div(mean, count);
    let squares = f64x2.splat(0);
    block = call.blocks + at;
    for (let row = 0; row < call.wideRows; row += call.blockRows, block += bytes << 1) {
      const apart = f64x2.sub(pair(block), mean);
      const between = f64x2.mul(f64x2.mul(apart, apart), rowsOf(call, row));
      squares = f64x2.add(squares, f64x2.add(pair(block + bytes), between));
    }
    const column = call.columns + (at << 1);
    v128.store(column, mean);
    v128.store(column + (bytes << 1), squares);
  }
}

/** How many rows the block that begins with `row` has. */
function rowsOf(call: NormCall, row: i32): v128 {
  return f64x2.splat(<f64>min(call.blockRows, call.wideRows - row));
}

/** Two floats, in double precision. */
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

export function channelMoments(call: NormCall, channel: i32): void {
  const lanes = min(2, call.channels - channel);
  const rows = f64x2.splat(<f64>call.rows);
  const wideRows = f64x2.splat(<f64>call.wideRows);
  const squares = call.columns + (call.width << 3);
  const tiles = call.wideRows > 0 ? call.tiles : 0;
  const rest = call.x + ((call.wideRows * call.width) << 2);
  const restBytes: usize = call.restBytes;
  let mean = f64x2.splat(0);
  for (let tile = 0; tile < tiles; tile++) {
    mean = f64x2.add(mean, v128.load(call.columns + ((tile * call.channels + channel) << 3)));
  }
  mean = f64x2.mul(mean, wideRows);
  for (let at: usize = channel << 2; at < restBytes; at += call.channels << 2) {
    mean = f64x2.add(mean, f64x2.promote_low_f32x4(take(rest + at, lanes)));
  }
  mean = f64x2.div(mean, rows);
  let sum = f64x2.splat(0);
  for (let tile = 0; tile < tiles; tile++) {
    const at = (tile * call.channels + channel) << 3;
    const apart = f64x2.sub(v128.load(call.columns + at), mean);
    const between = f64x2.mul(f64x2.mul(apart, apart), wideRows);
    sum = f64x2.add(sum, f64x2.add(v128.load(squares + at), between));
  }
  for (let at: usize = channel << 2; at < restBytes; at += call.channels << 2) {
    const apart = f64x2.sub(f64x2.promote_low_f32x4(take(rest + at, lanes)), mean);
    sum = f64x2.add(sum, f64x2.mul(apart, apart));
  }
  put(call.mean + (channel << 2), f32x4.demote_f64x2_zero(mean), lanes);
  put(call.variance + (channel << 2), f32x4.demote_f64x2_zero(f64x2.div(sum, rows)), lanes);
}

/**
 * The factors of forward, from mean and variance: means, scales and, where there is a beta, offsets. Backward makes them
 * again and to the bit, so that an activation is found to be where it was.
 */
export function normFactors(address: usize, _first: i32, _end: i32): void {
  const call = changetype<NormCall>(address);
  for (let channel = 0; channel < call.channels; channel += 2) {
    const lanes = min(2, call.channels - channel);
    const at: usize = channel << 2;
    const scale = f64x2.mul(promoted(call.gamma + at, lanes), inverseOf(call, at, lanes));
    spread(call, call.means + at, take(call.mean + at, lanes), lanes);
    spread(call, call.scales + at, f32x4.demote_f64x2_zero(scale), lanes);
    if (call.beta !== 0) spread(call, call.offsets + at, take(call.beta + at, lanes), lanes);
  }
}

function promoted(at: usize, lanes: i32): v128 {
  return f64x2.promote_low_f32x4(take(at, lanes));
}

/** `1 / sqrt(variance + epsilon)`. */
function inverseOf(call: NormCall, at: usize, lanes: i32): v128 {
  const epsilon = f64x2.splat(<f64>reinterpret<f32>(call.epsilon));
  const variance = f64x2.add(promoted(call.variance + at, lanes), epsilon);
  return f64x2.div(f64x2.splat(1), f64x2.sqrt(variance));
}

/** Writes values of one or two channels to all tiles of a wide row. */
function spread(call: NormCall, to: usize, value: v128, lanes: i32): void {
  for (let tile = 0; tile < call.tiles; tile++, to += call.channels << 2) put(to, value, lanes);
}

/** The gradients by gamma and beta, and the factors of the gradient by x: deviations and shifts. */
export function normGradients(address: usize, _first: i32, _end: i32): void {
  const call = changetype<NormCall>(address);
  if (call.wideRows > 0) columnTotals(call);
  for (let channel = 0; channel < call.channels; channel += 2) channelGradients(call, channel);
}

/** Of each column of the wide rows the sum of dy, and behind these of all of the products. */
export function columnTotals(call: NormCall): void {
  const bytes: usize = call.width << 3;
  for (let at: usize = 0; at < bytes; at += 8) {
    let total = f64x2.splat(0);
    let block = call.blocks + at;
    for (let row = 0; row < call.wideRows; row += call.blockRows, block += bytes) {
      total = f64x2.add(total, pair(block));
    }
    v128.store(call.columns + (at << 1), total);
  }
}

export function channelGradients(call: NormCall, channel: i32): void {
  const lanes = min(2, call.channels - channel);
  const at: usize = channel << 2;
  const tiles = call.wideRows > 0 ? call.tiles : 0;
  const behind: usize = call.width << 3;
  let sum = f64x2.splat(0);
  let products = sum;
  for (let tile = 0; tile < tiles; tile++) {
    const column = call.columns + ((tile * call.channels + channel) << 3);
    sum = f64x2.add(sum, v128.load(column));
    products = f64x2.add(products, v128.load(column + behind));
  }
  const rest: usize = (call.wideRows * call.width) << 2;
  const restBytes: usize = call.restBytes;
  for (let from = at; from < restBytes; from += call.channels << 2) {
    const apart = f32x4.sub(take(call.x + rest + from, lanes), take(call.means + at, lanes));
    let gradient = take(call.dy + rest + from, lanes);
    if (call.activation !== 0) {
      const y = multiplyAdd(apart, take(call.scales + at, lanes), take(call.offsets + at, lanes));
      gradient = passed(gradient, y, ceilingOf(call.activation));
    }
    const wide = f64x2.promote_low_f32x4(gradient);
    sum = f64x2.add(sum, wide);
    products = f64x2.add(products, f64x2.mul(wide, f64x2.promote_low_f32x4(apart)));
  }
  const inverse = inverseOf(call, at, lanes);
  const scaled = f64x2.mul(products, inverse);
  put(call.dbeta + at, f32x4.demote_f64x2_zero(sum), lanes);
  put(call.dgamma + at, f32x4.demote_f64x2_zero(scaled), lanes);
  const factor = f64x2.div(
    f64x2.mul(promoted(call.gamma + at, lanes), inverse),
    f64x2.splat(-(<f64>call.rows)),
  );
  const deviation = f64x2.mul(factor, f64x2.mul(scaled, inverse));
  spread(call, call.deviations + at, f32x4.demote_f64x2_zero(deviation), lanes);
  spread(call, call.shifts + at, f32x4.demote_f64x2_zero(f64x2.mul(factor, sum)), lanes);
}
