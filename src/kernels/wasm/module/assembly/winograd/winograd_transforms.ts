/**
 * The transforms of the minimal-filtering form (winograd.ts), 4 channels at a time. Along one axis, with inputs d,
 * weights g and products m:
 *
 *     inputs:  d0 - d2, d1 + d2, d2 - d1, d1 - d3
 *     weights: g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2
 *     outputs: m0 + m1 + m2, m1 - m2 - m3
 *
 * Along height and width, each is done along the one and then along the other.
 */
import {BLOCK} from '../calls';

/** What goes along the width is one of four, known where it is called: the compiler writes the methods out there. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Width {
  /** Transformed input number `j` of the line at `x`. */
  @inline
  static input(x: usize, pixel: usize, j: i32): v128 {
    if (j === 0) return f32x4.sub(v128.load(x), v128.load(x + 2 * pixel));
    if (j === 1) return f32x4.add(v128.load(x + pixel), v128.load(x + 2 * pixel));
    if (j === 2) return f32x4.sub(v128.load(x + 2 * pixel), v128.load(x + pixel));
    return f32x4.sub(v128.load(x + pixel), v128.load(x + 3 * pixel));
  }

  /** The transformed inputs `j` of all four lines, transformed along the height. */
  @inline
  static inputs(x: usize, line: usize, pixel: usize, y: usize, apart: usize, j: i32): void {
    const d0 = Width.input(x, pixel, j);
    const d1 = Width.input(x + line, pixel, j);
    const d2 = Width.input(x + 2 * line, pixel, j);
    const d3 = Width.input(x + 3 * line, pixel, j);
    v128.store(y + j * apart, f32x4.sub(d0, d2));
    v128.store(y + (4 + j) * apart, f32x4.add(d1, d2));
    v128.store(y + (8 + j) * apart, f32x4.sub(d2, d1));
    v128.store(y + (12 + j) * apart, f32x4.sub(d1, d3));
  }

  /** The first of two outputs of the four sums at `m`. */
  @inline
  static left(m: usize, apart: usize): v128 {
    return f32x4.add(f32x4.add(v128.load(m), v128.load(m + apart)), v128.load(m + 2 * apart));
  }

  /** The second one. */
  @inline
  static right(m: usize, apart: usize): v128 {
    return f32x4.sub(f32x4.sub(v128.load(m + apart), v128.load(m + 2 * apart)), v128.load(m + 3 * apart));
  }

  /** Transformed weight number `j` of the line of taps at `g`. */
  @inline
  static weight(g: usize, tap: usize, j: i32): v128 {
    if (j === 0) return v128.load(g);
    if (j === 3) return v128.load(g + 2 * tap);
    return halves(v128.load(g), v128.load(g + tap), v128.load(g + 2 * tap), j === 1);
  }

  /** The transformed weights `j` of all three lines, transformed along the height. */
  @inline
  static weights(g: usize, tap: usize, u: usize, apart: usize, j: i32): void {
    const g0 = Width.weight(g, tap, j);
    const g1 = Width.weight(g + 3 * tap, tap, j);
    const g2 = Width.weight(g + 6 * tap, tap, j);
    v128.store(u + j * apart, g0);
    v128.store(u + (4 + j) * apart, halves(g0, g1, g2, true));
    v128.store(u + (8 + j) * apart, halves(g0, g1, g2, false));
    v128.store(u + (12 + j) * apart, g2);
  }
}

/** `(g0 + g1 + g2) / 2`, or `(g0 - g1 + g2) / 2`. */
function halves(g0: v128, g1: v128, g2: v128, plus: bool): v128 {
  const outer = f32x4.add(g0, g2);
  return f32x4.mul(plus ? f32x4.add(outer, g1) : f32x4.sub(outer, g1), f32x4.splat(0.5));
}

/**
 * Inputs of a tile of 4 x 4 positions, `line` and `pixel` bytes apart; transformed input `i` along the height and `j`
 * along the width is written `(4 * i + j) * apart` bytes after `to`.
 *
 * @param bytes of a position, at least 16
 */
