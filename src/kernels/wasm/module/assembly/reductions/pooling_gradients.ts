/**
 * The gradients of pooling, line by line of the input. A function does the lines `[first, end)` of `dx` and writes no others, so that
 * lines may be shared out among threads; what several outputs give an input is added in the order of the outputs.
 */
import {lanesOf, put, take, zeroFloats} from '../arithmetic';
import {PoolCall} from '../calls';
import {ENTRY, isAsBefore, larger, least, listWindow} from './pooling';

/** The gradients of the outputs that were taken from each input; of several equal ones the last one was. */
export function maxPoolGradient(address: usize, first: i32, end: i32): void {
  gradientOfMax(changetype<PoolCall>(address), first, end, false);
}

/** The same of int32. */
export function maxPoolGradientOfWholes(address: usize, first: i32, end: i32): void {
  gradientOfMax(changetype<PoolCall>(address), first, end, true);
}

/** Goes through the outputs whose windows hold some of the lines. Those at the ends are gone through for the lines beyond, too. */
export function gradientOfMax(call: PoolCall, first: i32, end: i32, ofWholes: bool): void {
  if (first === end) return;
  const length = call.inputWidth * call.channels;
  let zeroed = first;
  const clipLines = call.inputTime * call.inputHeight;
  for (let clip = first / clipLines; clip * clipLines < end; clip++) {
    for (let t = 0; t < call.outputTime; t++) {
      for (let h = 0; h < call.outputHeight; h++) {
        if (!isReached(call, clip, t, h, first, end)) continue;
        // As late as can be, so that they are in the cache when something is added.
        zeroed = zeroLines(call, zeroed, min(end, endOfWindows(call, clip, t, h)));
        const line = (clip * call.outputTime + t) * call.outputHeight + h;
        if (ofWholes) handBackLine<i32>(call, line, (first * length) << 2, ((end - first) * length) << 2);
        else handBackLine<f32>(call, line, (first * length) << 2, ((end - first) * length) << 2);
      }
    }
  }
  zeroLines(call, zeroed, end);
}

/** Sets lines `first` to `end - 1` to zero, if there are any. Returns up to where all are. */
function zeroLines(call: PoolCall, first: i32, end: i32): i32 {
  if (first >= end) return first;
  const length = call.inputWidth * call.channels;
  zeroFloats(call.dx + ((first * length) << 2), (end - first) * length);
  return end;
}

/** The line behind the last one that the windows of a line of outputs hold. */
function endOfWindows(call: PoolCall, clip: i32, t: i32, h: i32): i32 {
  const tEnd = min(t * call.strideTime - call.paddingTime + call.windowTime, call.inputTime);
  const hEnd = min(h * call.strideHeight - call.paddingHeight + call.windowHeight, call.inputHeight);
  return (clip * call.inputTime + tEnd - 1) * call.inputHeight + hEnd;
}

/** Whether the windows of a line of outputs hold some of the lines. */
export function isReached(call: PoolCall, clip: i32, t: i32, h: i32, first: i32, end: i32): bool {
  const t0 = t * call.strideTime - call.paddingTime;
  const h0 = h * call.strideHeight - call.paddingHeight;
  const tEnd = min(t0 + call.windowTime, call.inputTime);
  const from = max(h0, 0);
  const to = min(h0 + call.windowHeight, call.inputHeight);
  for (t = max(t0, 0); t < tEnd; t++) {
    const frame = (clip * call.inputTime + t) * call.inputHeight;
    if (frame + from < end && frame + to > first) return true;
  }
  return false;
}

/** Adds the gradients of a line of outputs to those inputs which lie so many bytes from `from` on. */
function handBackLine<T>(call: PoolCall, line: i32, from: usize, bytes: usize): void {
  const step = (call.strideWidth * call.channels) << 2;
  let shift: usize = 0;
  let stop: usize = 0;
  for (let column = 0; column < call.outputWidth; column++) {
    const row = line * call.outputWidth + column;
    if (isAsBefore(call, column)) shift += step;
    else {
      shift = 0;
      stop = listWindow(call, row);
    }
    const y = call.y + ((row * call.channels) << 2);
    handBackRow<T>(call, stop, shift, y, from, bytes);
  }
}

