/**
 * The narrow form: convolutions with few channels on either side, band by band. A band is some output lines of a clip
 * in all its frames, or in those that a dilation makes a convolution of their own: every `periodTime`-th frame, every
 * `periodHeight`-th line. The input lines that it reads are copied into slots, one for each tap in time: channel by
 * channel, a plane each, with zeros where the input has nothing. So neighbouring outputs of one channel lie side by
 * side in vectors, whatever number of channels there is (narrow_tiles.ts), and only the sums are put in rows again.
 * Every sum is made in the order of taps and channels, wherever its output lies.
 */

import {NarrowCall, PartCall} from '../calls';
import {finishRun} from '../epilogue';
import {planesToRows, rowsToPlanes} from './narrow_copy';
import {fourOutputs, oneOutput, twoOutputs} from './narrow_tiles';

/** Products between two visits of a sum: what they read, at most a cache line each, and their weights stay in L1. */
const TURN: i32 = 256;

/** Bands `first` to `end - 1`. */
export function convolveNarrow(address: usize, first: i32, end: i32): void {
  const band = changetype<NarrowCall>(address);
  const call = changetype<PartCall>(band.part);
  for (; first < end; first++) {
    if (placeBand(band, call, first)) convolveBand(band, call);
  }
}

/** Sets where band number `at` lies. Classes of lines may differ by one in length: some end before their last band. */
export function placeBand(band: NarrowCall, call: PartCall, at: i32): bool {
  const sets = (call.groups + band.groups - 1) / band.groups;
  band.group = (at % sets) * band.groups;
  at /= sets;
  const pieces = (call.outputWidth + band.columns - 1) / band.columns;
  band.column = (at % pieces) * band.columns;
  at /= pieces;
  const bands = (linesOf(call.outputHeight, 0, band.periodHeight) + band.lines - 1) / band.lines;
  const skipped = (at % bands) * band.lines;
  at /= bands;
  const phase = at % band.periodHeight;
  at /= band.periodHeight;
  band.frame = at % band.periodTime;
  band.clip = at / band.periodTime;
  band.line = phase + skipped * band.periodHeight;
  band.lineCount = min(band.lines, linesOf(call.outputHeight, phase, band.periodHeight) - skipped);
  band.columnCount = min(band.columns, call.outputWidth - band.column);
  band.groupCount = min(band.groups, call.groups - band.group);
  return band.lineCount > 0;
}

/** How many of `all` there are from number `first` on, a period apart. */
function linesOf(all: i32, first: i32, period: i32): i32 {
  return (all - first + period - 1) / period;
}

/** The output frames of the band. */
export function framesOf(band: NarrowCall, call: PartCall): i32 {
  return linesOf(call.outputTime, band.frame, band.periodTime);
}

function convolveBand(band: NarrowCall, call: PartCall): void {
  clearSlots(band, call);
  let next = 0;
  const frames = framesOf(band, call);
  for (let i = 0; i < frames; i++) {
    const read = i * band.stepTime;
    next = fillSlots(band, call, max(next, read), read + call.tapsTime);
    convolveFrame(band, call, read, band.frame + i * band.periodTime);
  }
}

/** What lies outside the input is the same in all frames, and stays. */
export function clearSlots(band: NarrowCall, call: PartCall): void {
  memory.fill(band.slots, 0, call.tapsTime * slotBytes(band, call));
}

function slotBytes(band: NarrowCall, call: PartCall): i32 {
  return band.groups * call.inputs * band.planeBytes;
}

/** The input frame that is read as number `n`, counted over a tap's dilation from what the first tap of the band reads. */
function frameOf(band: NarrowCall, call: PartCall, n: i32): i32 {
  return band.frame * call.strideTime - call.paddingTime + n * call.dilationTime;
}

