/**
 * Softmax cross entropy in training: the mean loss of a batch, its gradient by the logits, and how many answers are right, in double
 * precision. One row is all of it: the logits of a batch are few.
 */
import {CrossEntropyCall} from '../calls';

export function crossEntropy(address: usize, first: i32, end: i32): void {
  if (first === end) return;
  const call = changetype<CrossEntropyCall>(address);
  const rowBytes = call.classes << 2;
  let total: f64 = 0;
  let hits = 0;
  for (let sample = 0; sample < call.batch; sample++) {
    const at = sample * rowBytes;
    const best = placeOfMost(call.logits + at, rowBytes);
    if (best === placeOfMost(call.targets + at, rowBytes)) hits++;
    total += sampleLoss(call, at, load<f32>(call.logits + at + best));
  }
  store<f32>(call.loss, <f32>(total / <f64>call.batch));
  store<f32>(call.hits, <f32>hits);
}

/** In bytes, of the first one of several: as the host's argMax, of a NaN in front, or the most of those that are numbers. */
function placeOfMost(x: usize, bytes: i32): i32 {
  let most = load<f32>(x);
  let place = 0;
  for (let at = 4; at < bytes; at += 4) {
    const value = load<f32>(x + at);
    if (value > most) {
      most = value;
      place = at;
    }
  }
  return place;
}

/**
 * The loss of a sample that begins so many bytes behind the first; writes its gradient. A logit that is infinite or not a number makes both
 * what they are of stock ops.
 */
function sampleLoss(call: CrossEntropyCall, at: usize, most: f32): f64 {
  const bytes = call.classes << 2;
  const logits = call.logits + at;
  const targets = call.targets + at;
  const to = call.gradient + at;
  let sum: f64 = 0;
  let share: f64 = 0;
  let product: f64 = 0;
  for (let i = 0; i < bytes; i += 4) {
    const target = smoothed(call, load<f32>(targets + i), i);
    const less = <f64>load<f32>(logits + i) - <f64>most;
    const power = exponential(less);
    store<f32>(to + i, <f32>power);
    sum += power;
    share += target;
    product += target * less;
  }
  const factor = share / sum;
  for (let i = 0; i < bytes; i += 4) {
    const slope = <f64>load<f32>(to + i) * factor - smoothed(call, load<f32>(targets + i), i);
    store<f32>(to + i, <f32>(slope / <f64>call.batch));
  }
  return share * logarithm(sum) - product;
}

/** A target with what all classes have evenly, times the weight of its class, so many bytes behind the first. */
function smoothed(call: CrossEntropyCall, target: f32, at: usize): f64 {
  const even = <f64>reinterpret<f32>(call.smoothing);
  const smooth = <f64>target * (1 - even) + even / <f64>call.classes;
  return call.weights === 0 ? smooth : smooth * <f64>load<f32>(call.weights + at);
}

/** (e^(x / 4096))^4096 of x from 0 down, where the first five powers leave out 1e-9 of it at most. Below -104 it is none of float32. */
function exponential(x: f64): f64 {
  const y = max<f64>(x, -104) / 4096;
  let sum: f64 = 1;
  for (let k = 5; k > 0; k--) sum = 1 + (sum * y) / <f64>k;
  for (let k = 0; k < 12; k++) sum *= sum;
  return sum;
}

/**
 * Of 1 and more; what is not a number stays so. The logarithm of m from 1 to 2 is 2 atanh(s) with s = (m - 1) / (m + 1), at most 1 / 3: the
 * terms from the thirteenth on are 1e-13.
 */
function logarithm(x: f64): f64 {
  if (!(x >= 1)) return x;
  const bits = reinterpret<i64>(x);
  const power = (bits >> 52) - 1023;
  const m = reinterpret<f64>(bits - (power << 52));
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum: f64 = 0;
  for (let k = 23; k > 0; k -= 2) sum = sum * square + 1 / <f64>k;
  return <f64>power * Math.LN2 + 2 * s * sum;
}
