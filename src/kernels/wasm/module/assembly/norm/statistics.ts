/**
 * Mean and squared deviations of each column, block by block of wide rows (`NormCall`), in one pass over x: of eight rows at a
 * time while they are in registers, an eighth of all rows apart (sums.ts), put together with those of the rows before them (Chan, Golub and
 * LeVeque 1979). So nothing is lost where a mean is far from zero, and rounding does not grow with the number of rows. What a channel has
 * is in factors.ts.
 */
import {multiplyAdd} from '../arithmetic';
import {NormCall} from '../calls';
import {blockBytes, isLastBlock} from './blocks';

/** Of the blocks `first` to `end - 1`: a row of means and one of squared deviations each. */
export function normStatistics(address: usize, first: i32, end: i32): void {
  const call = changetype<NormCall>(address);
  const bytes: usize = call.width << 2;
  const eighth = call.wideRows >> 3;
  const each = call.blockRows >> 3;
  for (; first < end; first++) {
    const means = call.blocks + first * blockBytes(call);
    const from = first * each;
    const rows = min(each, eighth - from);
    let x = call.x + from * bytes;
    for (let row = 0; row < rows; row++, x += bytes) {
      statisticsOfEight(x, eighth * bytes, row << 3, bytes, means);
    }
    if (!isLastBlock(call, first)) continue;
    x = call.x + (eighth << 3) * bytes;
    const rest = call.wideRows & 7;
    for (let row = 0; row < rest; row++, x += bytes) statisticsOfOne(x, (rows << 3) + row, bytes, means);
  }
}

/**
 * Eight rows, `one` bytes from each to the next, with the `before` rows before them. Two numbers lie half their difference from
 * their mean, and so do means: squared deviations come of differences of sums, without the mean.
 */
export function statisticsOfEight(x: usize, one: usize, before: i32, bytes: usize, mean: usize): void {
  const half = f32x4.splat(0.5);
  const quarter = f32x4.splat(0.25);
  const eighth = f32x4.splat(0.125);
  const share: f32 = 8 / <f32>(before + 8);
  const shares = f32x4.splat(share);
  const between = f32x4.splat(<f32>before * share);
  for (const end = mean + bytes; mean < end; mean += 16, x += 16) {
    let row = x;
    const a = v128.load(row);
    row += one;
    const b = v128.load(row);
    row += one;
    const c = v128.load(row);
    row += one;
    const d = v128.load(row);
    row += one;
    const e = v128.load(row);
    row += one;
    const f = v128.load(row);
    row += one;
    const g = v128.load(row);
    row += one;
    const h = v128.load(row);
    const ab = f32x4.add(a, b);
    const cd = f32x4.add(c, d);
    const ef = f32x4.add(e, f);
    const gh = f32x4.add(g, h);
    const abcd = f32x4.add(ab, cd);
    const efgh = f32x4.add(ef, gh);
    let ofTwo = squareOf(f32x4.sub(a, b));
    ofTwo = addSquare(f32x4.sub(c, d), ofTwo);
    ofTwo = addSquare(f32x4.sub(e, f), ofTwo);
    ofTwo = addSquare(f32x4.sub(g, h), ofTwo);
    const ofFour = addSquare(f32x4.sub(ef, gh), squareOf(f32x4.sub(ab, cd)));
    const ofEight = squareOf(f32x4.sub(abcd, efgh));
    const here = f32x4.mul(f32x4.add(abcd, efgh), eighth);
    const squares = multiplyAdd(ofTwo, half, multiplyAdd(ofFour, quarter, f32x4.mul(ofEight, eighth)));
    if (before === 0) {
      v128.store(mean, here);
      v128.store(mean + bytes, squares);
      continue;
    }
    const old = v128.load(mean);
    const apart = f32x4.sub(here, old);
    v128.store(mean, multiplyAdd(apart, shares, old));
    const sum = f32x4.add(v128.load(mean + bytes), squares);
    v128.store(mean + bytes, multiplyAdd(squareOf(apart), between, sum));
  }
}

export function statisticsOfOne(x: usize, before: i32, bytes: usize, means: usize): void {
  const share: f32 = 1 / <f32>(before + 1);
  const shares = f32x4.splat(share);
  const between = f32x4.splat(<f32>before * share);
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const here = v128.load(x + at);
    const mean = means + at;
    if (before === 0) {
      v128.store(mean, here);
      v128.store(mean + bytes, zero);
      continue;
    }
    const old = v128.load(mean);
    const apart = f32x4.sub(here, old);
    v128.store(mean, multiplyAdd(apart, shares, old));
    v128.store(mean + bytes, multiplyAdd(squareOf(apart), between, v128.load(mean + bytes)));
  }
}

function squareOf(x: v128): v128 {
  return f32x4.mul(x, x);
}

function addSquare(x: v128, sum: v128): v128 {
  return multiplyAdd(x, x, sum);
}
