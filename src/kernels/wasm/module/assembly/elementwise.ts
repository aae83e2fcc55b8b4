/**
 * Values made of those of one tensor, or of two of one shape; rows are chunks of CHUNK values. A chunk is a function of its own, so that
 * an engine that compiles hot functions anew does so soon.
 */
import {sigmoid} from './activations';
import {multiplyAdd, put, take} from './arithmetic';
import {CHUNK, ElementwiseCall} from './calls';

/** The operation of a call, in the order of OPERATIONS in src/kernels/wasm/elementwise/elementwise_call.ts. */
export function elementwise(address: usize, first: i32, end: i32): void {
  const call = changetype<ElementwiseCall>(address);
  for (; first < end; first++) {
    const from = first * CHUNK;
    const bytes = min(CHUNK, call.count - from) << 2;
    const a = call.a + (from << 2);
    const b = call.b + (from << 2);
    const to = call.to + (from << 2);
    switch (call.operation) {
      case 0:
        addChunk(a, b, to, bytes);
        break;
      case 1:
        multiplyChunk(a, b, to, bytes);
        break;
      case 2:
        subtractChunk(a, b, to, bytes);
        break;
      case 3:
        reluChunk(a, to, bytes);
        break;
      case 4:
        reluGradientChunk(a, b, to, bytes);
        break;
      case 5:
        sigmoidChunk(a, to, bytes);
        break;
      case 6:
        swishChunk(a, to, call.sigmoid + (from << 2), bytes);
        break;
      default:
        swishGradientChunk(a, b, call.sigmoid + (from << 2), to, bytes);
    }
  }
}

export function addChunk(a: usize, b: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  for (let at = 0; at < fours; at += 16) v128.store(to + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  for (let at = fours; at < bytes; at += 4) store<f32>(to + at, load<f32>(a + at) + load<f32>(b + at));
}

export function multiplyChunk(a: usize, b: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  for (let at = 0; at < fours; at += 16) v128.store(to + at, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  for (let at = fours; at < bytes; at += 4) store<f32>(to + at, load<f32>(a + at) * load<f32>(b + at));
}

export function subtractChunk(a: usize, b: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  for (let at = 0; at < fours; at += 16) v128.store(to + at, f32x4.sub(v128.load(a + at), v128.load(b + at)));
  for (let at = fours; at < bytes; at += 4) store<f32>(to + at, load<f32>(a + at) - load<f32>(b + at));
}

/** What is not a number stays so, and -0 is 0. `max` says the same and takes an engine six instructions. */
export function reluChunk(x: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  const zero = f32x4.splat(0);
  for (let at = 0; at < fours; at += 16) {
    v128.store(to + at, f32x4.add(f32x4.pmax(v128.load(x + at), zero), zero));
  }
  for (let at = fours; at < bytes; at += 4) store<f32>(to + at, max(load<f32>(x + at), 0));
}

/** dy where the input, or the output, of a ReLU is above 0. */
export function reluGradientChunk(dy: usize, saved: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  const zero = f32x4.splat(0);
  for (let at = 0; at < fours; at += 16) {
    v128.store(to + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(saved + at), zero)));
  }
  for (let at = fours; at < bytes; at += 4) {
    store<f32>(to + at, load<f32>(saved + at) > 0 ? load<f32>(dy + at) : 0);
  }
}

export function sigmoidChunk(x: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  for (let at = 0; at < fours; at += 16) v128.store(to + at, sigmoid(v128.load(x + at)));
  for (let at = fours; at < bytes; at += 4) put(to + at, sigmoid(take(x + at, 1)), 1);
}

export function swishChunk(x: usize, to: usize, toSigmoid: usize, bytes: i32): void {
  const fours = bytes & ~15;
  for (let at = 0; at < fours; at += 16) {
    const value = v128.load(x + at);
    const s = sigmoid(value);
    v128.store(toSigmoid + at, s);
    v128.store(to + at, f32x4.mul(value, s));
  }
  for (let at = fours; at < bytes; at += 4) {
    const value = take(x + at, 1);
    const s = sigmoid(value);
    put(toSigmoid + at, s, 1);
    put(to + at, f32x4.mul(value, s), 1);
  }
}

/** dy times s + y (1 - s). */
export function swishGradientChunk(dy: usize, y: usize, sigmoid: usize, to: usize, bytes: i32): void {
  const fours = bytes & ~15;
  const one = f32x4.splat(1);
  for (let at = 0; at < fours; at += 16) {
    const s = v128.load(sigmoid + at);
    const slope = multiplyAdd(v128.load(y + at), f32x4.sub(one, s), s);
    v128.store(to + at, f32x4.mul(v128.load(dy + at), slope));
  }
  for (let at = fours; at < bytes; at += 4) {
    const s = load<f32>(sigmoid + at);
    store<f32>(to + at, load<f32>(dy + at) * (load<f32>(y + at) * (1 - s) + s));
  }
}
