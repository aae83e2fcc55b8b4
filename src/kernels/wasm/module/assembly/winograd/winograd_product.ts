/**
 * The gradient with respect to the filter in the minimal-filtering form: the same products, of transformed inputs and
 * transformed output gradients, summed over the tiles, and the sums transformed to taps. Each block of tiles is summed
 * in registers and then added, as in product.ts.
 */
import {addFloats, copyFloats, zeroFloats} from '../arithmetic';
import {BLOCK, PartCall, ProductCall, WinogradCall, WinogradProductCall} from '../calls';
import {productRows} from '../dense/product';
import {largeFrameTaps, largeTimeTaps, sixPanels, transformLargeGradients} from './large_gradients';
import {frameOfTile, isAlongTime, sideOf, tilesHeight, tilesTime, tilesWidth} from './tiles';
import {listValues, transformInputs, turnsOf} from './winograd';
import {frameTaps, timeTaps, transformFrameGradients, transformTimeGradients} from './winograd_transforms';

/** Inputs `first` to `end - 1` of the filter, of one part. */
export function productWinograd(address: usize, first: i32, end: i32): void {
  const call = changetype<WinogradProductCall>(address);
  const inputs = changetype<WinogradCall>(call.inputs);
  const part = changetype<PartCall>(inputs.part);
  const strip = changetype<PartCall>(inputs.product);
  for (const begin = first; first < end; first += call.strip) {
    const held = min(call.strip, end - first);
    // Vectors want four inputs at least: others, which are someone else's, are computed with fewer.
    strip.inputs = max(held, 4);
    const from = min(first, part.inputs - strip.inputs);
    strip.x = part.x + (from << 2);
    // Of a single block the output gradients are still there, transformed, for the next inputs.
    const transforms = first === begin || call.tiles > BLOCK;
    for (let tile = 0; tile < call.tiles; tile += BLOCK) {
      winogradProductBlock(call, inputs, strip, tile, min(BLOCK, call.tiles - tile), transforms);
    }
    placeTaps(call, inputs, part, first, held, first - from);
  }
}

/** What `count` tiles from `tile` on add to the sums of the inputs of `strip`; `transforms` their output gradients first. */
export function winogradProductBlock(
  call: WinogradProductCall,
  inputs: WinogradCall,
  strip: PartCall,
  tile: i32,
  count: i32,
  transforms: bool,
): void {
  const product = changetype<ProductCall>(call.product);
  const panels = product.panels;
  const products = inputs.products;
  const turns = turnsOf(inputs, strip);
  if (transforms) transformGradients(call, inputs, strip, tile, count);
  listValues(inputs, strip, count);
  for (let turn = 0; turn < turns; turn++) {
    transformInputs(inputs, strip, tile, count, turn);
    for (let i = 0; i < products; i++) {
      const result = call.sums + (turn * products + i) * call.sumsApart;
      product.panels = panels + i * call.gradientsApart;
      productRows(product, inputs.rows, i * inputs.valuesApart, 0, strip.inputs, result, count, tile > 0);
    }
  }
  product.panels = panels;
}

/** Transforms the output gradients of tiles, 0 where a tile reaches over the end. */
function transformGradients(
  call: WinogradProductCall,
  inputs: WinogradCall,
  part: PartCall,
  tile: i32,
  count: i32,
): void {
  const product = changetype<ProductCall>(call.product);
  const outputs = changetype<PartCall>(product.part).outputs;
  const bytes = outputs << 2;
  const width = tilesWidth(inputs, part);
  const height = tilesHeight(inputs, part);
  const time = tilesTime(inputs, part);
  const side = sideOf(inputs);
  for (let i = 0; i < count; i++, tile++) {
    const w = tile % width;
    const h = (tile / width) % height;
    const t = (tile / (width * height)) % time;
    const clip = tile / (width * height * time);
    const to = product.panels + (i << 5);
    let patch = inputs.patch;
    if (isAlongTime(inputs)) {
      let frame = frameOfTile(inputs, part, t);
      for (let k = 0; k < side; k++, frame += part.dilationTime, patch += bytes) {
        copyGradient(part, patch, outputs, clip, frame, h, w);
      }
      if (side === 4) sixPanels(inputs.patch, bytes, to, call.gradientsApart, bytes);
      else transformTimeGradients(inputs.patch, to, call.gradientsApart, bytes);
      continue;
    }
    for (let a = 0; a < side; a++) {
      for (let b = 0; b < side; b++, patch += bytes) {
        copyGradient(part, patch, outputs, clip, t, h * side + a, w * side + b);
      }
    }
    if (side === 4) transformLargeGradients(inputs.patch, to, call.gradientsApart, bytes);
    else transformFrameGradients(inputs.patch, to, call.gradientsApart, bytes);
  }
}

/** The gradient of one position, with zeros up to `outputs` channels, or zeros alone for a position beyond the output. */
function copyGradient(part: PartCall, to: usize, outputs: i32, clip: i32, t: i32, h: i32, w: i32): void {
  const inside = t < part.outputTime && h < part.outputHeight && w < part.outputWidth;
  const row = ((clip * part.outputTime + t) * part.outputHeight + h) * part.outputWidth + w;
  const count = inside ? part.outputs : 0;
  copyFloats(to, part.y + row * part.yRowBytes, count);
  zeroFloats(to + (count << 2), outputs - count);
}

/** The taps of `held` inputs of the filter from `first` on, from their sums, of which the first `skipped` are of others. */
function placeTaps(
  call: WinogradProductCall,
  inputs: WinogradCall,
  part: PartCall,
  first: i32,
  held: i32,
  skipped: i32,
): void {
  const sums = changetype<PartCall>(changetype<ProductCall>(call.product).part);
  const products = inputs.products;
  const large = sideOf(inputs) === 4;
  const alongTime = isAlongTime(inputs);
  const taps = alongTime ? 3 : 9;
  // Taps of a frame stand in lines of as many as there were products.
  const apart = alongTime ? 0 : sideOf(inputs) - 1;
  const turns = turnsOf(inputs, part);
  for (let turn = 0; turn < turns; turn++) {
    for (let k = 0; k < held; k++) {
      const from = call.sums + turn * products * call.sumsApart + (k + skipped) * sums.tapBytes;
      if (alongTime && large) largeTimeTaps(from, call.sumsApart, sums.tapBytes);
      else if (alongTime) timeTaps(from, call.sumsApart, sums.tapBytes);
      else if (large) largeFrameTaps(from, call.sumsApart, sums.tapBytes);
      else frameTaps(from, call.sumsApart, sums.tapBytes);
      for (let tap = 0; tap < taps; tap++) {
        const to = part.weights + ((turn * taps + tap) * part.inputs + first + k) * part.tapBytes;
        const sum = from + (tap + (tap / 3) * apart) * call.sumsApart;
        if (part.starts) copyFloats(to, sum, part.outputs);
        else addFloats(to, sum, part.outputs);
      }
    }
  }
}
