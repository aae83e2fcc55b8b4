/**
 * The minimal-filtering form of dense convolution with three taps and stride 1 along an axis (Winograd 1980; Lavin and
 * Gray 2016): two neighbouring outputs, which read four inputs, take four products a channel instead of six, along
 * height and width together sixteen instead of thirty-six. Inputs of a tile are transformed, multiplied with transformed
 * weights by the tiles of dense.ts, one matrix product for each of the four or sixteen, and the sums transformed back.
 * All factors of the transforms are 1 and 1/2, so that whole numbers stay exact.
 */
import {copyFloats} from '../arithmetic';
import {PackCall, PartCall, WinogradCall} from '../calls';
import {multiplyPanels, panelBytes} from '../dense/panels';
import {largeInputs, largeOutputs} from './large_tiles';
import {largeTimeInputs, largeTimeOutputs} from './large_time_tiles';
import {frameOfTile, isAlongTime, placeSums, sideOf, tilesHeight, tilesTime, tilesWidth} from './tiles';
import {transformPanels} from './weights';
import {frameSums, timeSums, transformFrame, transformTime} from './winograd_transforms';

/** Runs one part over its tiles `first` to `end - 1`: of 2 x 2 outputs of a frame, or of 2 outputs along time; or of 4. */
export function convolveWinograd(address: usize, first: i32, end: i32): void {
  const call = changetype<WinogradCall>(address);
  for (; first < end; first += call.block) winogradBlock(call, first, min(call.block, end - first));
}

/** Runs the one part of a call, whose tiles are one block, over its panels of 8 outputs `first` to `end - 1`, all of them whole. */
export function convolveWinogradPanels(address: usize, first: i32, end: i32): void {
  const call = changetype<WinogradCall>(address);
  const part = changetype<PartCall>(call.part);
  const product = changetype<PartCall>(call.product);
  const outputs = part.outputs;
  const offset = (<usize>first) << 5;
  const panel = call.pack ? 0 : first * panelBytes(product);
  movePanels(part, product, (end - first) << 3, offset, panel);
  if (call.pack) filterBlock(call, first, end);
  else winogradBlock(call, 0, call.tiles);
  movePanels(part, product, outputs, 0 - offset, 0 - panel);
}

/** Has a part begin so many bytes further on, in its outputs and in its weights, with so many outputs. */
function movePanels(part: PartCall, product: PartCall, outputs: i32, offset: usize, panel: i32): void {
  part.outputs = outputs;
  product.outputs = outputs;
  product.yRowBytes = outputs << 2;
  part.y += offset;
  part.bias += offset;
  if (part.residual) part.residual += offset;
  part.weights += panel;
}

/** Taps in time that are summed, each with products of its own. */
export function turnsOf(call: WinogradCall, part: PartCall): i32 {
  return isAlongTime(call) ? 1 : part.tapsTime;
}

/** The inputs of one turn, transformed. */
export function transformInputs(call: WinogradCall, part: PartCall, first: i32, count: i32, turn: i32): void {
  const large = sideOf(call) === 4;
  if (isAlongTime(call)) {
    if (large) largeTimeInputs(call, part, first, count);
    else timeInputs(call, part, first, count);
  } else if (large) largeInputs(call, part, first, count, turn * part.dilationTime - part.paddingTime);
  else frameInputs(call, part, first, count, turn * part.dilationTime - part.paddingTime);
}

export function winogradBlock(call: WinogradCall, first: i32, count: i32): void {
  const part = changetype<PartCall>(call.part);
  listValues(call, part, count);
  const turns = turnsOf(call, part);
  for (let turn = 0; turn < turns; turn++) {
    transformInputs(call, part, first, count, turn);
    for (let i = 0; i < call.parts; i++) {
      const one = changetype<PartCall>(call.part + i * call.partBytes);
      multiplyValues(call, one.weights + turn * one.inputs * 32, call.sums, turn > 0, count);
      if (turn + 1 === turns) placeOutputs(call, one, first, count);
    }
  }
}

/** All tiles with panels `first` to `end - 1`, of whose weights a few panels at a time are transformed and stay in the cache. */
function filterBlock(call: WinogradCall, first: i32, end: i32): void {
  const part = changetype<PartCall>(call.part);
  const product = changetype<PartCall>(call.product);
  const pack = changetype<PackCall>(call.pack);
  const outputs = product.outputs;
  listValues(call, part, call.tiles);
  const turns = turnsOf(call, part);
  for (let turn = 0; turn < turns; turn++) {
    transformInputs(call, part, 0, call.tiles, turn);
    let sums = call.sums;
    for (let panel = first; panel < end; panel += pack.panels) {
      const panels = min(pack.panels, end - panel);
      transformPanels(pack, turn, panel, panels);
      product.outputs = panels << 3;
      multiplyValues(call, pack.to, sums, turn > 0, call.tiles);
      sums += panels << 5;
    }
  }
  product.outputs = outputs;
  placeOutputs(call, part, 0, call.tiles);
}

/** Transforms the sums of all turns back and puts them where they belong. */
function placeOutputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const large = sideOf(call) === 4;
  if (isAlongTime(call)) {
    if (large) largeTimeOutputs(call, part, first, count);
    else timeOutputs(call, part, first, count);
  } else if (large) largeOutputs(call, part, first, count);
  else frameOutputs(call, part, first, count);
}

/** Addresses of the rows of transformed inputs; those up to the next multiple of 4 repeat the last one. */
export function listValues(call: WinogradCall, part: PartCall, count: i32): void {
  for (let i = 0; i < ((count + 3) & ~3); i++) {
    store<usize>(call.rows + ((<usize>i) << 2), call.values + min(i, count - 1) * (part.inputs << 2));
  }
}

