/**
 * Max and average pooling of a clip, and what of each window is the largest. For each row that is written (a position with all its
 * channels) the rows that it depends on are listed, then read 16 or 4 channels at a time; the last four, where there are as many,
 * may reach back over those before. Every function does the rows `[first, end)` and reads nothing that another row writes, so
 * that rows may be shared out among threads.
 */
import {PoolCall} from '../calls';

/** Of a list: bytes of an entry, and in it the offset of a row in its tensor, a tap. */
const ENTRY: i32 = 8;
const TAP: usize = 4;

/** Output rows: the largest input of the window. A NaN is passed over, as by the host's cpu backend. */
export function maxPool(address: usize, first: i32, end: i32): void {
  const call = changetype<PoolCall>(address);
  const bytes = call.channels << 2;
  const last = bytes - 16;
  for (let row = first; row < end; row++) {
    const stop = listWindow(call, row);
    const y = call.y + row * bytes;
    let at = 0;
    for (; at + 64 <= bytes; at += 64) maxOfSixteen(call, stop, at, y + at);
    for (; at + 16 <= bytes; at += 16) maxOfFour<f32>(call, stop, at, y + at);
    if (at < bytes && last >= 0) maxOfFour<f32>(call, stop, last, y + last);
    else for (; at < bytes; at += 4) maxOfOne<f32>(call, stop, at, y + at);
  }
}

/** The same of int32. */
export function maxPoolWholes(address: usize, first: i32, end: i32): void {
  const call = changetype<PoolCall>(address);
  const bytes = call.channels << 2;
  const last = bytes - 16;
  for (let row = first; row < end; row++) {
    const stop = listWindow(call, row);
    const y = call.y + row * bytes;
    let at = 0;
    for (; at + 16 <= bytes; at += 16) maxOfFour<i32>(call, stop, at, y + at);
    if (at < bytes && last >= 0) maxOfFour<i32>(call, stop, last, y + last);
    else for (; at < bytes; at += 4) maxOfOne<i32>(call, stop, at, y + at);
  }
}

/** Output rows: the mean of the inputs of the window that exist. */
export function averagePool(address: usize, first: i32, end: i32): void {
  const call = changetype<PoolCall>(address);
  const bytes = call.channels << 2;
  const last = bytes - 16;
  for (let row = first; row < end; row++) {
    const stop = listWindow(call, row);
    const count = <f32>max(1, <i32>(stop - call.list) / ENTRY);
    const y = call.y + row * bytes;
    let at = 0;
    for (; at + 64 <= bytes; at += 64) averageOfSixteen(call, stop, count, at, y + at);
    for (; at + 16 <= bytes; at += 16) averageOfFour(call, stop, count, at, y + at);
    if (at < bytes && last >= 0) averageOfFour(call, stop, count, last, y + last);
    else for (; at < bytes; at += 4) averageOfOne(call, stop, count, at, y + at);
  }
}

/** Output rows of `taps`: where in the window the largest input stands, the last of several equal ones. */
export function maxPoolTaps(address: usize, first: i32, end: i32): void {
  findTaps<f32>(address, first, end);
}

/** The same of int32. */
export function maxPoolTapsOfWholes(address: usize, first: i32, end: i32): void {
  findTaps<i32>(address, first, end);
}

function findTaps<T>(address: usize, first: i32, end: i32): void {
  const call = changetype<PoolCall>(address);
  const bytes = call.channels << 2;
  const last = bytes - 16;
  for (let row = first; row < end; row++) {
    const stop = listWindow(call, row);
    const taps = call.taps + row * bytes;
    let at = 0;
    for (; at + 16 <= bytes; at += 16) tapsOfFour<T>(call, stop, at, taps + at);
    if (at < bytes && last >= 0) tapsOfFour<T>(call, stop, last, taps + last);
    else for (; at < bytes; at += 4) tapOfOne<T>(call, stop, at, taps + at);
  }
}