function handBackRow<T>(
  call: PoolCall,
  stop: usize,
  shift: usize,
  y: usize,
  from: usize,
  bytes: usize,
): void {
  const channels = call.channels;
  let at = 0;
  if (isFloat<T>()) for (; at + 8 <= channels; at += 8) handBackEight(call, stop, shift, at, y, from, bytes);
  for (; at + 4 <= channels; at += 4) handBackFour<T>(call, stop, shift, at, 0, y, from, bytes);
  if (at < channels && channels >= 4) {
    // The last four, of which the first have had theirs.
    handBackFour<T>(call, stop, shift, channels - 4, at + 4 - channels, y, from, bytes);
  } else for (; at < channels; at++) handBackOne<T>(call, stop, shift, at, y, from, bytes);
}

/** Of eight channels of floats from `channel` on: two vectors take a fifth less than one and one, as they share the list. */
function handBackEight(
  call: PoolCall,
  stop: usize,
  shift: usize,
  channel: i32,
  outputs: usize,
  from: usize,
  bytes: usize,
): void {
  const at = shift + (channel << 2);
  const x = call.x + at;
  let most0 = f32x4.splat(-Infinity);
  let most1 = most0;
  // Entries of the list by their addresses, which grow, so that the last one is the largest; 0 for none.
  let found0 = i32x4.splat(0);
  let found1 = found0;
  let here = i32x4.splat(call.list);
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const row = x + load<usize>(entry);
    const values0 = v128.load(row);
    const values1 = v128.load(row, 16);
    found0 = i32x4.max_u(found0, v128.and(here, f32x4.ge(values0, most0)));
    found1 = i32x4.max_u(found1, v128.and(here, f32x4.ge(values1, most1)));
    most0 = f32x4.pmax(most0, values0);
    most1 = f32x4.pmax(most1, values1);
    here = i32x4.add(here, i32x4.splat(ENTRY));
  }
  const dx = call.dx + at;
  const y = outputs + (channel << 2);
  addFour(dx, found0, y, from - shift, bytes, 0);
  addFour(dx + 16, found1, y + 16, from - shift, bytes, 0);
}

/** Of four channels, but for the first `done` of them: adds the gradients at `y` to the inputs that were found. */
function addFour(dx: usize, found: v128, y: usize, begin: usize, bytes: usize, done: i32): void {
  if (done < 1) addFound(dx, i32x4.extract_lane(found, 0), y, begin, bytes);
  if (done < 2) addFound(dx + 4, i32x4.extract_lane(found, 1), y + 4, begin, bytes);
  if (done < 3) addFound(dx + 8, i32x4.extract_lane(found, 2), y + 8, begin, bytes);
  addFound(dx + 12, i32x4.extract_lane(found, 3), y + 12, begin, bytes);
}

/** Of four channels from `channel` on, but for the first `done` of them. */
function handBackFour<T>(
  call: PoolCall,
  stop: usize,
  shift: usize,
  channel: i32,
  done: i32,
  outputs: usize,
  from: usize,
  bytes: usize,
): void {
  const at = shift + (channel << 2);
  const x = call.x + at;
  let most = v128.splat<T>(least<T>());
  let found = i32x4.splat(0);
  let here = i32x4.splat(call.list);
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const values = v128.load(x + load<usize>(entry));
    found = i32x4.max_u(found, v128.and(here, v128.ge<T>(values, most)));
    most = larger<T>(most, values);
    here = i32x4.add(here, i32x4.splat(ENTRY));
  }
  const dx = call.dx + at;
  const y = outputs + (channel << 2);
  addFour(dx, found, y, from - shift, bytes, done);
}

