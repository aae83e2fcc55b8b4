/**
 * Of the output gradients dy of each column the sums, and of dy times the deviation of x from its mean, block by block of wide
 * rows (`NormCall`), four at a time: a quarter of all rows apart, so that each is the next of a stream of its own, which processors
 * fetch ahead. Of neighbours they do not: what lies in memory takes twice the time then. Of dy what passes the activation counts. What a
 * channel has is in factors.ts.
 */
import {multiplyAdd} from '../arithmetic';
import {NormCall} from '../calls';
import {ceilingOf, passed} from './activation';
import {isLastBlock} from './blocks';

/** Of the blocks `first` to `end - 1`: a row of sums and one of products each. */
export function normSums(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  const bytes: usize = call.width << 2;
  const quarter = call.wideRows >> 2;
  const each = call.blockRows >> 2;
  for (; first < end; first++) {
    const sums = call.blocks + first * (bytes << 1);
    const from = first * each;
    const rows = min(each, quarter - from);
    for (let row = 0; row < rows; row++) {
      sumsOfFour(call, (from + row) * bytes, quarter * bytes, sums, row === 0);
    }
    if (!isLastBlock(call, first)) continue;
    for (let row = quarter << 2; row < call.wideRows; row++) {
      sumsOfOne(call, row * bytes, sums, rows === 0 && (row & 3) === 0);
    }
  }
}

/** Four rows, the first `from` bytes from the first value, `one` from each to the next; `isFirst` where none of the block are before them. */
export function sumsOfFour(call: NormCall, from: usize, one: usize, sums: usize, isFirst: bool): void {
  const bytes: usize = call.width << 2;
  const two = one << 1;
  const three = two + one;
  const means = call.means;
  const scales = call.scales;
  const offsets = call.offsets;
  const isActivated = call.activation !== 0;
  const ceiling = ceilingOf(call.activation);
  const x = call.x + from;
  const dy = call.dy + from;
  for (let at: usize = 0; at < bytes; at += 16) {
    const mean = v128.load(means + at);
    const a = f32x4.sub(v128.load(x + at), mean);
    const b = f32x4.sub(v128.load(x + at + one), mean);
    const c = f32x4.sub(v128.load(x + at + two), mean);
    const d = f32x4.sub(v128.load(x + at + three), mean);
    let ofA = v128.load(dy + at);
    let ofB = v128.load(dy + at + one);
    let ofC = v128.load(dy + at + two);
    let ofD = v128.load(dy + at + three);
    if (isActivated) {
      const scale = v128.load(scales + at);
      const offset = v128.load(offsets + at);
      ofA = passed(ofA, multiplyAdd(a, scale, offset), ceiling);
      ofB = passed(ofB, multiplyAdd(b, scale, offset), ceiling);
      ofC = passed(ofC, multiplyAdd(c, scale, offset), ceiling);
      ofD = passed(ofD, multiplyAdd(d, scale, offset), ceiling);
    }
    const sum = f32x4.add(f32x4.add(ofA, ofB), f32x4.add(ofC, ofD));
    const even = multiplyAdd(ofC, c, f32x4.mul(ofA, a));
    const odd = multiplyAdd(ofD, d, f32x4.mul(ofB, b));
    addTo(sums + at, sum, isFirst);
    addTo(sums + bytes + at, f32x4.add(even, odd), isFirst);
  }
}

export function sumsOfOne(call: NormCall, from: usize, sums: usize, isFirst: bool): void {
  const bytes: usize = call.width << 2;
  const isActivated = call.activation !== 0;
  const ceiling = ceilingOf(call.activation);
  for (let at: usize = 0; at < bytes; at += 16) {
    const apart = f32x4.sub(v128.load(call.x + from + at), v128.load(call.means + at));
    let gradient = v128.load(call.dy + from + at);
    if (isActivated) {
      const y = multiplyAdd(apart, v128.load(call.scales + at), v128.load(call.offsets + at));
      gradient = passed(gradient, y, ceiling);
    }
    addTo(sums + at, gradient, isFirst);
    addTo(sums + bytes + at, f32x4.mul(gradient, apart), isFirst);
  }
}

/** The first values are written over whatever lies there. */
function addTo(at: usize, value: v128, isFirst: bool): void {
  v128.store(at, isFirst ? value : f32x4.add(v128.load(at), value));
}
