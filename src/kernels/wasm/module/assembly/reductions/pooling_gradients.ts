/**
 * The gradients of pooling, line by line of the input: every output whose window holds some of the line adds to it, in the order of the
 * outputs. A function does the lines `[first, end)` of `dx` and writes no others, so that lines may be shared out among threads.
 */
import {lanesOf, put, take, zeroFloats} from '../arithmetic';
import {PoolCall} from '../calls';

/** The gradients of the outputs that were taken from each input. Needs all of `taps`. */
export function maxPoolGradient(address: usize, first: i32, end: i32): void {
  for (; first < end; first++) gradientOfLine(changetype<PoolCall>(address), first, true);
}

/** Of the gradients of the outputs whose window holds an input its share. */
export function averagePoolGradient(address: usize, first: i32, end: i32): void {
  for (; first < end; first++) gradientOfLine(changetype<PoolCall>(address), first, false);
}

function gradientOfLine(call: PoolCall, line: i32, isMax: bool): void {
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
    const t0 = t * call.strideTime;
    const depth = inside(t0 - call.paddingTime, call.windowTime, call.inputTime);
    for (let h = firstWindow(atHeight, call.windowHeight, call.strideHeight); h < hEnd; h++) {
      const h0 = h * call.strideHeight;
      const outputs = ((clip + t) * call.outputHeight + h) * call.outputWidth;
      const tap = ((atTime - t0) * call.windowHeight + atHeight - h0) * call.windowWidth;
      const plane = depth * inside(h0 - call.paddingHeight, call.windowHeight, call.inputHeight);
      if (isMax) addTaken(call, dx, outputs, tap);
      else addShares(call, dx, outputs, plane);
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

/** Adds to a line the gradients of a line of outputs, where they came from it: `firstTap` and those that follow. */
export function addTaken(call: PoolCall, dx: usize, outputs: i32, firstTap: i32): void {
  const channels = call.channels;
  let offset = (outputs * channels) << 2;
  let w0 = -call.paddingWidth;
  for (let w = 0; w < call.outputWidth; w++, w0 += call.strideWidth) {
    const first = max(0, -w0);
    const last = min(call.windowWidth, call.inputWidth - w0);
    const to = dx + (((w0 + first) * channels) << 2);
    for (let left = channels, at: usize = 0; left > 0; ) {
      const lanes = lanesOf(left);
      const dy = take(call.y + offset, lanes);
      const taken = take(call.taps + offset, lanes);
      let sum = to + at;
      for (let tap = first; tap < last; tap++, sum += channels << 2) {
        const own = i32x4.eq(taken, i32x4.splat(firstTap + tap));
        put(sum, f32x4.add(take(sum, lanes), v128.and(dy, own)), lanes);
      }
      left -= lanes;
      at += lanes << 2;
      offset += lanes << 2;
    }
  }
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