/** Lists the input rows in the window of an output row. Returns the end of the list. */
export function listWindow(call: PoolCall, row: i32): usize {
  const bytes = call.channels << 2;
  const frame = row / (call.outputWidth * call.outputHeight);
  const clip = (frame / call.outputTime) * call.inputTime;
  const t0 = (frame % call.outputTime) * call.strideTime - call.paddingTime;
  const h0 = ((row / call.outputWidth) % call.outputHeight) * call.strideHeight - call.paddingHeight;
  const w0 = (row % call.outputWidth) * call.strideWidth - call.paddingWidth;
  const tEnd = min(t0 + call.windowTime, call.inputTime);
  const hEnd = min(h0 + call.windowHeight, call.inputHeight);
  const wEnd = min(w0 + call.windowWidth, call.inputWidth);
  let list = call.list;
  for (let t = max(t0, 0); t < tEnd; t++) {
    for (let h = max(h0, 0); h < hEnd; h++) {
      const line = ((clip + t) * call.inputHeight + h) * call.inputWidth;
      const tap = ((t - t0) * call.windowHeight + h - h0) * call.windowWidth - w0;
      for (let w = max(w0, 0); w < wEnd; w++, list += ENTRY) {
        store<usize>(list, (line + w) * bytes);
        store<i32>(list, tap + w, TAP);
      }
    }
  }
  return list;
}

export function maxOfSixteen(call: PoolCall, stop: usize, at: i32, y: usize): void {
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const x = call.x + load<usize>(entry) + at;
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
    m2 = f32x4.pmax(m2, v128.load(x, 32));
    m3 = f32x4.pmax(m3, v128.load(x, 48));
  }
  v128.store(y, m0);
  v128.store(y, m1, 16);
  v128.store(y, m2, 32);
  v128.store(y, m3, 48);
}

/** What every value is at least as large as. */
function least<T>(): T {
  return isInteger<T>() ? <T>i32.MIN_VALUE : <T>-Infinity;
}

function maxOfFour<T>(call: PoolCall, stop: usize, at: i32, y: usize): void {
  let most = v128.splat<T>(least<T>());
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const values = v128.load(call.x + load<usize>(entry) + at);
    most = isInteger<T>() ? i32x4.max_s(most, values) : f32x4.pmax(most, values);
  }
  v128.store(y, most);
}

function maxOfOne<T>(call: PoolCall, stop: usize, at: i32, y: usize): void {
  let most = least<T>();
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const value = load<T>(call.x + load<usize>(entry) + at);
    if (value > most) most = value;
  }
  store<T>(y, most);
}

export function averageOfSixteen(call: PoolCall, stop: usize, count: f32, at: i32, y: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const x = call.x + load<usize>(entry) + at;
    s0 = f32x4.add(s0, v128.load(x));
    s1 = f32x4.add(s1, v128.load(x, 16));
    s2 = f32x4.add(s2, v128.load(x, 32));
    s3 = f32x4.add(s3, v128.load(x, 48));
  }
  const counts = f32x4.splat(count);
  v128.store(y, f32x4.div(s0, counts));
  v128.store(y, f32x4.div(s1, counts), 16);
  v128.store(y, f32x4.div(s2, counts), 32);
  v128.store(y, f32x4.div(s3, counts), 48);
}

export function averageOfFour(call: PoolCall, stop: usize, count: f32, at: i32, y: usize): void {
  let sum = f32x4.splat(0);
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    sum = f32x4.add(sum, v128.load(call.x + load<usize>(entry) + at));
  }
  v128.store(y, f32x4.div(sum, f32x4.splat(count)));
}

function averageOfOne(call: PoolCall, stop: usize, count: f32, at: i32, y: usize): void {
  let sum: f32 = 0;
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    sum += load<f32>(call.x + load<usize>(entry) + at);
  }
  store<f32>(y, sum / count);
}

function tapsOfFour<T>(call: PoolCall, stop: usize, at: i32, taps: usize): void {
  let most = v128.splat<T>(least<T>());
  let found = i32x4.splat(-1);
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const values = v128.load(call.x + load<usize>(entry) + at);
    const better = v128.ge<T>(values, most);
    most = v128.bitselect(values, most, better);
    found = v128.bitselect(v128.load32_splat(entry, TAP), found, better);
  }
  v128.store(taps, found);
}

function tapOfOne<T>(call: PoolCall, stop: usize, at: i32, taps: usize): void {
  let most = least<T>();
  let found = -1;
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const value = load<T>(call.x + load<usize>(entry) + at);
    if (value >= most) {
      most = value;
      found = load<i32>(entry, TAP);
    }
  }
  store<i32>(taps, found);
}
