/**
 * The gradient with respect to the filter in the narrow form (narrow.ts): planes of what a tap reads, times planes of output
 * gradients, summed over the positions of a frame of a band in registers and then added to the result. What lies
 * between lines of output gradients is zero.
 */
import {multiplyAdd, zeroFloats} from '../arithmetic';
import {NarrowCall, PartCall, PiecesCall} from '../calls';
import {beginOf, endOf, sharesFrom, sumsOf} from '../pieces';
import {clearSlots, fillSlots, firstRead, framesOf, listReads, moveSums, placeBand} from './narrow';

/** Shares are rows of the filter, counted over `[taps, inputs]`. */
export function productNarrow(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const band = changetype<NarrowCall>(pieces.of);
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const row = first % pieces.shares;
    changetype<PartCall>(band.part).weights = sumsOf(pieces, first);
    productBands(band, row, row + shares, beginOf(pieces, first), endOf(pieces, first));
  }
}

/** Shares are outputs with all rows of the filter, of a part of one group. */
export function productNarrowOutputs(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const band = changetype<NarrowCall>(pieces.of);
  const call = changetype<PartCall>(band.part);
  const outputs = call.outputs;
  const dy = call.y;
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const output = first % pieces.shares;
    const offset = (<usize>output) << 2;
    call.outputs = shares;
    call.y = dy + offset;
    call.weights = sumsOf(pieces, first) + offset;
    productBands(band, 0, call.taps * call.inputs, beginOf(pieces, first), endOf(pieces, first));
  }
  call.outputs = outputs;
  call.y = dy;
}

/** What bands `at` to `till - 1` have of rows `first` to `end - 1` of the filter. */
function productBands(band: NarrowCall, first: i32, end: i32, at: i32, till: i32): void {
  const call = changetype<PartCall>(band.part);
  if (call.starts) {
    for (let row = first; row < end; row++) {
      zeroFloats(call.weights + row * call.tapBytes, call.groups * call.outputs);
    }
  }
  for (; at < till; at++) {
    if (placeBand(band, call, at)) productBand(band, call, first, end);
  }
}

function productBand(band: NarrowCall, call: PartCall, first: i32, end: i32): void {
  clearSlots(band, call);
  memory.fill(band.sums, 0, band.groups * call.outputs * band.sumsBytes);
  let next = 0;
  const frames = framesOf(band, call);
  for (let i = 0; i < frames; i++) {
    const read = i * band.stepTime;
    next = fillSlots(band, call, max(next, read), read + call.tapsTime);
    moveSums(false, band, call, band.frame + i * band.periodTime);
    const from = firstRead(band, call, read);
    const till = from + <i32>((listReads(band, call, read) - call.pointers) >> 2);
    for (let group = 0; group < band.groupCount; group++) {
      productGroup(band, call, group, from, max(first, from), min(end, till));
    }
  }
}

/** Rows `first` to `end - 1`, of which the list begins with row `from`. */
function productGroup(band: NarrowCall, call: PartCall, group: i32, from: i32, first: i32, end: i32): void {
  const outputs = call.outputs;
  const offset = group * call.inputs * band.planeBytes;
  const joined = band.sumsPitch === band.pitch;
  const count = joined ? (band.lineCount - 1) * band.pitch + band.columnCount : band.columnCount;
  const lines = joined ? 1 : band.lineCount;
  for (let row = first; row < end; row += 4) {
    const held = min(4, end - row);
    const reads = call.pointers + ((row - from) << 2);
    let result = call.weights + row * call.tapBytes + (((band.group + group) * outputs) << 2);
    let dy = band.sums + group * outputs * band.sumsBytes;
    for (let output = 0; output < outputs; output += 2, dy += 2 * band.sumsBytes, result += 8) {
      const columns = min(2, outputs - output);
      narrowTile(band, call, reads, offset, dy, held, columns, lines, count);
      for (let k = 0; k < held; k++) {
        const to = result + k * call.tapBytes;
        for (let c = 0; c < columns; c++) {
          store<f32>(to + (c << 2), load<f32>(to + (c << 2)) + load<f32>(call.edge + ((c * 4 + k) << 2)));
        }
      }
    }
  }
}

/** At most four rows times two outputs, eight sums in registers; rows and outputs that are not there repeat the first. */
export function narrowTile(
  band: NarrowCall,
  call: PartCall,
  reads: usize,
  offset: usize,
  dy: usize,
  held: i32,
  columns: i32,
  lines: i32,
  count: i32,
): void {
  let x0 = load<usize>(reads) + offset;
  let x1 = held > 1 ? load<usize>(reads, 4) + offset : x0;
  let x2 = held > 2 ? load<usize>(reads, 8) + offset : x0;
  let x3 = held > 3 ? load<usize>(reads, 12) + offset : x0;
  let dy1 = columns > 1 ? dy + band.sumsBytes : dy;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const bytes = ((count + 3) & ~3) << 2;
  for (; lines > 0; lines--) {
    for (let i = 0; i < bytes; i += 16) {
      const b0 = v128.load(dy + i);
      const b1 = v128.load(dy1 + i);
      let a = v128.load(x0 + i);
      s00 = multiplyAdd(a, b0, s00);
      s01 = multiplyAdd(a, b1, s01);
      a = v128.load(x1 + i);
      s10 = multiplyAdd(a, b0, s10);
      s11 = multiplyAdd(a, b1, s11);
      a = v128.load(x2 + i);
      s20 = multiplyAdd(a, b0, s20);
      s21 = multiplyAdd(a, b1, s21);
      a = v128.load(x3 + i);
      s30 = multiplyAdd(a, b0, s30);
      s31 = multiplyAdd(a, b1, s31);
    }
    x0 += band.pitch << 2;
    x1 += band.pitch << 2;
    x2 += band.pitch << 2;
    x3 += band.pitch << 2;
    dy += band.sumsPitch << 2;
    dy1 += band.sumsPitch << 2;
  }
  v128.store(call.edge, sumsOfLanes(s00, s10, s20, s30));
  v128.store(call.edge, sumsOfLanes(s01, s11, s21, s31), 16);
}

/** The sum of the lanes of each vector. */
function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 1, 4, 5), i32x4.shuffle(c, d, 2, 3, 6, 7));
  return f32x4.add(i32x4.shuffle(ab, cd, 0, 2, 4, 6), i32x4.shuffle(ab, cd, 1, 3, 5, 7));
}
