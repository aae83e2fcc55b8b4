/**
 * Tiles of 4 x 4 outputs of a frame in the minimal-filtering form (winograd.ts): 36 products a channel for what takes 144 in
 * the direct form and 64 in tiles of 2 x 2. Inputs are transformed along the width into scratch, then along the height; the sums back
 * in the same way, so that whatever lies outside is a row of zeros and costs no copy.
 */
import {PartCall, WinogradCall} from '../calls';
import {placeSixSums, sixInputs, sixSums} from './large_transforms';
import {endsAtOnce, placeSums, tilesHeight, tilesWidth} from './tiles';

/** Transforms the inputs of tiles, of the tap in time that is `time` frames away. */
export function largeInputs(call: WinogradCall, part: PartCall, first: i32, count: i32, time: i32): void {
  const width = tilesWidth(call, part);
  const height = tilesHeight(call, part);
  const line = part.inputWidth * part.xRowBytes;
  const bytes = part.inputs << 2;
  const apart = call.valuesApart;
  for (let i = 0; i < count; i++) {
    const tile = first + i;
    const w = ((tile % width) << 2) - part.paddingWidth;
    const h = (((tile / width) % height) << 2) - part.paddingHeight;
    const frame = tile / (width * height);
    const t = (frame % part.outputTime) * part.strideTime + time;
    const from = part.x + ((frame / part.outputTime) * part.inputTime + t) * part.inputHeight * line;
    let half = call.patch;
    for (let a = h; a < h + 6; a++, half += 6 * bytes) {
      const inside = <u32>t < <u32>part.inputTime && <u32>a < <u32>part.inputHeight;
      lineInputs(part, inside ? from + a * line : 0, w, half, bytes);
    }
    half = call.patch;
    const step = 6 * bytes;
    for (let j = 0; j < 6; j++, half += bytes) {
      const to = call.values + i * bytes + j * apart;
      const half3 = half + 3 * step;
      sixInputs(
        half,
        half + step,
        half + 2 * step,
        half3,
        half3 + step,
        half3 + 2 * step,
        to,
        6 * apart,
        bytes,
      );
    }
  }
}

/** Six positions of the line at `from` from column `w` on, transformed along the width; zeros if it is 0. */
function lineInputs(part: PartCall, from: usize, w: i32, to: usize, bytes: i32): void {
  sixInputs(
    positionAt(part, from, w),
    positionAt(part, from, w + 1),
    positionAt(part, from, w + 2),
    positionAt(part, from, w + 3),
    positionAt(part, from, w + 4),
    positionAt(part, from, w + 5),
    to,
    bytes,
    bytes,
  );
}

/** A position of a line, or zeros for one outside. */
function positionAt(part: PartCall, line: usize, w: i32): usize {
  return line && <u32>w < <u32>part.inputWidth ? line + w * part.xRowBytes : part.zeros;
}

/** Transforms the sums of tiles back and puts them where they belong. */
export function largeOutputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const width = tilesWidth(call, part);
  const height = tilesHeight(call, part);
  const bytes = changetype<PartCall>(call.product).yRowBytes;
  const apart = call.sumsApart;
  const atOnce = endsAtOnce(part);
  let sums = call.sums;
  for (let i = 0; i < count; i++, sums += bytes) {
    const tile = first + i;
    const w = (tile % width) << 2;
    const h = ((tile / width) % height) << 2;
    const row = ((tile / (width * height)) * part.outputHeight + h) * part.outputWidth + w;
    const columns = min(4, part.outputWidth - w);
    const lines = min(4, part.outputHeight - h);
    for (let a = 0; a < 6; a++)
      sixSums(sums + 6 * a * apart, apart, call.patch + 4 * a * bytes, bytes, bytes);
    for (let b = 0; b < columns; b++) {
      if (atOnce) {
        placeSixSums(part, call.patch + b * bytes, 4 * bytes, row + b, part.outputWidth, lines);
        continue;
      }
      // The four rows of a column take the place of the first four of the six that they are made of.
      const half = call.patch + b * bytes;
      sixSums(half, 4 * bytes, half, 4 * bytes, bytes);
      for (let a = 0; a < lines; a++) {
        placeSums(part, row + a * part.outputWidth + b, half + 4 * a * bytes);
      }
    }
  }
}