export function transformFrame(
  from: usize,
  line: usize,
  pixel: usize,
  to: usize,
  apart: usize,
  bytes: i32,
): void {
  for (let at = 0; at < bytes; at += 16) {
    // The last vector may begin with channels that are done: they are written once more.
    const channel = min(at, bytes - 16);
    const x = from + channel;
    const y = to + channel;
    Width.inputs(x, line, pixel, y, apart, 0);
    Width.inputs(x, line, pixel, y, apart, 1);
    Width.inputs(x, line, pixel, y, apart, 2);
    Width.inputs(x, line, pixel, y, apart, 3);
  }
}

/** Inputs of a tile of 4 frames, `frame` bytes apart; transformed input `i` is written `i * apart` bytes after `to`. */
export function transformTime(from: usize, frame: usize, to: usize, apart: usize, bytes: i32): void {
  for (let at = 0; at < bytes; at += 16) {
    const channel = min(at, bytes - 16);
    const x = from + channel;
    const y = to + channel;
    const d0 = v128.load(x);
    const d1 = v128.load(x + frame);
    const d2 = v128.load(x + 2 * frame);
    const d3 = v128.load(x + 3 * frame);
    v128.store(y, f32x4.sub(d0, d2));
    v128.store(y + apart, f32x4.add(d1, d2));
    v128.store(y + 2 * apart, f32x4.sub(d2, d1));
    v128.store(y + 3 * apart, f32x4.sub(d1, d3));
  }
}

/** The 16 sums of a tile of a frame, `apart` bytes apart, become its 2 x 2 outputs, in the place of the first 4 sums. */
export function frameSums(sums: usize, apart: usize, bytes: i32): void {
  const line = 4 * apart;
  for (const end = sums + bytes; sums < end; sums += 16) {
    let m = sums;
    let left = Width.left(m, apart);
    let right = Width.right(m, apart);
    m += line;
    let lowerLeft = Width.left(m, apart);
    let lowerRight = Width.right(m, apart);
    left = f32x4.add(left, lowerLeft);
    right = f32x4.add(right, lowerRight);
    m += line;
    const l2 = Width.left(m, apart);
    const r2 = Width.right(m, apart);
    m += line;
    lowerLeft = f32x4.sub(f32x4.sub(lowerLeft, l2), Width.left(m, apart));
    lowerRight = f32x4.sub(f32x4.sub(lowerRight, r2), Width.right(m, apart));
    v128.store(sums, f32x4.add(left, l2));
    v128.store(sums + apart, f32x4.add(right, r2));
    v128.store(sums + 2 * apart, lowerLeft);
    v128.store(sums + 3 * apart, lowerRight);
  }
}

/** The 4 sums of a tile along time become its 2 outputs, in the place of the first 2 sums. */
export function timeSums(sums: usize, apart: usize, bytes: i32): void {
  for (const end = sums + bytes; sums < end; sums += 16) {
    const m1 = v128.load(sums + apart);
    const m2 = v128.load(sums + 2 * apart);
    const m3 = v128.load(sums + 3 * apart);
    v128.store(sums, f32x4.add(f32x4.add(v128.load(sums), m1), m2));
    v128.store(sums + apart, f32x4.sub(f32x4.sub(m1, m2), m3));
  }
}

/** Weights of 9 taps, `tap` bytes a tap: 16 times as many, `apart` bytes apart. */
export function transformFrameTaps(from: usize, tap: usize, to: usize, apart: usize): void {
  for (const end = from + tap; from < end; from += 16, to += 16) {
    Width.weights(from, tap, to, apart, 0);
    Width.weights(from, tap, to, apart, 1);
    Width.weights(from, tap, to, apart, 2);
    Width.weights(from, tap, to, apart, 3);
  }
}

