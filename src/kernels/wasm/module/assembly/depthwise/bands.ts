/**
 * The depthwise form band by band. A band is some output lines in all frames of a clip, and some channels. The input
 * lines that it reads are first copied into slots, one for each frame that the taps reach: four channels at a time, a
 * plane, and lines one after the other with zeros between them. So all outputs of a frame, those at the borders too,
 * are neighbours that read at equal distances (band_tiles.ts), and what they read lies side by side in cache. The
 * outputs between the lines, of which there are few, are dropped. A line rule has no lines to pad: its band is some
 * positions of the line, put in their order.
 */

import {BandCall, PartCall} from '../calls';
import {finishRun} from '../epilogue';
import {copyLine, copyRows, fillSlot} from './band_copy';
import {fiveTiles, singleTiles, threeTiles, threeTilesApart} from './band_tiles';

/** Bands `first` to `end - 1`. */
export function convolveBands(address: usize, first: i32, end: i32): void {
  const band = changetype<BandCall>(address);
  const call = changetype<PartCall>(band.part);
  const pieces = (call.groups + band.channels - 1) / band.channels;
  const lines = call.rule === 1 ? call.outputHeight * call.outputWidth : call.outputHeight;
  const bands = (lines + band.lines - 1) / band.lines;
  for (; first < end; first++) {
    const channel = (first % pieces) * band.channels;
    const line = ((first / pieces) % bands) * band.lines;
    convolveBand(band, call, first / (pieces * bands), line, min(band.lines, lines - line), channel);
  }
}

function convolveBand(band: BandCall, call: PartCall, clip: i32, line: i32, lines: i32, channel: i32): void {
  const channels = min(band.channels, call.groups - channel);
  const slotBytes = (band.channels >> 2) * band.slotBytes;
  const frameBytes = call.inputHeight * call.inputWidth * call.xRowBytes;
  const x = call.x + clip * call.inputTime * frameBytes + (channel << 2);
  copyWeights(band, call, channel, channels);
  // What lies outside the input is the same in all frames, and stays.
  memory.fill(band.slots, 0, band.ring * slotBytes);
  let next = 0;
  for (let t = 0; t < call.outputTime; t++) {
    const first = t * call.strideTime - call.paddingTime;
    const end = min(call.inputTime, first + (call.tapsTime - 1) * call.dilationTime + 1);
    for (next = max(next, first); next < end; next++) {
      fillSlot(
        band,
        call,
        x + next * frameBytes,
        line,
        band.slots + (next % band.ring) * slotBytes,
        channels,
      );
    }
    const at = clip * band.yClip + t * band.yFrame + (channel << 2);
    convolveFrame(band, call, at, first, line, lines, channels);
  }
}

/** Of each plane the bias and then the weights, so that reading four of them stays in bounds. */
function copyWeights(band: BandCall, call: PartCall, channel: i32, channels: i32): void {
  const planeBytes = (call.taps + 1) << 4;
  const at = channel << 2;
  copyRows(false, call.bias + at, 0, band.weights, planeBytes, 1, channels);
  copyRows(false, call.weights + at, call.tapBytes, band.weights + 16, planeBytes, call.taps, channels);
}

/** The outputs of one frame, at byte `at` of the output. `first` is the frame that the first tap in time reads, which may be none. */
function convolveFrame(
  band: BandCall,
  call: PartCall,
  at: i32,
  first: i32,
  line: i32,
  lines: i32,
  channels: i32,
): void {
  const residuals = band.sums + (band.channels >> 2) * band.sumsBytes;
  if (!call.starts) moveSums(false, band, call, call.y + at, band.sums, line, lines, channels);
  if (call.residual) moveSums(false, band, call, call.residual + at, residuals, line, lines, channels);
  const count = call.rule === 1 ? lines : ((lines - 1) * band.pitch) / call.strideWidth + call.outputWidth;
  sumPlanes(band, call, first, count, channels);
  for (let plane = 0; plane < (channels + 3) >> 2; plane++) {
    if (!call.residual && !call.activation) break;
    const offset = plane * band.sumsBytes;
    finishRun(band.sums + offset, call.residual ? residuals + offset : 0, count << 2, call.activation);
  }
  moveSums(true, band, call, call.y + at, band.sums, line, lines, channels);
}

