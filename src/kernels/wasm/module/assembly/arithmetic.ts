/** The arithmetic that the two builds differ in, and copies of floats. */

/** `a * b + sum`: rounded once in the relaxed-SIMD build where the processor has the instruction, else twice. */
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** How many floats of so many go side by side: 4, 2 or 1. */
export function lanesOf(count: i32): i32 {
  return count >= 4 ? 4 : count >= 2 ? 2 : 1;
}

/** 4, 2 or 1 floats with zeros behind them. */
export function take(from: usize, lanes: i32): v128 {
  if (lanes === 4) return v128.load(from);
  return lanes === 2 ? v128.load64_zero(from) : v128.load32_zero(from);
}

/** Writes the first 4, 2 or 1 floats. */
export function put(to: usize, value: v128, lanes: i32): void {
  if (lanes === 4) v128.store(to, value);
  else if (lanes === 2) v128.store64_lane(to, value, 0);
  else v128.store32_lane(to, value, 0);
}

/** Copies 1 to 8 floats, without a loop. */
export function copyColumns(to: usize, from: usize, count: i32): void {
  if (count & 8) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    return;
  }
  if (count & 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  if (count & 2) {
    store<u64>(to, load<u64>(from));
    to += 8;
    from += 8;
  }
  if (count & 1) store<u32>(to, load<u32>(from));
}

/** Copies `count` floats. */
export function copyFloats(to: usize, from: usize, count: i32): void {
  while (count >= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
    count -= 4;
  }
  while (count > 0) {
    store<f32>(to, load<f32>(from));
    to += 4;
    from += 4;
    count--;
  }
}

/** Adds `count` floats to those at `to`. */
export function addFloats(to: usize, from: usize, count: i32): void {
  sumFloats(to, to, from, count);
}

/** Writes the sums of `count` floats at `a` and `b`. */
export function sumFloats(to: usize, a: usize, b: usize, count: i32): void {
  while (count >= 4) {
    v128.store(to, f32x4.add(v128.load(a), v128.load(b)));
    to += 16;
    a += 16;
    b += 16;
    count -= 4;
  }
  while (count > 0) {
    store<f32>(to, load<f32>(a) + load<f32>(b));
    to += 4;
    a += 4;
    b += 4;
    count--;
  }
}

/** Writes `count` zeros. */
export function zeroFloats(to: usize, count: i32): void {
  const zero = f32x4.splat(0);
  while (count >= 4) {
    v128.store(to, zero);
    to += 16;
    count -= 4;
  }
  while (count > 0) {
    store<f32>(to, 0);
    to += 4;
    count--;
  }
}
