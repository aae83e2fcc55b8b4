/**
 * Of the output gradients dy of each column the sums, and of dy times the deviation of x from its mean, block by block of wide
 * rows (`NormCall`), four at a time: a quarter of all rows apart, so that each is the next of a stream of its own, which processors
 * fetch ahead. Of neighbours they do not: what lies in memory takes twice the time then. Of dy what passes the activation counts. What a
 * channel has is in factors.ts.
 */
import {multiplyAdd, zeroFloats} from '../arithmetic';
import {NormCall} from '../calls';
import {Slope} from './activation';
import {blockBytes, isLastBlock} from './blocks';

/** Of the blocks `first` to `end - 1`: a row of sums and one of products each. */
export function normSums(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  const bytes: usize = call.width << 2;
  const quarter = call.wideRows >> 2;
  const each = call.blockRows >> 2;
  for (; first < end; first++) {
    const sums = call.blocks + first * blockBytes(call);
    zeroFloats(sums, call.width << 1);
    const from = first * each;
    const last = min(from + each, quarter);
    for (let row = from; row < last; row++) sumsOfFour(call, row * bytes, quarter * bytes, sums);
    if (!isLastBlock(call, first)) continue;
    for (let row = quarter << 2; row < call.wideRows; row++) sumsOfOne(call, row * bytes, sums);
  }
}

/** Four rows, the first `from` bytes from the first value, `one` from each to the next. */
export function sumsOfFour(call: NormCall, from: usize, one: usize, sums: usize): void {
  if (call.activation === 0) Sums.ofFour(call, from, one, sums, 0);
  else if (call.activation === 1) Sums.ofFour(call, from, one, sums, 1);
  else Sums.ofFour(call, from, one, sums, 2);
}

export function sumsOfOne(call: NormCall, from: usize, sums: usize): void {
  const bytes: usize = call.width << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const apart = f32x4.sub(v128.load(call.x + from + at), v128.load(call.means + at));
    const y = multiplyAdd(apart, v128.load(call.scales + at), v128.load(call.offsets + at));
    const gradient = Slope.passed(v128.load(call.dy + from + at), y, call.activation);
    addTo(sums + at, gradient);
    addTo(sums + bytes + at, f32x4.mul(gradient, apart));
  }
}

function addTo(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}

/** Each activation has a loop of its own. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Sums {
  @inline
  static ofFour(call: NormCall, from: usize, one: usize, sums: usize, activation: i32): void {
    const bytes: usize = call.width << 2;
    const end = sums + bytes;
    let factors = call.means;
    let x = call.x + from;
    let dy = call.dy + from;
    for (; sums < end; sums += 16, factors += 16, x += 16, dy += 16) {
      const mean = v128.load(factors);
      const scale = activation !== 0 ? v128.load(factors + bytes) : mean;
      const offset = activation !== 0 ? v128.load(factors + (bytes << 1)) : mean;
      const xB = x + one;
      const xC = xB + one;
      const xD = xC + one;
      const a = f32x4.sub(v128.load(x), mean);
      const b = f32x4.sub(v128.load(xB), mean);
      const c = f32x4.sub(v128.load(xC), mean);
      const d = f32x4.sub(v128.load(xD), mean);
      const dyB = dy + one;
      const dyC = dyB + one;
      const dyD = dyC + one;
      const ofA = Sums.passed(dy, a, scale, offset, activation);
      const ofB = Sums.passed(dyB, b, scale, offset, activation);
      const ofC = Sums.passed(dyC, c, scale, offset, activation);
      const ofD = Sums.passed(dyD, d, scale, offset, activation);
      addTo(sums, f32x4.add(f32x4.add(ofA, ofB), f32x4.add(ofC, ofD)));
      // Read after what is stored above: a processor has sixteen vectors, and compilers load early.
      const products = sums + bytes;
      let product = multiplyAdd(ofA, a, v128.load(products));
      product = multiplyAdd(ofB, b, product);
      product = multiplyAdd(ofC, c, product);
      v128.store(products, multiplyAdd(ofD, d, product));
    }
  }

  @inline
  static passed(dy: usize, apart: v128, scale: v128, offset: v128, activation: i32): v128 {
    return Slope.passed(v128.load(dy), multiplyAdd(apart, scale, offset), activation);
  }
}