/** Puts frames number `n` to `end - 1` into their slots, if the input has them. */
export function fillSlots(band: NarrowCall, call: PartCall, n: i32, end: i32): i32 {
  for (; n < end; n++) {
    const frame = frameOf(band, call, n);
    if (<u32>frame >= <u32>call.inputTime) continue;
    const position = (band.clip * call.inputTime + frame) * call.inputHeight * call.inputWidth;
    const channel = (band.group * call.inputs) << 2;
    fillFrame(
      band,
      call,
      call.x + position * call.xRowBytes + channel,
      band.slots + (n % call.tapsTime) * slotBytes(band, call),
    );
  }
  return end;
}

/**
 * Lines that lie a stride apart in what a tap reads are side by side in a plane, and so are columns: outputs that are
 * neighbours read neighbours.
 */
function fillFrame(band: NarrowCall, call: PartCall, frame: usize, slot: usize): void {
  const step = band.stepHeight;
  const top = band.line * call.strideHeight - call.paddingHeight;
  const apart = call.tapsWidth === 1 ? 1 : call.strideWidth;
  const left = band.column * call.strideWidth - call.paddingWidth;
  const channels = band.groupCount * call.inputs;
  for (let column = 0; column < apart; column++) {
    for (let phase = 0; phase < band.phases; phase++) {
      for (let i = 0; i < band.phaseLines; i++, slot += band.pitch << 2) {
        const h = top + (i * step + phase) * call.dilationHeight;
        if (<u32>h >= <u32>call.inputHeight) continue;
        const start = left + column;
        const skipped = start < 0 ? (call.strideWidth - 1 - start) / call.strideWidth : 0;
        const from = start + skipped * call.strideWidth;
        const inside = (call.inputWidth - from + call.strideWidth - 1) / call.strideWidth;
        const count = min(inside, band.pitch - skipped);
        if (count <= 0) continue;
        rowsToPlanes(
          frame + (h * call.inputWidth + from) * call.xRowBytes,
          call.strideWidth * call.xRowBytes,
          slot + (skipped << 2),
          band.planeBytes,
          count,
          channels,
        );
      }
    }
  }
}

/** The outputs of frame `t`, whose first tap reads frame number `read`. */
function convolveFrame(band: NarrowCall, call: PartCall, read: i32, t: i32): void {
  if (!call.starts) moveSums(false, band, call, t);
  const end = listReads(band, call, read);
  const weights = call.weights + (firstRead(band, call, read) << 5);
  for (let group = 0; group < band.groupCount; group++) sumGroup(band, call, end, weights, group);
  moveSums(true, band, call, t);
}

/** How many taps in time read frames before the first one, from frame number `read` on. */
function framesBefore(band: NarrowCall, call: PartCall, read: i32): i32 {
  const frame = frameOf(band, call, read);
  return frame < 0 ? min(call.tapsTime, (call.dilationTime - 1 - frame) / call.dilationTime) : 0;
}

/** Which of the products of taps and inputs the list begins with. */
export function firstRead(band: NarrowCall, call: PartCall, read: i32): i32 {
  return framesBefore(band, call, read) * call.tapsHeight * call.tapsWidth * call.inputs;
}

/**
 * Lists where the first output of a frame reads, whose first tap reads frame number `read`: in the order of the taps and of
 * a group's channels. Lines outside the input are in the slots, frames outside are left out.
 *
 * @returns the end of the list, which begins at `call.pointers`
 */
export function listReads(band: NarrowCall, call: PartCall, read: i32): usize {
  const step = band.stepHeight;
  let to = call.pointers;
  for (let a = framesBefore(band, call, read); a < call.tapsTime; a++) {
    if (frameOf(band, call, read + a) >= call.inputTime) break;
    const slot = band.slots + ((read + a) % call.tapsTime) * slotBytes(band, call);
    for (let b = 0; b < call.tapsHeight; b++) {
      for (let c = 0; c < call.tapsWidth; c++) {
        const w = c * call.dilationWidth;
        const phase = (w % call.strideWidth) * band.phases + (b % step);
        const line = phase * band.phaseLines + b / step;
        let plane = slot + ((line * band.pitch + w / call.strideWidth) << 2);
        for (let i = 0; i < call.inputs; i++, plane += band.planeBytes, to += 4) store<usize>(to, plane);
      }
    }
  }
  return to;
}