/** The matrix products of one turn, which `adds` to the sums of the turns before. */
function multiplyValues(call: WinogradCall, weights: usize, sums: usize, adds: bool, count: i32): void {
  const product = changetype<PartCall>(call.product);
  for (let i = 0; i < call.products; i++) {
    multiplyPanels(
      product,
      call.rows,
      1,
      i * call.valuesApart,
      product.inputs,
      weights + i * call.weightsApart,
      sums + i * call.sumsApart,
      adds ? 0 : product.zeros,
      false,
      (count + 3) & ~3,
    );
  }
}

/** Transforms the inputs of tiles of a frame, of one tap in time. */
function frameInputs(call: WinogradCall, part: PartCall, first: i32, count: i32, time: i32): void {
  const width = tilesWidth(call, part);
  const height = tilesHeight(call, part);
  const pixel = part.xRowBytes;
  const line = part.inputWidth * pixel;
  const bytes = part.inputs << 2;
  const apart = call.valuesApart;
  for (let i = 0; i < count; i++) {
    const tile = first + i;
    const w = ((tile % width) << 1) - part.paddingWidth;
    const h = (((tile / width) % height) << 1) - part.paddingHeight;
    const frame = tile / (width * height);
    const t = (frame % part.outputTime) * part.strideTime + time;
    const from = part.x + ((frame / part.outputTime) * part.inputTime + t) * part.inputHeight * line;
    const to = call.values + i * bytes;
    const inside = <u32>t < <u32>part.inputTime;
    if (inside && w >= 0 && h >= 0 && w + 4 <= part.inputWidth && h + 4 <= part.inputHeight) {
      transformFrame(from + h * line + w * pixel, line, pixel, to, apart, bytes);
      continue;
    }
    let patch = call.patch;
    for (let a = h; a < h + 4; a++) {
      const lineInside = inside && <u32>a < <u32>part.inputHeight;
      for (let b = w; b < w + 4; b++, patch += bytes) {
        const read = lineInside && <u32>b < <u32>part.inputWidth;
        copyFloats(patch, read ? from + a * line + b * pixel : part.zeros, part.inputs);
      }
    }
    transformFrame(call.patch, bytes << 2, bytes, to, apart, bytes);
  }
}

/** Transforms the inputs of tiles along time. */
function timeInputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const time = tilesTime(call, part);
  const step = part.dilationTime;
  const frame = part.inputHeight * part.inputWidth * part.xRowBytes;
  const bytes = part.inputs << 2;
  const apart = call.valuesApart;
  for (let i = 0; i < count; i++) {
    const tile = first + i;
    const w = (tile % part.outputWidth) * part.strideWidth - part.paddingWidth;
    const line = tile / part.outputWidth;
    const h = (line % part.outputHeight) * part.strideHeight - part.paddingHeight;
    const pair = line / part.outputHeight;
    const t = frameOfTile(call, part, pair % time) - part.paddingTime;
    const from = part.x + (pair / time) * part.inputTime * frame + (h * part.inputWidth + w) * part.xRowBytes;
    const to = call.values + i * bytes;
    const inside = <u32>w < <u32>part.inputWidth && <u32>h < <u32>part.inputHeight;
    if (inside && t >= 0 && t + 3 * step < part.inputTime) {
      transformTime(from + t * frame, step * frame, to, apart, bytes);
      continue;
    }
    let patch = call.patch;
    for (let a = t; a <= t + 3 * step; a += step, patch += bytes) {
      const read = inside && <u32>a < <u32>part.inputTime;
      copyFloats(patch, read ? from + a * frame : part.zeros, part.inputs);
    }
    transformTime(call.patch, bytes, to, apart, bytes);
  }
}

/** Transforms the sums of tiles of a frame back and puts them where they belong. */
function frameOutputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const width = tilesWidth(call, part);
  const height = tilesHeight(call, part);
  const bytes = changetype<PartCall>(call.product).yRowBytes;
  const apart = call.sumsApart;
  let sums = call.sums;
  for (let i = 0; i < count; i++, sums += bytes) {
    frameSums(sums, apart, bytes);
    const tile = first + i;
    const w = (tile % width) << 1;
    const h = ((tile / width) % height) << 1;
    const row = ((tile / (width * height)) * part.outputHeight + h) * part.outputWidth + w;
    const right = w + 1 < part.outputWidth;
    placeSums(part, row, sums);
    if (right) placeSums(part, row + 1, sums + apart);
    if (h + 1 === part.outputHeight) continue;
    placeSums(part, row + part.outputWidth, sums + 2 * apart);
    if (right) placeSums(part, row + part.outputWidth + 1, sums + 3 * apart);
  }
}

/** The same for tiles along time. */
function timeOutputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const time = tilesTime(call, part);
  const step = part.dilationTime;
  const frame = part.outputHeight * part.outputWidth;
  const bytes = changetype<PartCall>(call.product).yRowBytes;
  const apart = call.sumsApart;
  let sums = call.sums;
  for (let i = 0; i < count; i++, sums += bytes) {
    timeSums(sums, apart, bytes);
    const tile = first + i;
    const pair = tile / frame;
    const t = frameOfTile(call, part, pair % time);
    const row = ((pair / time) * part.outputTime + t) * frame + (tile % frame);
    placeSums(part, row, sums);
    if (t + step < part.outputTime) placeSums(part, row + step * frame, sums + apart);
  }
}
