/**
 * Neighbours in an output line of the depthwise form together, away from the borders of the line. Their taps stand at
 * equal distances, so that one address serves four of them, and a weight is read once. Four outputs times 8 channels
 * are summed in registers, in the order of the taps as everywhere.
 */
import {copyFloats, multiplyAdd} from '../arithmetic';
import {PartCall} from '../calls';

/** Outputs and channels of a tile; the latter in bytes. */
export const COLUMNS: i32 = 4;
const CHANNEL_BYTES: i32 = 32;

/** Whether the outputs inside of a line can go together: those of a grid, one for each channel of at least a tile. */
export function goesInRuns(call: PartCall): bool {
  return call.rule === 0 && call.outputs === 1 && call.groups << 2 >= CHANNEL_BYTES;
}

/** The first output of a line all of whose taps lie in the line. */
export function innerFrom(call: PartCall): i32 {
  return max(0, (call.paddingWidth + call.strideWidth - 1) / call.strideWidth);
}

/** The end of the outputs of a line all of whose taps lie in the line. */
export function innerEnd(call: PartCall): i32 {
  const last = call.inputWidth - 1 + call.paddingWidth - (call.tapsWidth - 1) * call.dilationWidth;
  return last < 0 ? 0 : min(call.outputWidth, last / call.strideWidth + 1);
}

/**
 * Lists the taps of the output at `row`, those in lines outside the input left out: for each the address that it
 * reads and that of its weights.
 *
 * @returns the end of the list, which begins at `pointers`
 */
export function listTaps(call: PartCall, row: i32): usize {
  const w = row % call.outputWidth;
  const line = row / call.outputWidth;
  const h = line % call.outputHeight;
  const t = (line / call.outputHeight) % call.outputTime;
  const clip = line / (call.outputHeight * call.outputTime);
  const rowBytes = call.xRowBytes;
  const step = call.dilationWidth * rowBytes;
  const w0 = (w * call.strideWidth - call.paddingWidth) * rowBytes;
  let to = call.pointers;
  let weights = call.weights;
  let ti = t * call.strideTime - call.paddingTime;
  for (let a = 0; a < call.tapsTime; a++, ti += call.dilationTime) {
    let hi = h * call.strideHeight - call.paddingHeight;
    for (let b = 0; b < call.tapsHeight; b++, hi += call.dilationHeight) {
      if (<u32>ti >= <u32>call.inputTime || <u32>hi >= <u32>call.inputHeight) {
        weights += call.tapsWidth * call.tapBytes;
        continue;
      }
      const start = (clip * call.inputTime + ti) * call.inputHeight + hi;
      let x = call.x + start * call.inputWidth * rowBytes + w0;
      for (let c = 0; c < call.tapsWidth; c++, to += 8, x += step, weights += call.tapBytes) {
        store<usize>(to, x);
        store<usize>(to, weights, 4);
      }
    }
  }
  return to;
}

/** `count` outputs from `row` on, at least 4, all inside of one line. */
export function depthwiseRun(call: PartCall, row: i32, count: i32): void {
  const end = listTaps(call, row);
  const stride = call.yRowBytes;
  const bytes = call.groups << 2;
  for (let i = 0; i < count; i += COLUMNS) {
    // The last tile may begin with outputs that are done, and with channels that are done: they are not kept.
    const first = min(i, count - COLUMNS);
    const y = call.y + (row + first) * stride;
    for (let at = 0; at < bytes; at += CHANNEL_BYTES) {
      const channel = min(at, bytes - CHANNEL_BYTES);
      if (first === i && channel === at) {
        runTile(call, end, first, at, y + at, y + at, stride);
        continue;
      }
      runTile(call, end, first, channel, y + channel, call.edge, CHANNEL_BYTES);
      const dropped = at - channel;
      for (let k = i - first; k < COLUMNS; k++) {
        const kept = call.edge + k * CHANNEL_BYTES + dropped;
        copyFloats(y + k * stride + at, kept, (CHANNEL_BYTES - dropped) >> 2);
      }
    }
  }
}

/** Four outputs from number `first` of the run on, 8 channels from byte `at` on: what `y` points to, written to `to`. */
export function runTile(
  call: PartCall,
  end: usize,
  first: i32,
  at: i32,
  y: usize,
  to: usize,
  toStride: i32,
): void {
  const apart = call.strideWidth * call.xRowBytes;
  const offset = first * apart + at;
  let from = call.starts ? call.bias + at : y;
  const fromStride = call.starts ? 0 : call.yRowBytes;
  let s00 = v128.load(from);
  let s01 = v128.load(from, 16);
  from += fromStride;
  let s10 = v128.load(from);
  let s11 = v128.load(from, 16);
  from += fromStride;
  let s20 = v128.load(from);
  let s21 = v128.load(from, 16);
  from += fromStride;
  let s30 = v128.load(from);
  let s31 = v128.load(from, 16);
  for (let tap = call.pointers; tap < end; tap += 8) {
    const weights = load<usize>(tap, 4) + at;
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    let x = load<usize>(tap) + offset;
    s00 = multiplyAdd(v128.load(x), w0, s00);
    s01 = multiplyAdd(v128.load(x, 16), w1, s01);
    x += apart;
    s10 = multiplyAdd(v128.load(x), w0, s10);
    s11 = multiplyAdd(v128.load(x, 16), w1, s11);
    x += apart;
    s20 = multiplyAdd(v128.load(x), w0, s20);
    s21 = multiplyAdd(v128.load(x, 16), w1, s21);
    x += apart;
    s30 = multiplyAdd(v128.load(x), w0, s30);
    s31 = multiplyAdd(v128.load(x, 16), w1, s31);
  }
  v128.store(to, s00);
  v128.store(to, s01, 16);
  to += toStride;
  v128.store(to, s10);
  v128.store(to, s11, 16);
  to += toStride;
  v128.store(to, s20);
  v128.store(to, s21, 16);
  to += toStride;
  v128.store(to, s30);
  v128.store(to, s31, 16);
}
