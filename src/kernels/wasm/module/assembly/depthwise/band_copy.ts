/**
 * Between rows of channels, as tensors hold them, and planes (bands.ts). A plane is one vector of four channels for
 * each position; planes lie `planeBytes` apart.
 */
import {copyColumns} from '../arithmetic';
import {BandCall, PartCall} from '../calls';

/**
 * Copies `channels` channels of `count` positions, which lie `fromStep` bytes apart and are to lie `toStep` apart; so
 * do each next four channels by `fromFour` and `toFour`. Where they are not four, the others keep what they hold.
 */
export function copyPositions(
  from: usize,
  fromStep: i32,
  fromFour: i32,
  to: usize,
  toStep: i32,
  toFour: i32,
  count: i32,
  channels: i32,
): void {
  // Sixteen are a cache line, whose rest would have to be fetched again.
  for (; channels >= 16; channels -= 16, from += fromFour << 2, to += toFour << 2) {
    let from0 = from;
    let to0 = to;
    for (let i = 0; i < count; i++, from0 += fromStep, to0 += toStep) {
      const from1 = from0 + fromFour;
      const from2 = from1 + fromFour;
      const to1 = to0 + toFour;
      const to2 = to1 + toFour;
      v128.store(to0, v128.load(from0));
      v128.store(to1, v128.load(from1));
      v128.store(to2, v128.load(from2));
      v128.store(to2 + toFour, v128.load(from2 + fromFour));
    }
  }
  for (; channels >= 4; channels -= 4, from += fromFour, to += toFour) {
    let from0 = from;
    let to0 = to;
    for (let i = 0; i < count; i++, from0 += fromStep, to0 += toStep) v128.store(to0, v128.load(from0));
  }
  if (channels > 0) {
    for (; count > 0; count--, from += fromStep, to += toStep) copyColumns(to, from, channels);
  }
}

/** From rows to planes, or `back`. */
export function copyRows(
  back: bool,
  rows: usize,
  rowBytes: i32,
  planes: usize,
  planeBytes: i32,
  count: i32,
  channels: i32,
): void {
  if (back) copyPositions(planes, 16, planeBytes, rows, rowBytes, 16, count, channels);
  else copyPositions(rows, rowBytes, 16, planes, 16, planeBytes, count, channels);
}

/** `count` positions from `first` on, `apart` from each other, of the column-major line of a frame of rows. */
export function copyLine(
  back: bool,
  frame: usize,
  rowBytes: i32,
  height: i32,
  width: i32,
  first: i32,
  apart: i32,
  count: i32,
  planes: usize,
  planeBytes: i32,
  channels: i32,
): void {
  while (count > 0) {
    const row = first % height;
    // As many as there are in a column.
    const some = min(count, (height - row + apart - 1) / apart);
    const rows = frame + (row * width + first / height) * rowBytes;
    copyRows(back, rows, apart * width * rowBytes, planes, planeBytes, some, channels);
    planes += some << 4;
    first += some * apart;
    count -= some;
  }
}

/**
 * The lines of a frame that a band whose outputs begin with line `line` reads, into a slot. Where the input has
 * nothing, the slot keeps what it holds.
 */
export function fillSlot(
  band: BandCall,
  call: PartCall,
  frame: usize,
  line: i32,
  slot: usize,
  channels: i32,
): void {
  const rowBytes = call.xRowBytes;
  const height = call.inputHeight;
  const width = call.inputWidth;
  const planeBytes = band.slotBytes;
  if (call.rule === 1) {
    const start = line * call.strideWidth - call.paddingWidth;
    const first = max(0, start);
    const end = min(height * width, start + band.pitch);
    const to = slot + ((first - start) << 4);
    copyLine(false, frame, rowBytes, height, width, first, 1, end - first, to, planeBytes, channels);
    return;
  }
  const zeros = max(0, call.paddingWidth);
  const skipped = zeros - call.paddingWidth;
  const count = min(width - skipped, band.pitch - zeros);
  const top = line * call.strideHeight - call.paddingHeight;
  slot += zeros << 4;
  for (let phase = 0; phase < call.strideHeight; phase++) {
    for (let i = 0; i < band.phaseLines; i++, slot += band.pitch << 4) {
      const h = top + i * call.strideHeight + phase;
      if (<u32>h >= <u32>height) continue;
      const rows = frame + (h * width + skipped) * rowBytes;
      copyRows(false, rows, rowBytes, slot, planeBytes, count, channels);
    }
  }
}