/** Values between the rows of a frame, of the output or the residual, and planes. */
function moveSums(
  back: bool,
  band: BandCall,
  call: PartCall,
  rows: usize,
  planes: usize,
  line: i32,
  lines: i32,
  channels: i32,
): void {
  const planeBytes = band.sumsBytes;
  if (call.rule === 1) {
    const first = band.yFirst + line * band.yApart;
    copyLine(
      back,
      rows,
      call.yRowBytes,
      band.yHeight,
      band.yWidth,
      first,
      band.yApart,
      lines,
      planes,
      planeBytes,
      channels,
    );
    return;
  }
  const pitch = (band.pitch / call.strideWidth) << 4;
  rows += line * band.yLine;
  for (let i = 0; i < lines; i++, rows += band.yLine, planes += pitch) {
    copyRows(back, rows, band.yStep, planes, planeBytes, call.outputWidth, channels);
  }
}

/** `count` neighbouring outputs in all planes. */
function sumPlanes(band: BandCall, call: PartCall, first: i32, count: i32, channels: i32): void {
  // Taps in frames before the first are left out, those in frames after the last by listFrameTaps.
  const skipped = first < 0 ? (call.dilationTime - 1 - first) / call.dilationTime : 0;
  const end = listFrameTaps(band, call, first, skipped);
  const skippedBytes = (skipped * call.tapsHeight * call.tapsWidth) << 4;
  const planes = (channels + 3) >> 2;
  for (let plane = 0; plane < planes; plane++) {
    const bias = band.weights + ((plane * (call.taps + 1)) << 4);
    const sums = band.sums + plane * band.sumsBytes;
    sumPlane(
      call,
      band.span,
      end,
      plane * band.slotBytes,
      bias + 16 + skippedBytes,
      call.starts ? bias : sums,
      call.starts ? 0 : 16,
      sums,
      count,
    );
  }
}

function sumPlane(
  call: PartCall,
  span: i32,
  end: usize,
  offset: usize,
  weights: usize,
  from: usize,
  fromStride: i32,
  sums: usize,
  count: i32,
): void {
  const list = call.pointers;
  if (span === 5) fiveTiles(list, end, offset, weights, from, fromStride, sums, count);
  else if (span === 1)
    singleTiles(list, end, offset, call.strideWidth << 4, weights, from, fromStride, sums, count);
  else if (call.strideWidth === 1) threeTiles(list, end, offset, weights, from, fromStride, sums, count);
  else threeTilesApart(list, end, offset, weights, from, fromStride, sums, count);
}

/**
 * Lists where the first output of a frame reads, in the order of the taps: an address for as many neighbouring taps as
 * a tile takes at once. Lines outside the input are in the slots, frames outside are not.
 *
 * @returns the end of the list, which begins at `call.pointers`
 */
export function listFrameTaps(band: BandCall, call: PartCall, first: i32, skipped: i32): usize {
  const slotBytes = (band.channels >> 2) * band.slotBytes;
  let to = call.pointers;
  for (let a = skipped; a < call.tapsTime; a++) {
    const frame = first + a * call.dilationTime;
    if (frame >= call.inputTime) break;
    const slot = band.slots + (frame % band.ring) * slotBytes;
    for (let b = 0; b < call.tapsHeight; b++) {
      const h = b * call.dilationHeight;
      const line = (h % call.strideHeight) * band.phaseLines + h / call.strideHeight;
      for (let c = 0; c < call.tapsWidth; c += band.span, to += 4) {
        store<usize>(to, slot + ((line * band.pitch + c * call.dilationWidth) << 4));
      }
    }
  }
  return to;
}