/** The same of 3 taps along time: 4 for each. */
export function transformTimeTaps(from: usize, tap: usize, to: usize, apart: usize): void {
  for (const end = from + tap; from < end; from += 16, to += 16) {
    const g0 = v128.load(from);
    const g1 = v128.load(from + tap);
    const g2 = v128.load(from + 2 * tap);
    v128.store(to, g0);
    v128.store(to + apart, halves(g0, g1, g2, true));
    v128.store(to + 2 * apart, halves(g0, g1, g2, false));
    v128.store(to + 3 * apart, g2);
  }
}

/**
 * Output gradients of a tile of 2 x 2 positions, `bytes` apart, the transposed transform of the sums; into panels of 8
 * channels for each of the 16 products, `apart` bytes apart.
 *
 * @param to the tile in the first panel
 */
export function transformFrameGradients(from: usize, to: usize, apart: usize, bytes: i32): void {
  for (let at = 0; at < bytes; at += 16) {
    const x = from + at;
    const y = to + (at >> 5) * (BLOCK << 5) + (at & 16);
    const d0 = v128.load(x);
    const d1 = v128.load(x + bytes);
    const d2 = v128.load(x + 2 * bytes);
    const d3 = v128.load(x + 3 * bytes);
    Gradients.line(y, apart, d0, d1);
    Gradients.line(y + 4 * apart, apart, f32x4.add(d0, d2), f32x4.add(d1, d3));
    Gradients.line(y + 8 * apart, apart, f32x4.sub(d0, d2), f32x4.sub(d1, d3));
    Gradients.line(y + 12 * apart, apart, f32x4.neg(d2), f32x4.neg(d3));
  }
}

/** The same of a tile of 2 frames, `bytes` apart, for 4 products. */
export function transformTimeGradients(from: usize, to: usize, apart: usize, bytes: i32): void {
  for (let at = 0; at < bytes; at += 16) {
    const y = to + (at >> 5) * (BLOCK << 5) + (at & 16);
    Gradients.line(y, apart, v128.load(from + at), v128.load(from + bytes + at));
  }
}

/**
 * Transposed transforms along one axis: with output gradients d and sums p of the products,
 *
 *     gradients: d0, d0 + d1, d0 - d1, -d1
 *     taps:      p0 + (p1 + p2) / 2, (p1 - p2) / 2, (p1 + p2) / 2 + p3
 */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
class Gradients {
  /** Two neighbours transformed along their axis. */
  @inline
  static line(y: usize, apart: usize, d0: v128, d1: v128): void {
    v128.store(y, d0);
    v128.store(y + apart, f32x4.add(d0, d1));
    v128.store(y + 2 * apart, f32x4.sub(d0, d1));
    v128.store(y + 3 * apart, f32x4.neg(d1));
  }

  /** Four sums, `step` bytes apart, become three taps, in the place of the first three. */
  @inline
  static taps(p: usize, step: usize): void {
    const p1 = v128.load(p + step);
    const p2 = v128.load(p + 2 * step);
    const halves = f32x4.mul(f32x4.add(p1, p2), f32x4.splat(0.5));
    v128.store(p, f32x4.add(v128.load(p), halves));
    v128.store(p + step, f32x4.mul(f32x4.sub(p1, p2), f32x4.splat(0.5)));
    v128.store(p + 2 * step, f32x4.add(v128.load(p + 3 * step), halves));
  }
}

/**
 * The 16 sums of one input, `apart` bytes apart, become the 3 x 3 taps of its gradient: tap `i` along the height and `j`
 * along the width in the place of sum `4 * i + j`.
 */
export function frameTaps(sums: usize, apart: usize, bytes: i32): void {
  const line = 4 * apart;
  for (const end = sums + bytes; sums < end; sums += 16) {
    for (let i = 0; i < 4; i++) Gradients.taps(sums + i * line, apart);
    for (let j = 0; j < 3; j++) Gradients.taps(sums + j * apart, line);
  }
}

/** The 4 sums of one input become the 3 taps of its gradient, in the place of the first 3. */
export function timeTaps(sums: usize, apart: usize, bytes: i32): void {
  for (const end = sums + bytes; sums < end; sums += 16) Gradients.taps(sums, apart);
}