/** All outputs of a group, a turn at a time. */
function sumGroup(band: NarrowCall, call: PartCall, end: usize, weights: usize, group: i32): void {
  const outputs = call.outputs;
  const panelBytes = (call.taps * call.inputs) << 5;
  const offset = group * call.inputs * band.planeBytes;
  const sums = band.sums + group * outputs * band.sumsBytes;
  const all = band.group + group;
  let bias = call.starts ? call.bias + ((all * outputs) << 2) : 0;
  weights += all * ((outputs + 7) >> 3) * panelBytes;
  for (let list = call.pointers; ; list += TURN << 2, weights += TURN << 5, bias = 0) {
    const till = min(end, list + (TURN << 2));
    for (let output = 0; output < outputs; ) {
      // Where the panels have the output's column, see pack.ts.
      const panel = output >> 3;
      const first = min(panel << 3, max(0, outputs - 8));
      const column = weights + panel * panelBytes + ((output - first) << 2);
      const start = bias ? bias + (output << 2) : 0;
      output += sumOutputs(
        outputs - output,
        band,
        list,
        till,
        offset,
        column,
        start,
        sums + output * band.sumsBytes,
      );
    }
    if (till >= end) return;
  }
}

/** As many of `left` outputs as go in a tile, all lines of the band; returns how many. */
function sumOutputs(
  left: i32,
  band: NarrowCall,
  list: usize,
  end: usize,
  offset: usize,
  weights: usize,
  bias: usize,
  sums: usize,
): i32 {
  const outputs = left >= 4 ? 4 : left >= 2 ? 2 : 1;
  const apart = band.sumsBytes;
  // Side by side with what lies between them, or line by line.
  const joined = band.sumsPitch === band.pitch;
  const count = joined ? (band.lineCount - 1) * band.pitch + band.columnCount : band.columnCount;
  for (let line = joined ? 1 : band.lineCount; line > 0; line--) {
    if (outputs === 4) fourOutputs(list, end, offset, weights, bias, sums, apart, count);
    else if (outputs === 2) twoOutputs(list, end, offset, weights, bias, sums, apart, count);
    else oneOutput(list, end, offset, weights, bias, sums, count);
    offset += band.pitch << 2;
    sums += band.sumsPitch << 2;
  }
  return outputs;
}

/** From planes to the rows of frame `t`, where the sums are then ended; or from rows to planes. */
export function moveSums(ends: bool, band: NarrowCall, call: PartCall, t: i32): void {
  const channels = band.groupCount * call.outputs;
  let y = call.y + band.clip * band.yClip + t * band.yFrame + ((band.group * call.outputs) << 2);
  y += band.line * band.yLine + band.column * band.yStep;
  let sums = band.sums;
  for (let i = 0; i < band.lineCount; i++, sums += band.sumsPitch << 2, y += band.periodHeight * band.yLine) {
    if (ends) {
      planesToRows(sums, band.sumsBytes, y, band.yStep, band.columnCount, channels);
      finishLine(call, y, band.yStep, band.columnCount, channels);
    } else rowsToPlanes(y, band.yStep, sums, band.sumsBytes, band.columnCount, channels);
  }
}

function finishLine(call: PartCall, y: usize, step: i32, count: i32, channels: i32): void {
  if (!call.activation && !call.residual) return;
  if (step === channels << 2) {
    channels *= count;
    count = 1;
  }
  for (; count > 0; count--, y += step) {
    finishRun(y, call.residual ? call.residual + (y - call.y) : 0, channels, call.activation);
  }
}
