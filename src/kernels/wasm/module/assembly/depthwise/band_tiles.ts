/**
 * Eight neighbouring outputs, four channels, summed in registers in the order of the taps (bands.ts).
 *
 * `list` to `end` are addresses of what the first output reads, `offset` what they lack for these four channels; the
 * weights follow each other. Sums begin as what stands at `from`, `fromStride` bytes apart, or 0 for one bias. Sums go to
 * `to`, `count` of them, and up to seven more that mean nothing.
 *
 * The conditions are always true but at the end. They are there for engines, which without them load all inputs before
 * they multiply the first, and find more values to keep than there are registers: half as fast. So few are loaded
 * between two conditions that 15 registers hold the eight sums, the weights, the inputs and a product.
 */
import {multiplyAdd} from '../arithmetic';

/** Three neighbouring taps at a time, stride 1: ten inputs are read for 24 products. */
export function threeTiles(
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  from: usize,
  fromStride: i32,
  to: usize,
  count: i32,
): void {
  const last = to + (count << 4);
  for (; to < last; count -= 8, to += 128, offset += 128) {
    let s0 = v128.load(from);
    from += fromStride;
    let s1 = v128.load(from);
    from += fromStride;
    let s2 = v128.load(from);
    from += fromStride;
    let s3 = v128.load(from);
    from += fromStride;
    let s4 = v128.load(from);
    from += fromStride;
    let s5 = v128.load(from);
    from += fromStride;
    let s6 = v128.load(from);
    from += fromStride;
    let s7 = v128.load(from);
    from += fromStride;
    let w = weights;
    for (let tap = list; tap < end; tap += 4, w += 48) {
      const x = load<usize>(tap) + offset;
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      if (count > 0) {
        const a = v128.load(x);
        const b = v128.load(x, 16);
        s0 = multiplyAdd(a, w0, s0);
        s0 = multiplyAdd(b, w1, s0);
        s1 = multiplyAdd(b, w0, s1);
      }
      if (count > 0) {
        const a = v128.load(x, 32);
        const b = v128.load(x, 48);
        s0 = multiplyAdd(a, w2, s0);
        s1 = multiplyAdd(a, w1, s1);
        s2 = multiplyAdd(a, w0, s2);
        s1 = multiplyAdd(b, w2, s1);
        s2 = multiplyAdd(b, w1, s2);
        s3 = multiplyAdd(b, w0, s3);
      }
      if (count > 2) {
        const a = v128.load(x, 64);
        const b = v128.load(x, 80);
        s2 = multiplyAdd(a, w2, s2);
        s3 = multiplyAdd(a, w1, s3);
        s4 = multiplyAdd(a, w0, s4);
        s3 = multiplyAdd(b, w2, s3);
        s4 = multiplyAdd(b, w1, s4);
        s5 = multiplyAdd(b, w0, s5);
      }
      if (count > 4) {
        const a = v128.load(x, 96);
        const b = v128.load(x, 112);
        s4 = multiplyAdd(a, w2, s4);
        s5 = multiplyAdd(a, w1, s5);
        s6 = multiplyAdd(a, w0, s6);
        s5 = multiplyAdd(b, w2, s5);
        s6 = multiplyAdd(b, w1, s6);
        s7 = multiplyAdd(b, w0, s7);
      }
      if (count > 6) {
        const a = v128.load(x, 128);
        const b = v128.load(x, 144);
        s6 = multiplyAdd(a, w2, s6);
        s7 = multiplyAdd(a, w1, s7);
        s7 = multiplyAdd(b, w2, s7);
      }
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
}

/** Three neighbouring taps at a time, stride 2. */
export function threeTilesApart(
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  from: usize,
  fromStride: i32,
  to: usize,
  count: i32,
): void {
  const last = to + (count << 4);
  for (; to < last; count -= 8, to += 128, offset += 256) {
    let s0 = v128.load(from);
    from += fromStride;
    let s1 = v128.load(from);
    from += fromStride;
    let s2 = v128.load(from);
    from += fromStride;
    let s3 = v128.load(from);
    from += fromStride;
    let s4 = v128.load(from);
    from += fromStride;
    let s5 = v128.load(from);
    from += fromStride;
    let s6 = v128.load(from);
    from += fromStride;
    let s7 = v128.load(from);
    from += fromStride;
    let w = weights;
    for (let tap = list; tap < end; tap += 4, w += 48) {
      const x = load<usize>(tap) + offset;
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      if (count > 0) {
        const a = v128.load(x);
        const b = v128.load(x, 16);
        const c = v128.load(x, 32);
        s0 = multiplyAdd(a, w0, s0);
        s0 = multiplyAdd(b, w1, s0);
        s0 = multiplyAdd(c, w2, s0);
        s1 = multiplyAdd(c, w0, s1);
      }
      if (count > 1) {
        const a = v128.load(x, 48);
        const b = v128.load(x, 64);
        const c = v128.load(x, 80);
        s1 = multiplyAdd(a, w1, s1);
        s1 = multiplyAdd(b, w2, s1);
        s2 = multiplyAdd(b, w0, s2);
        s2 = multiplyAdd(c, w1, s2);
      }
      if (count > 2) {
        const a = v128.load(x, 96);
        const b = v128.load(x, 112);
        const c = v128.load(x, 128);
        s2 = multiplyAdd(a, w2, s2);
        s3 = multiplyAdd(a, w0, s3);
        s3 = multiplyAdd(b, w1, s3);
        s3 = multiplyAdd(c, w2, s3);
        s4 = multiplyAdd(c, w0, s4);
      }
      if (count > 4) {
        const a = v128.load(x, 144);
        const b = v128.load(x, 160);
        const c = v128.load(x, 176);
        s4 = multiplyAdd(a, w1, s4);
        s4 = multiplyAdd(b, w2, s4);
        s5 = multiplyAdd(b, w0, s5);
        s5 = multiplyAdd(c, w1, s5);
      }
      if (count > 5) {
        const a = v128.load(x, 192);
        const b = v128.load(x, 208);
        const c = v128.load(x, 224);
        s5 = multiplyAdd(a, w2, s5);
        s6 = multiplyAdd(a, w0, s6);
        s6 = multiplyAdd(b, w1, s6);
        s6 = multiplyAdd(c, w2, s6);
        s7 = multiplyAdd(c, w0, s7);
      }
      if (count > 7) {
        const a = v128.load(x, 240);
        const b = v128.load(x, 256);
        s7 = multiplyAdd(a, w1, s7);
        s7 = multiplyAdd(b, w2, s7);
      }
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
}

/** Five neighbouring taps at a time, stride 1. */
export function fiveTiles(
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  from: usize,
  fromStride: i32,
  to: usize,
  count: i32,
): void {
  const last = to + (count << 4);
  for (; to < last; count -= 8, to += 128, offset += 128) {
    let s0 = v128.load(from);
    from += fromStride;
    let s1 = v128.load(from);
    from += fromStride;
    let s2 = v128.load(from);
    from += fromStride;
    let s3 = v128.load(from);
    from += fromStride;
    let s4 = v128.load(from);
    from += fromStride;
    let s5 = v128.load(from);
    from += fromStride;
    let s6 = v128.load(from);
    from += fromStride;
    let s7 = v128.load(from);
    from += fromStride;
    let w = weights;
    for (let tap = list; tap < end; tap += 4, w += 80) {
      const x = load<usize>(tap) + offset;
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      const w3 = v128.load(w, 48);
      const w4 = v128.load(w, 64);
      if (count > 0) {
        const a = v128.load(x);
        const b = v128.load(x, 16);
        s0 = multiplyAdd(a, w0, s0);
        s0 = multiplyAdd(b, w1, s0);
        s1 = multiplyAdd(b, w0, s1);
      }
      if (count > 0) {
        const a = v128.load(x, 32);
        const b = v128.load(x, 48);
        s0 = multiplyAdd(a, w2, s0);
        s1 = multiplyAdd(a, w1, s1);
        s2 = multiplyAdd(a, w0, s2);
        s0 = multiplyAdd(b, w3, s0);
        s1 = multiplyAdd(b, w2, s1);
        s2 = multiplyAdd(b, w1, s2);
        s3 = multiplyAdd(b, w0, s3);
      }
      if (count > 0) {
        const a = v128.load(x, 64);
        const b = v128.load(x, 80);
        s0 = multiplyAdd(a, w4, s0);
        s1 = multiplyAdd(a, w3, s1);
        s2 = multiplyAdd(a, w2, s2);
        s3 = multiplyAdd(a, w1, s3);
        s4 = multiplyAdd(a, w0, s4);
        s1 = multiplyAdd(b, w4, s1);
        s2 = multiplyAdd(b, w3, s2);
        s3 = multiplyAdd(b, w2, s3);
        s4 = multiplyAdd(b, w1, s4);
        s5 = multiplyAdd(b, w0, s5);
      }
      if (count > 2) {
        const a = v128.load(x, 96);
        const b = v128.load(x, 112);
        s2 = multiplyAdd(a, w4, s2);
        s3 = multiplyAdd(a, w3, s3);
        s4 = multiplyAdd(a, w2, s4);
        s5 = multiplyAdd(a, w1, s5);
        s6 = multiplyAdd(a, w0, s6);
        s3 = multiplyAdd(b, w4, s3);
        s4 = multiplyAdd(b, w3, s4);
        s5 = multiplyAdd(b, w2, s5);
        s6 = multiplyAdd(b, w1, s6);
        s7 = multiplyAdd(b, w0, s7);
      }
      if (count > 4) {
        const a = v128.load(x, 128);
        const b = v128.load(x, 144);
        s4 = multiplyAdd(a, w4, s4);
        s5 = multiplyAdd(a, w3, s5);
        s6 = multiplyAdd(a, w2, s6);
        s7 = multiplyAdd(a, w1, s7);
        s5 = multiplyAdd(b, w4, s5);
        s6 = multiplyAdd(b, w3, s6);
        s7 = multiplyAdd(b, w2, s7);
      }
      if (count > 6) {
        const a = v128.load(x, 160);
        const b = v128.load(x, 176);
        s6 = multiplyAdd(a, w4, s6);
        s7 = multiplyAdd(a, w3, s7);
        s7 = multiplyAdd(b, w4, s7);
      }
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
}

/** A tap at a time, outputs reading `apart` bytes from each other. */
export function singleTiles(
  list: usize,
  end: usize,
  offset: usize,
  apart: i32,
  weights: usize,
  from: usize,
  fromStride: i32,
  to: usize,
  count: i32,
): void {
  const last = to + (count << 4);
  for (; to < last; count -= 8, to += 128, offset += 8 * apart) {
    let s0 = v128.load(from);
    from += fromStride;
    let s1 = v128.load(from);
    from += fromStride;
    let s2 = v128.load(from);
    from += fromStride;
    let s3 = v128.load(from);
    from += fromStride;
    let s4 = v128.load(from);
    from += fromStride;
    let s5 = v128.load(from);
    from += fromStride;
    let s6 = v128.load(from);
    from += fromStride;
    let s7 = v128.load(from);
    from += fromStride;
    let w = weights;
    for (let tap = list; tap < end; tap += 4, w += 16) {
      let x = load<usize>(tap) + offset;
      const w0 = v128.load(w);
      if (count > 0) {
        s0 = multiplyAdd(v128.load(x), w0, s0);
        x += apart;
        s1 = multiplyAdd(v128.load(x), w0, s1);
        x += apart;
        s2 = multiplyAdd(v128.load(x), w0, s2);
        x += apart;
        s3 = multiplyAdd(v128.load(x), w0, s3);
        x += apart;
      }
      if (count > 4) {
        s4 = multiplyAdd(v128.load(x), w0, s4);
        x += apart;
        s5 = multiplyAdd(v128.load(x), w0, s5);
        x += apart;
        s6 = multiplyAdd(v128.load(x), w0, s6);
        x += apart;
        s7 = multiplyAdd(v128.load(x), w0, s7);
        x += apart;
      }
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    v128.store(to, s4, 64);
    v128.store(to, s5, 80);
    v128.store(to, s6, 96);
    v128.store(to, s7, 112);
  }
}
