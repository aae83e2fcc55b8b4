/**
 * The gradient with respect to the filter, depthwise form, of grids with three taps along the width: what the three read of a line
 * of the input lies at equal distances, so that no addresses are listed, and an output gradient is read once for all three. 8
 * channels at a time; some lines are summed in registers and then added to the result.
 */
import {multiplyAdd, zeroFloats} from '../arithmetic';
import {BLOCK, PartCall, PiecesCall} from '../calls';
import {beginOf, endOf, sharesFrom, sumsOf} from '../pieces';

/** Shares are fours of channels with all taps, of a part with 8 channels or more, one output each. */
export function productLineTaps(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const call = changetype<PartCall>(pieces.of);
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const four = first % pieces.shares;
    call.weights = sumsOf(pieces, first);
    const last = min((four + shares) << 4, call.groups << 2);
    productOfFrames(call, four << 4, last, beginOf(pieces, first), endOf(pieces, first));
  }
}

/** All taps of the channels in bytes `begin` to `last - 1`, of output frames `frame` to `till - 1`. */
function productOfFrames(call: PartCall, begin: i32, last: i32, frame: i32, till: i32): void {
  const all = call.groups << 2;
  if (call.starts) {
    for (let tap = 0; tap < call.taps; tap++) {
      zeroFloats(call.weights + tap * call.tapBytes + begin, (last - begin) >> 2);
    }
  }
  const lines = max(1, (2 * BLOCK) / call.outputWidth);
  for (; frame < till; frame++) {
    for (let line = 0; line < call.outputHeight; line += lines) {
      const end = min(call.outputHeight, line + lines);
      for (let at = begin; at < last; at += 32) {
        // Eight at the end begin with others, which are done, or someone else's.
        const from = min(at, all - 32);
        productOfLines(call, frame, line, end, from, at - from, min(32, last - at));
      }
    }
  }
}

/** What lines `line` to `till - 1` of a frame add to all taps of 8 channels, of which `bytes` bytes after the first `skipped` are wanted. */
function productOfLines(
  call: PartCall,
  frame: i32,
  line: i32,
  till: i32,
  at: usize,
  skipped: i32,
  bytes: i32,
): void {
  const time = frame % call.outputTime;
  const clip = frame / call.outputTime;
  const dy = call.y + frame * call.outputHeight * call.outputWidth * call.yRowBytes + at;
  let tap = 0;
  for (let a = 0; a < call.tapsTime; a++) {
    const t = time * call.strideTime - call.paddingTime + a * call.dilationTime;
    const x = call.x + (clip * call.inputTime + t) * call.inputHeight * call.inputWidth * call.xRowBytes + at;
    for (let b = 0; b < call.tapsHeight; b++, tap += 3) {
      if (<u32>t >= <u32>call.inputTime) continue;
      // The first of the lines whose tap is inside, and the first behind.
      const h = b * call.dilationHeight - call.paddingHeight;
      const first = max(line, stepsBefore(-h, call.strideHeight));
      const end = min(till, stepsBefore(call.inputHeight - h, call.strideHeight));
      if (first >= end) continue;
      const from = x + (first * call.strideHeight + h) * call.inputWidth * call.xRowBytes;
      threeTaps(call, from, dy + first * call.outputWidth * call.yRowBytes, end - first);
      const to = call.weights + tap * call.tapBytes + at + skipped;
      for (let c = 0; c < 3; c++) addPart(to + c * call.tapBytes, call.edge + (c << 5) + skipped, bytes);
    }
  }
}

/** How many outputs read what is before position `position`, `stride` positions apart from 0 on. */
function stepsBefore(position: i32, stride: i32): i32 {
  return position <= 0 ? 0 : stride === 1 ? position : (position + stride - 1) / stride;
}

/** Adds at most 8 floats. */
function addPart(to: usize, sums: usize, bytes: i32): void {
  if (bytes === 32) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(sums)));
    v128.store(to, f32x4.add(v128.load(to, 16), v128.load(sums, 16)), 16);
    return;
  }
  for (let i = 0; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(sums + i));
}

/** The sums of three taps of 8 channels over `lines` lines, to `edge`: outputs that read all three, then those at the borders. */
function threeTaps(call: PartCall, x: usize, dy: usize, lines: i32): void {
  const apart = call.dilationWidth;
  const stride = call.strideWidth;
  const left = -call.paddingWidth;
  const width = call.outputWidth;
  const xLine = call.strideHeight * call.inputWidth * call.xRowBytes;
  const dyLine = width * call.yRowBytes;
  // Outputs before `first` do not read with the first tap, those from `end` on not with the last one.
  const first = min(width, stepsBefore(-left, stride));
  const end = max(first, min(width, stepsBefore(call.inputWidth - left - 2 * apart, stride)));
  const at = (first * stride + left) * call.xRowBytes;
  sumsOfThree(call, x + at, dy + first * call.yRowBytes, lines, end - first, xLine, dyLine);
  for (let w = 0; w < width; w++) {
    if (w === first) w = end;
    if (w >= width) break;
    for (let c = 0; c < 3; c++) {
      const column = w * stride + left + c * apart;
      if (<u32>column >= <u32>call.inputWidth) continue;
      addPosition(
        call.edge + (c << 5),
        x + column * call.xRowBytes,
        dy + w * call.yRowBytes,
        lines,
        xLine,
        dyLine,
      );
    }
  }
}

/** One position of each line, one tap, added to its sums. */
function addPosition(to: usize, x: usize, dy: usize, lines: i32, xLine: i32, dyLine: i32): void {
  let s0 = v128.load(to);
  let s1 = v128.load(to, 16);
  for (; lines > 0; lines--, x += xLine, dy += dyLine) {
    s0 = multiplyAdd(v128.load(x), v128.load(dy), s0);
    s1 = multiplyAdd(v128.load(x, 16), v128.load(dy, 16), s1);
  }
  v128.store(to, s0);
  v128.store(to, s1, 16);
}

/** The inner loop: 8 channels of three taps, six sums in registers. */
export function sumsOfThree(
  call: PartCall,
  x: usize,
  dy: usize,
  lines: i32,
  count: i32,
  xLine: i32,
  dyLine: i32,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  const apart = call.dilationWidth * call.xRowBytes;
  const xStep = call.strideWidth * call.xRowBytes;
  const dyStep = call.yRowBytes;
  for (; lines > 0; lines--, x += xLine, dy += dyLine) {
    let x0 = x;
    let x1 = x + apart;
    let x2 = x1 + apart;
    let d = dy;
    for (let i = count; i > 0; i--) {
      const d0 = v128.load(d);
      const d1 = v128.load(d, 16);
      s00 = multiplyAdd(v128.load(x0), d0, s00);
      s01 = multiplyAdd(v128.load(x0, 16), d1, s01);
      s10 = multiplyAdd(v128.load(x1), d0, s10);
      s11 = multiplyAdd(v128.load(x1, 16), d1, s11);
      s20 = multiplyAdd(v128.load(x2), d0, s20);
      s21 = multiplyAdd(v128.load(x2, 16), d1, s21);
      x0 += xStep;
      x1 += xStep;
      x2 += xStep;
      d += dyStep;
    }
  }
  v128.store(call.edge, s00);
  v128.store(call.edge, s01, 16);
  v128.store(call.edge, s10, 32);
  v128.store(call.edge, s11, 48);
  v128.store(call.edge, s20, 64);
  v128.store(call.edge, s21, 80);
}