function handBackOne<T>(
  call: PoolCall,
  stop: usize,
  shift: usize,
  channel: i32,
  outputs: usize,
  from: usize,
  bytes: usize,
): void {
  const at = shift + (channel << 2);
  const x = call.x + at;
  let most = least<T>();
  let found: usize = 0;
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const value = load<T>(x + load<usize>(entry));
    if (value >= most) {
      most = value;
      found = entry;
    }
  }
  addFound(call.dx + at, found, outputs + (channel << 2), from - shift, bytes);
}

/** Adds the gradient at `y` to the input of an entry, if one was found and its row begins within so many bytes from `begin` on. */
function addFound(dx: usize, entry: usize, y: usize, begin: usize, bytes: usize): void {
  if (entry === 0) return;
  const found = load<usize>(entry);
  if (found - begin >= bytes) return;
  store<f32>(dx + found, load<f32>(dx + found) + load<f32>(y));
}

/** Of the gradients of the outputs whose window holds an input its share. */
export function averagePoolGradient(address: usize, first: i32, end: i32): void {
  for (; first < end; first++) sharesOfLine(changetype<PoolCall>(address), first);
}

function sharesOfLine(call: PoolCall, line: i32): void {
  const frame = line / call.inputHeight;
  const clip = (frame / call.inputTime) * call.outputTime;
  const length = call.inputWidth * call.channels;
  const dx = call.dx + ((line * length) << 2);
  zeroFloats(dx, length);
  // The input as seen from the start of the padding: output `o` holds it as tap `at - o * stride`.
  const atTime = (frame % call.inputTime) + call.paddingTime;
  const atHeight = (line % call.inputHeight) + call.paddingHeight;
  const tEnd = min(atTime / call.strideTime + 1, call.outputTime);
  const hEnd = min(atHeight / call.strideHeight + 1, call.outputHeight);
  for (let t = firstWindow(atTime, call.windowTime, call.strideTime); t < tEnd; t++) {
    const depth = inside(t * call.strideTime - call.paddingTime, call.windowTime, call.inputTime);
    for (let h = firstWindow(atHeight, call.windowHeight, call.strideHeight); h < hEnd; h++) {
      const height = inside(h * call.strideHeight - call.paddingHeight, call.windowHeight, call.inputHeight);
      addShares(call, dx, ((clip + t) * call.outputHeight + h) * call.outputWidth, depth * height);
    }
  }
}

/** The first window that reaches `at`. */
function firstWindow(at: i32, window: i32, stride: i32): i32 {
  return max(0, (at - window + stride) / stride);
}

/** How much of a window that begins at `start` lies in `[0, length)`. */
function inside(start: i32, window: i32, length: i32): i32 {
  return min(start + window, length) - max(start, 0);
}

/** Adds to a line its shares of the gradients of a line of outputs, which each averaged `plane` lines. */
export function addShares(call: PoolCall, dx: usize, outputs: i32, plane: i32): void {
  const channels = call.channels;
  let y = call.y + ((outputs * channels) << 2);
  let w0 = -call.paddingWidth;
  for (let w = 0; w < call.outputWidth; w++, w0 += call.strideWidth) {
    const first = max(0, -w0);
    const last = min(call.windowWidth, call.inputWidth - w0);
    const to = dx + (((w0 + first) * channels) << 2);
    const part = f32x4.splat(1 / <f32>(plane * (last - first)));
    for (let left = channels, at: usize = 0; left > 0; ) {
      const lanes = lanesOf(left);
      const share = f32x4.mul(take(y, lanes), part);
      let sum = to + at;
      for (let tap = first; tap < last; tap++, sum += channels << 2)
        put(sum, f32x4.add(take(sum, lanes), share), lanes);
      left -= lanes;
      at += lanes << 2;
      y += lanes << 2;
    }
  }
}
