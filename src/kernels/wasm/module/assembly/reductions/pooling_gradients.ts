/**
 * The gradients of pooling, line by line of the input. A function does the lines `[first, end)` of `dx` and writes no others, so that
 * lines may be shared out among threads; what several outputs give an input is added in the order of the outputs.
 */
import {lanesOf, put, take, zeroFloats} from '../arithmetic';
import {PoolCall} from '../calls';
import {ENTRY, isAsBefore, least, listWindow} from './pooling';

/** The gradients of the outputs that were taken from each input; of several equal ones the last one was. */
export function maxPoolGradient(address: usize, first: i32, end: i32): void {
  gradientOfMax<f32>(changetype<PoolCall>(address), first, end);
}

/** The same of int32. */
export function maxPoolGradientOfWholes(address: usize, first: i32, end: i32): void {
  gradientOfMax<i32>(changetype<PoolCall>(address), first, end);
}

/** Goes through the outputs whose windows hold some of the lines. Those at the ends are gone through for the lines beyond, too. */
function gradientOfMax<T>(call: PoolCall, first: i32, end: i32): void {
  if (first === end) return;
  const length = call.inputWidth * call.channels;
  zeroFloats(call.dx + ((first * length) << 2), (end - first) * length);
  const clipLines = call.inputTime * call.inputHeight;
  for (let clip = first / clipLines; clip * clipLines < end; clip++) {
    for (let t = 0; t < call.outputTime; t++) {
      for (let h = 0; h < call.outputHeight; h++) {
        if (!isReached(call, clip, t, h, first, end)) continue;
        const line = (clip * call.outputTime + t) * call.outputHeight + h;
        handBackLine<T>(call, line, (first * length) << 2, ((end - first) * length) << 2);
      }
    }
  }
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
  const channels = call.channels;
  const step = (call.strideWidth * channels) << 2;
  let y = call.y + ((line * call.outputWidth * channels) << 2);
  let shift: usize = 0;
  let stop: usize = 0;
  for (let column = 0; column < call.outputWidth; column++) {
    if (isAsBefore(call, column)) shift += step;
    else {
      shift = 0;
      stop = listWindow(call, line * call.outputWidth + column);
    }
    let at = 0;
    for (; at + 4 <= channels; at += 4) handBackFour<T>(call, stop, shift, at, 0, y, from, bytes);
    if (at < channels && channels >= 4) {
      // The last four, of which the first have had theirs.
      handBackFour<T>(call, stop, shift, channels - 4, at + 4 - channels, y, from, bytes);
    } else for (; at < channels; at++) handBackOne<T>(call, stop, shift, at, y, from, bytes);
    y += channels << 2;
  }
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
  let found = i32x4.splat(-1);
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const values = v128.load(x + load<usize>(entry));
    const better = v128.ge<T>(values, most);
    most = v128.bitselect(values, most, better);
    found = v128.bitselect(v128.load32_splat(entry), found, better);
  }
  const dx = call.dx + at;
  const y = outputs + (channel << 2);
  const begin = from - shift;
  if (done < 1) addFound(dx, i32x4.extract_lane(found, 0), y, begin, bytes);
  if (done < 2) addFound(dx + 4, i32x4.extract_lane(found, 1), y + 4, begin, bytes);
  if (done < 3) addFound(dx + 8, i32x4.extract_lane(found, 2), y + 8, begin, bytes);
  addFound(dx + 12, i32x4.extract_lane(found, 3), y + 12, begin, bytes);
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
  let found = -1;
  for (let entry = call.list; entry < stop; entry += ENTRY) {
    const value = load<T>(x + load<usize>(entry));
    if (value >= most) {
      most = value;
      found = load<i32>(entry);
    }
  }
  addFound(call.dx + at, found, outputs + (channel << 2), from - shift, bytes);
}

/** Adds the gradient at `y` to the input that was found, if one was and its row begins within so many bytes from `begin` on. */
function addFound(dx: usize, found: i32, y: usize, begin: usize, bytes: usize): void {
  if (found === -1 || <usize>found - begin >= bytes) return;
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
