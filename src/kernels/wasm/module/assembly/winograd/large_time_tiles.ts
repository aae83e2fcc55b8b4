/**
 * Tiles of 4 outputs along time in the minimal-filtering form (winograd.ts): 6 products a channel for what takes 12 in the direct
 * form and 8 in tiles of 2. The transforms are those of one axis of a tile of 4 x 4 outputs.
 */
import {PartCall, WinogradCall} from '../calls';
import {placeSixSums, sixInputs, sixSums} from './large_transforms';
import {endsAtOnce, frameOfTile, placeSums, tilesTime} from './tiles';

/** Transforms the inputs of tiles. */
export function largeTimeInputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const time = tilesTime(call, part);
  const frame = part.inputHeight * part.inputWidth * part.xRowBytes;
  const bytes = part.inputs << 2;
  for (let i = 0; i < count; i++) {
    const tile = first + i;
    const w = (tile % part.outputWidth) * part.strideWidth - part.paddingWidth;
    const line = tile / part.outputWidth;
    const h = (line % part.outputHeight) * part.strideHeight - part.paddingHeight;
    const group = line / part.outputHeight;
    const t = frameOfTile(call, part, group % time) - part.paddingTime;
    const inside = <u32>w < <u32>part.inputWidth && <u32>h < <u32>part.inputHeight;
    const clip = part.x + (group / time) * part.inputTime * frame;
    const from = inside ? clip + (h * part.inputWidth + w) * part.xRowBytes : 0;
    const step = part.dilationTime;
    sixInputs(
      frameAt(part, from, t, frame),
      frameAt(part, from, t + step, frame),
      frameAt(part, from, t + 2 * step, frame),
      frameAt(part, from, t + 3 * step, frame),
      frameAt(part, from, t + 4 * step, frame),
      frameAt(part, from, t + 5 * step, frame),
      call.values + i * bytes,
      call.valuesApart,
      bytes,
    );
  }
}

/** A position of frame `t`, `from` being the one of the first frame; zeros for one outside, or if `from` is 0. */
function frameAt(part: PartCall, from: usize, t: i32, frame: i32): usize {
  return from && <u32>t < <u32>part.inputTime ? from + t * frame : part.zeros;
}

/** Transforms the sums of tiles back and puts them where they belong. */
export function largeTimeOutputs(call: WinogradCall, part: PartCall, first: i32, count: i32): void {
  const time = tilesTime(call, part);
  const positions = part.outputHeight * part.outputWidth;
  const bytes = changetype<PartCall>(call.product).yRowBytes;
  const apart = call.sumsApart;
  const atOnce = endsAtOnce(part);
  let sums = call.sums;
  for (let i = 0; i < count; i++, sums += bytes) {
    const tile = first + i;
    const group = tile / positions;
    const clip = group / time;
    let t = frameOfTile(call, part, group % time);
    if (atOnce) {
      const row = (clip * part.outputTime + t) * positions + (tile % positions);
      // Whole tiles but for those at the end, of which some frames are outside.
      const inside = min(4, (part.outputTime - t + part.dilationTime - 1) / part.dilationTime);
      placeSixSums(part, sums, apart, row, part.dilationTime * positions, inside);
      continue;
    }
    // The four outputs take the place of the first four of the six sums that they are made of.
    sixSums(sums, apart, sums, apart, bytes);
    let output = sums;
    for (let k = 0; k < 4 && t < part.outputTime; k++, t += part.dilationTime, output += apart) {
      placeSums(part, (clip * part.outputTime + t) * positions + (tile % positions), output);
    }
  }
}
