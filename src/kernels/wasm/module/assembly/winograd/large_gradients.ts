/**
 * The transposed transforms of tiles of 4 outputs along an axis (large_transforms.ts), for the gradient with respect to the filter
 * (winograd_product.ts). Along one axis, with r = sqrt(2), output gradients d and sums p of the products:
 *
 *     gradients: d0,  (d0 + 2 d2) +- r (d1 + 2 d3),  (d0 + d2/2) +- (d1 + d3/2)/r,  d3
 *     taps:      p0 + (p1 + p2)/6 - (p3 + p4)/(3/2),  r (p1 - p2)/6 - (p3 - p4)/(3/2 r),  (p1 + p2)/3 - (p3 + p4)/3 + p5
 *
 * Magnitudes grow by 31 along an axis, of four products that a tap sums in a tile: by 8, as forward.
 */
import {multiplyAdd} from '../arithmetic';
import {BLOCK} from '../calls';

const ROOT = Mathf.SQRT2;
const INVERSE = Mathf.SQRT1_2;

/** The methods are written out where they are called. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class LargeGradients {
  /** Four neighbours along an axis become six, `apart` bytes apart. */
  @inline
  static six(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, apart: usize): void {
    const twos = f32x4.splat(2);
    const halves = f32x4.splat(0.5);
    v128.store(to, d0);
    let even = multiplyAdd(d2, twos, d0);
    let odd = multiplyAdd(d3, twos, d1);
    v128.store(to + apart, multiplyAdd(odd, f32x4.splat(ROOT), even));
    v128.store(to + 2 * apart, multiplyAdd(odd, f32x4.splat(-ROOT), even));
    even = multiplyAdd(d2, halves, d0);
    odd = multiplyAdd(d3, halves, d1);
    v128.store(to + 3 * apart, multiplyAdd(odd, f32x4.splat(INVERSE), even));
    v128.store(to + 4 * apart, multiplyAdd(odd, f32x4.splat(-INVERSE), even));
    v128.store(to + 5 * apart, d3);
  }
}

/** Six sums of four channels, `step` bytes apart, become three taps, in the place of the first three. */
function threeTaps(p: usize, step: usize): void {
  const p1 = v128.load(p + step);
  const p2 = v128.load(p + 2 * step);
  const p3 = v128.load(p + 3 * step);
  const p4 = v128.load(p + 4 * step);
  const even1 = f32x4.add(p1, p2);
  const even2 = f32x4.add(p3, p4);
  const odd1 = f32x4.mul(f32x4.sub(p1, p2), f32x4.splat(ROOT / 6.0));
  const last = multiplyAdd(f32x4.sub(even1, even2), f32x4.splat(1.0 / 3.0), v128.load(p + 5 * step));
  const first = multiplyAdd(even1, f32x4.splat(1.0 / 6.0), v128.load(p));
  v128.store(p, multiplyAdd(even2, f32x4.splat(-2.0 / 3.0), first));
  v128.store(p + step, multiplyAdd(f32x4.sub(p3, p4), f32x4.splat((-2.0 / 3.0) * INVERSE), odd1));
  v128.store(p + 2 * step, last);
}

/** Four rows, `step` bytes apart, into panels of 8 channels for each of six products, `apart` bytes apart. */
export function sixPanels(from: usize, step: usize, to: usize, apart: usize, bytes: i32): void {
  for (let at = 0; at < bytes; at += 16) {
    const x = from + at;
    const y = to + (at >> 5) * (BLOCK << 5) + (at & 16);
    const d0 = v128.load(x);
    const d1 = v128.load(x + step);
    const d2 = v128.load(x + 2 * step);
    LargeGradients.six(d0, d1, d2, v128.load(x + 3 * step), y, apart);
  }
}

/**
 * Output gradients of a tile of 4 x 4 positions, `bytes` apart, into panels for each of the 36 products.
 *
 * @param from with room for 24 more behind them
 * @param to   the tile in the first panel
 */
export function transformLargeGradients(from: usize, to: usize, apart: usize, bytes: i32): void {
  const half = from + 16 * bytes;
  for (let line = 0; line < 4; line++) {
    for (let at = 0; at < bytes; at += 16) {
      const x = from + 4 * line * bytes + at;
      const d0 = v128.load(x);
      const d1 = v128.load(x + bytes);
      const d2 = v128.load(x + 2 * bytes);
      LargeGradients.six(d0, d1, d2, v128.load(x + 3 * bytes), half + 6 * line * bytes + at, bytes);
    }
  }
  for (let j = 0; j < 6; j++) sixPanels(half + j * bytes, 6 * bytes, to + j * apart, 6 * apart, bytes);
}

/** The 36 sums of one input, `apart` bytes apart, become the 3 x 3 taps of its gradient: tap `i`, `j` in the place of sum `6 * i + j`. */
export function largeFrameTaps(sums: usize, apart: usize, bytes: i32): void {
  const line = 6 * apart;
  for (const end = sums + bytes; sums < end; sums += 16) {
    for (let i = 0; i < 6; i++) threeTaps(sums + i * line, apart);
    for (let j = 0; j < 3; j++) threeTaps(sums + j * apart, line);
  }
}

/** The 6 sums of one input become the 3 taps of its gradient, in the place of the first 3. */
export function largeTimeTaps(sums: usize, apart: usize, bytes: i32): void {
  for (const end = sums + bytes; sums < end; sums += 16) threeTaps(sums, apart);
}
