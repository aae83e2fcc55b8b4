/**
 * What the channels of a normalization have, from what its blocks have (`NormCall`), in double precision and in the order of the blocks:
 * the same bits however many threads made them. Two columns or channels at a time. The factors that the passes over all
 * values read are written for a whole wide row.
 */
import {multiplyAdd, put, take} from '../arithmetic';
import {NormCall} from '../calls';
import {Slope} from './activation';
import {blockBytes} from './blocks';

/** Mean and variance (by n) of each channel, and the factors of forward. */
export function normMoments(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  if (call.wideRows > 0) columnMoments(call);
  for (let channel = 0; channel < call.channels; channel += 2) channelMoments(call, channel);
  normFactors(address, first, end);
}

/** Of each column of the wide rows its mean, and behind the means of all its squared deviations. Four columns at a time. */
export function columnMoments(call: NormCall): void {
  const bytes: usize = call.width << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const column = call.columns + (at << 1);
    Moments.ofTwo(call, call.blocks + at, bytes, column);
    Moments.ofTwo(call, call.blocks + at + 8, bytes, column + 16);
  }
}

// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Moments {
  @inline
  static ofTwo(call: NormCall, block: usize, bytes: usize, column: usize): void {
    const wideRows = call.wideRows;
    const blockRows = call.blockRows;
    const next = blockBytes(call);
    const first = pair(block);
    let total = f64x2.splat(0);
    let squares = total;
    for (let row = 0; row < wideRows; row += blockRows, block += next) {
      const apart = f64x2.sub(pair(block), first);
      const ofRows = f64x2.mul(apart, f64x2.splat(<f64>min(blockRows, wideRows - row)));
      total = f64x2.add(total, ofRows);
      squares = f64x2.add(squares, f64x2.add(pair(block + bytes), f64x2.mul(apart, ofRows)));
    }
    const mean = f64x2.div(total, f64x2.splat(<f64>wideRows));
    v128.store(column, f64x2.add(first, mean));
    v128.store(column + (bytes << 1), f64x2.sub(squares, f64x2.mul(total, mean)));
  }
}

/** Two floats, in double precision. */
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Distances are from a first mean or value, not from zero: nothing is lost where means are far from it. */
export function channelMoments(call: NormCall, channel: i32): void {
  const lanes = min(2, call.channels - channel);
  const channels = call.channels;
  const wide = call.columns + (channel << 3);
  const bytes: usize = call.width << 3;
  const rest = call.x + ((call.wideRows * call.width) << 2) + (channel << 2);
  const restEnd = rest + call.restBytes - (channel << 2);
  const first = call.wideRows > 0 ? v128.load(wide) : f64x2.promote_low_f32x4(take(rest, lanes));
  let total = f64x2.splat(0);
  let squares = total;
  let within = total;
  if (call.wideRows > 0) {
    const end = wide + bytes;
    for (let column = wide; column < end; column += channels << 3) {
      const apart = f64x2.sub(v128.load(column), first);
      total = f64x2.add(total, apart);
      squares = f64x2.add(squares, f64x2.mul(apart, apart));
      within = f64x2.add(within, v128.load(column + bytes));
    }
    const wideRows = f64x2.splat(<f64>call.wideRows);
    total = f64x2.mul(total, wideRows);
    squares = f64x2.add(within, f64x2.mul(squares, wideRows));
  }
  for (let at = rest; at < restEnd; at += channels << 2) {
    const apart = f64x2.sub(f64x2.promote_low_f32x4(take(at, lanes)), first);
    total = f64x2.add(total, apart);
    squares = f64x2.add(squares, f64x2.mul(apart, apart));
  }
  const rows = f64x2.splat(<f64>call.rows);
  const apart = f64x2.div(total, rows);
  const variance = f64x2.div(f64x2.sub(squares, f64x2.mul(total, apart)), rows);
  put(call.mean + (channel << 2), f32x4.demote_f64x2_zero(f64x2.add(first, apart)), lanes);
  put(call.variance + (channel << 2), f32x4.demote_f64x2_zero(variance), lanes);
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

/** Of each column of the wide rows the sum of dy, and behind these of all of the products. Four columns at a time. */
export function columnTotals(call: NormCall): void {
  const bytes: usize = call.width << 3;
  const next = blockBytes(call);
  for (let at: usize = 0; at < bytes; at += 16) {
    let total = f64x2.splat(0);
    let other = total;
    let block = call.blocks + at;
    for (let row = 0; row < call.wideRows; row += call.blockRows, block += next) {
      total = f64x2.add(total, pair(block));
      other = f64x2.add(other, pair(block + 8));
    }
    v128.store(call.columns + (at << 1), total);
    v128.store(call.columns + (at << 1) + 16, other);
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
    const y = multiplyAdd(apart, take(call.scales + at, lanes), take(call.offsets + at, lanes));
    const gradient = Slope.passed(take(call.dy + rest + from, lanes), y, call.activation);
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
