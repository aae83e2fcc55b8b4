/**
 * Copies runs of bytes from one tensor to another by the steps that each takes along some axes: slices, pieces of a
 * concatenation, transposed, reversed and repeated axes are all the same traversal (src/kernels/wasm/copies/copy_call.ts).
 */
import {zeroFloats} from './arithmetic';
import {CHUNK, CopyCall, ZeroCall} from './calls';

/** In the table of axes: bytes of an entry, which begins with the length of an axis, and what follows it. */
const ENTRY: usize = 16;
const FROM_STEP: usize = 4;
const TO_STEP: usize = 8;
const INDEX: usize = 12;

/** Longer runs are left to the engine, which takes some time to begin. */
const SHORT: i32 = 256;

/** Runs `first` to `end - 1`, counted line by line. */
export function copyRuns(address: usize, first: i32, end: i32): void {
  const call = changetype<CopyCall>(address);
  const count = call.count;
  let at = first % count;
  let rest = first / count;
  let from = call.from;
  let to = call.to;
  for (let i = call.outer - 1; i >= 0; i--) {
    const axis = call.axes + i * ENTRY;
    const length = load<i32>(axis);
    const index = rest % length;
    rest /= length;
    store<i32>(axis, index, INDEX);
    from += index * load<i32>(axis, FROM_STEP);
    to += index * load<i32>(axis, TO_STEP);
  }
  while (first < end) {
    const runs = min(end - first, count - at);
    copyLine(call, from + at * call.fromStep, to + at * call.toStep, runs);
    first += runs;
    at = 0;
    // To the next line: a step along the last axis that is not at its end.
    for (let i = call.outer - 1; i >= 0; i--) {
      const axis = call.axes + i * ENTRY;
      const length = load<i32>(axis);
      const index = load<i32>(axis, INDEX) + 1;
      from += load<i32>(axis, FROM_STEP);
      to += load<i32>(axis, TO_STEP);
      if (index < length) {
        store<i32>(axis, index, INDEX);
        break;
      }
      store<i32>(axis, 0, INDEX);
      from -= length * load<i32>(axis, FROM_STEP);
      to -= length * load<i32>(axis, TO_STEP);
    }
  }
}

function copyLine(call: CopyCall, from: usize, to: usize, runs: i32): void {
  const bytes = call.bytes;
  if (bytes === 4) copyEach<u32>(call, from, to, runs);
  else if (bytes === 1) copyEach<u8>(call, from, to, runs);
  else if (bytes === 8) copyEach<u64>(call, from, to, runs);
  else if (bytes >= 16 && bytes <= SHORT) copyShortRuns(call, from, to, runs);
  else copyLongRuns(call, from, to, runs);
}

function copyEach<T>(call: CopyCall, from: usize, to: usize, runs: i32): void {
  const fromStep = call.fromStep;
  const toStep = call.toStep;
  for (let i = 0; i < runs; i++, from += fromStep, to += toStep) store<T>(to, load<T>(from));
}

/** In vectors, the last of which may copy again what the one before has copied. */
export function copyShortRuns(call: CopyCall, from: usize, to: usize, runs: i32): void {
  const last = call.bytes - 16;
  for (let i = 0; i < runs; i++, from += call.fromStep, to += call.toStep) {
    for (let at = 0; at < last; at += 16) v128.store(to + at, v128.load(from + at));
    v128.store(to + last, v128.load(from + last));
  }
}

function copyLongRuns(call: CopyCall, from: usize, to: usize, runs: i32): void {
  for (let i = 0; i < runs; i++, from += call.fromStep, to += call.toStep) {
    memory.copy(to, from, call.bytes);
  }
}

/** Chunks `first` to `end - 1` of what is set to zero. */
export function zeroChunks(address: usize, first: i32, end: i32): void {
  const call = changetype<ZeroCall>(address);
  const from = first * CHUNK;
  zeroFloats(call.to + ((<usize>from) << 2), min(call.count, end * CHUNK) - from);
}
