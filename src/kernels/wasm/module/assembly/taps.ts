/**
 * Tap rules written out as addresses, for a block of output rows: `pointers[tap * BLOCK + i]` is where tap `tap` of
 * row `first + i` reads, or the row of zeros. The rules are those of src/ops/taps.ts.
 */
import {BLOCK, PartCall} from './layout';

/** Expands `count` rows; the rows up to the next multiple of 4 repeat the last one, so that tiles read in bounds. */
export function expandRows(call: PartCall, first: i32, count: i32): void {
  let w = first % call.outputWidth;
  let h = (first / call.outputWidth) % call.outputHeight;
  let t = (first / (call.outputWidth * call.outputHeight)) % call.outputTime;
  const perClip = call.inputTime * call.inputHeight * call.inputWidth * call.xRowBytes;
  let clip = call.x + (first / (call.outputWidth * call.outputHeight * call.outputTime)) * perClip;
  for (let i = 0; i < count; i++) {
    const pointers = call.pointers + ((<usize>i) << 2);
    if (call.rule === 0) expandGrid(call, pointers, clip, t, h, w);
    else expandLine(call, pointers, clip, t, h, w);
    if (++w < call.outputWidth) continue;
    w = 0;
    if (++h < call.outputHeight) continue;
    h = 0;
    if (++t < call.outputTime) continue;
    t = 0;
    clip += perClip;
  }
  for (let i = count; i < ((count + 3) & ~3); i++) repeatRow(call, i);
}

export function expandGrid(call: PartCall, pointers: usize, clip: usize, t: i32, h: i32, w: i32): void {
  const height = call.inputHeight;
  const width = call.inputWidth;
  const rowBytes = call.xRowBytes;
  const zeros = call.zeros;
  const tapsWidth = call.tapsWidth;
  const w0 = w * call.strideWidth - call.paddingWidth;
  let ti = t * call.strideTime - call.paddingTime;
  for (let a = 0; a < call.tapsTime; a++, ti += call.dilationTime) {
    let hi = h * call.strideHeight - call.paddingHeight;
    for (let b = 0; b < call.tapsHeight; b++, hi += call.dilationHeight) {
      // As unsigned numbers, negative positions lie beyond every end.
      const inside = <u32>ti < <u32>call.inputTime && <u32>hi < <u32>height;
      const line = clip + (ti * height + hi) * width * rowBytes;
      let wi = w0;
      for (let c = 0; c < tapsWidth; c++, wi += call.dilationWidth, pointers += BLOCK << 2) {
        store<usize>(pointers, inside && <u32>wi < <u32>width ? line + wi * rowBytes : zeros);
      }
    }
  }
}

export function expandLine(call: PartCall, pointers: usize, clip: usize, t: i32, h: i32, w: i32): void {
  const height = call.inputHeight;
  const width = call.inputWidth;
  const length = height * width;
  const frame = clip + t * call.strideTime * length * call.xRowBytes;
  const m = call.rule === 1 ? h * call.outputWidth + w : w * call.outputHeight + h;
  let at = m * call.strideWidth - call.paddingWidth;
  for (let tap = 0; tap < call.taps; tap++, at++, pointers += BLOCK << 2) {
    let address = call.zeros;
    if (<u32>at < <u32>length) {
      const position = call.rule === 1 ? at : (at % height) * width + at / height;
      address = frame + position * call.xRowBytes;
    }
    store<usize>(pointers, address);
  }
}

function repeatRow(call: PartCall, i: i32): void {
  let pointers = call.pointers + ((<usize>i) << 2);
  for (let tap = 0; tap < call.taps; tap++, pointers += BLOCK << 2) {
    store<usize>(pointers, load<usize>(pointers - 4));
  }
}
