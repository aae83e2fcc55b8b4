/**
 * Max and average pooling of a clip. For each row that is written (a position with all its channels) the rows that it depends on are
 * listed, then read 16 or 4 channels at a time; the last four, where there are as many, may reach back over those before. Every function
 * does the rows `[first, end)` and reads nothing that another row writes, so that rows may be shared out among threads.
 */
import {PoolCall} from '../calls';

/** Bytes of an entry of a list: the offset of a row in its tensor. */
export const ENTRY: i32 = 4;

/** What is made of a window. */
const MAX: i32 = 0;
const MAX_OF_WHOLES: i32 = 1;
const MEAN: i32 = 2;

/** Output rows: the largest input of the window. A NaN is passed over, as by the host's cpu backend. */
export function maxPool(address: usize, first: i32, end: i32): void {
  poolRows(changetype<PoolCall>(address), first, end, MAX);
}

/** The same of int32. */
export function maxPoolWholes(address: usize, first: i32, end: i32): void {
  poolRows(changetype<PoolCall>(address), first, end, MAX_OF_WHOLES);
}

/** Output rows: the mean of the inputs of the window that exist. */
export function averagePool(address: usize, first: i32, end: i32): void {
  poolRows(changetype<PoolCall>(address), first, end, MEAN);
}

export function poolRows(call: PoolCall, first: i32, end: i32, kind: i32): void {
  if (first === end) return;
  const bytes = call.channels << 2;
  const step = call.strideWidth * bytes;
  let column = first % call.outputWidth;
  let x = call.x;
  let stop: usize = 0;
  for (let row = first; row < end; row++) {
    if (row > first && isAsBefore(call, column)) x += step;
    else {
      x = call.x;
      stop = listWindow(call, row);
    }
    const y = call.y + row * bytes;
    if (kind === MAX) maxOfRow(call.list, stop, x, bytes, y);
    else if (kind === MEAN) averageOfRow(call.list, stop, x, bytes, y);
    else maxOfWholes(call.list, stop, x, bytes, y);
    if (++column === call.outputWidth) column = 0;
  }
}

/** Whether the window of a column has the rows of the one before, a stride further on: both lie within the line. */
export function isAsBefore(call: PoolCall, column: i32): bool {
  const begin = column * call.strideWidth - call.paddingWidth;
  return column > 0 && begin >= call.strideWidth && begin + call.windowWidth <= call.inputWidth;
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
      for (let w = max(w0, 0); w < wEnd; w++, list += ENTRY) store<usize>(list, (line + w) * bytes);
    }
  }
  return list;
}

function maxOfRow(list: usize, stop: usize, x: usize, bytes: i32, y: usize): void {
  const last = bytes - 16;
  let at = 0;
  for (; at + 64 <= bytes; at += 64) maxOfSixteen(list, stop, x + at, y + at);
  for (; at + 16 <= bytes; at += 16) maxOfFour<f32>(list, stop, x + at, y + at);
  if (at < bytes && last >= 0) maxOfFour<f32>(list, stop, x + last, y + last);
  else for (; at < bytes; at += 4) maxOfOne<f32>(list, stop, x + at, y + at);
}

function maxOfWholes(list: usize, stop: usize, x: usize, bytes: i32, y: usize): void {
  const last = bytes - 16;
  let at = 0;
  for (; at + 16 <= bytes; at += 16) maxOfFour<i32>(list, stop, x + at, y + at);
  if (at < bytes && last >= 0) maxOfFour<i32>(list, stop, x + last, y + last);
  else for (; at < bytes; at += 4) maxOfOne<i32>(list, stop, x + at, y + at);
}

function averageOfRow(list: usize, stop: usize, x: usize, bytes: i32, y: usize): void {
  const count = <f32>max(1, <i32>(stop - list) / ENTRY);
  const last = bytes - 16;
  let at = 0;
  for (; at + 64 <= bytes; at += 64) averageOfSixteen(list, stop, count, x + at, y + at);
  for (; at + 16 <= bytes; at += 16) averageOfFour(list, stop, count, x + at, y + at);
  if (at < bytes && last >= 0) averageOfFour(list, stop, count, x + last, y + last);
  else for (; at < bytes; at += 4) averageOfOne(list, stop, count, x + at, y + at);
}

export function maxOfSixteen(list: usize, stop: usize, from: usize, y: usize): void {
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  for (; list < stop; list += ENTRY) {
    const x = from + load<usize>(list);
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
export function least<T>(): T {
  return isInteger<T>() ? <T>i32.MIN_VALUE : <T>-Infinity;
}

function maxOfFour<T>(list: usize, stop: usize, x: usize, y: usize): void {
  let most = v128.splat<T>(least<T>());
  for (; list < stop; list += ENTRY) {
    most = larger<T>(most, v128.load(x + load<usize>(list)));
  }
  v128.store(y, most);
}

/** The larger ones of four values each, of which `most` are no NaN: these are passed over. */
export function larger<T>(most: v128, values: v128): v128 {
  return isInteger<T>() ? i32x4.max_s(most, values) : f32x4.pmax(most, values);
}

function maxOfOne<T>(list: usize, stop: usize, x: usize, y: usize): void {
  let most = least<T>();
  for (; list < stop; list += ENTRY) {
    const value = load<T>(x + load<usize>(list));
    if (value > most) most = value;
  }
  store<T>(y, most);
}

export function averageOfSixteen(list: usize, stop: usize, count: f32, from: usize, y: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; list < stop; list += ENTRY) {
    const x = from + load<usize>(list);
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

export function averageOfFour(list: usize, stop: usize, count: f32, x: usize, y: usize): void {
  let sum = f32x4.splat(0);
  for (; list < stop; list += ENTRY) sum = f32x4.add(sum, v128.load(x + load<usize>(list)));
  v128.store(y, f32x4.div(sum, f32x4.splat(count)));
}

function averageOfOne(list: usize, stop: usize, count: f32, x: usize, y: usize): void {
  let sum: f32 = 0;
  for (; list < stop; list += ENTRY) sum += load<f32>(x + load<usize>(list));
  store<f32>(y, sum / count);
}
