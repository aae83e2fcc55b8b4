/**
 * Tap rules written out as addresses, for a block of output rows: `pointers[tap * BLOCK + i]` is where tap `tap` of
 * row `first + i` reads, or the row of zeros. The rules are those of src/geometry/taps.ts.
 */
import {BLOCK, DEPTH, GATHER_BELOW, PartCall} from './calls';

/** Whether the taps of a row are copied side by side: they are several, and each is short. */
export function isGathered(call: PartCall): bool {
  return call.taps > 1 && call.inputs < GATHER_BELOW;
}

/** Whether output rows read one input row each, in the order in which these lie: a pointwise convolution. */
function readsInOrder(call: PartCall): bool {
  return (
    call.rule === 0 &&
    call.taps === 1 &&
    call.strideTime * call.strideHeight * call.strideWidth === 1 &&
    (call.paddingTime | call.paddingHeight | call.paddingWidth) === 0 &&
    call.inputTime === call.outputTime &&
    call.inputHeight === call.outputHeight &&
    call.inputWidth === call.outputWidth
  );
}

/**
 * Whether the taps of a row are read line by line, straight from the rule: a grid whose taps in a line of the input
 * lie side by side in memory, so that a line of them is as good as one tap of more channels (gather.ts).
 */
export function readsLines(call: PartCall): bool {
  return (
    call.rule === 0 &&
    call.inputs < GATHER_BELOW &&
    !readsInOrder(call) &&
    call.dilationWidth === 1 &&
    call.xRowBytes === call.inputs << 2 &&
    call.inputs * call.tapsWidth <= DEPTH
  );
}

/**
 * Expands `count` rows, or with `places` only notes where their taps begin. The rows up to the next multiple of 4
 * repeat the last one, so that tiles read in bounds.
 */
export function expandRows(call: PartCall, first: i32, count: i32, places: bool): void {
  if (readsInOrder(call)) {
    let x = call.x + first * call.xRowBytes;
    for (let i = 0; i < count; i++, x += call.xRowBytes) store<usize>(call.pointers + ((<usize>i) << 2), x);
    for (let i = count; i < ((count + 3) & ~3); i++) repeatRow(call, i);
    return;
  }
  let w = first % call.outputWidth;
  let h = (first / call.outputWidth) % call.outputHeight;
  let t = (first / (call.outputWidth * call.outputHeight)) % call.outputTime;
  const perClip = call.inputTime * call.inputHeight * call.inputWidth * call.xRowBytes;
  let clip = call.x + (first / (call.outputWidth * call.outputHeight * call.outputTime)) * perClip;
  for (let i = 0; i < count; ) {
    const pointers = call.pointers + ((<usize>i) << 2);
    let some = 1;
    if (places) storePlace(call, i, clip, t, h, w);
    else if (call.rule !== 0) expandLine(call, pointers, clip, t, h, w);
    else {
      some = min(count - i, call.outputWidth - w);
      expandGrid(call, pointers, clip, t, h, w, some);
    }
    i += some;
    w += some;
    if (w < call.outputWidth) continue;
    w = 0;
    if (++h < call.outputHeight) continue;
    h = 0;
    if (++t < call.outputTime) continue;
    t = 0;
    clip += perClip;
  }
  for (let i = count; i < ((count + 3) & ~3); i++) {
    if (places) v128.store(placeOf(call, i), v128.load(placeOf(call, i - 1)));
    else repeatRow(call, i);
  }
}

/** Where the place of row `i` of a block stands: its clip, and the position of its first tap in time, height, width. */
export function placeOf(call: PartCall, i: i32): usize {
  return call.pointers + (i << 4);
}

function storePlace(call: PartCall, i: i32, clip: usize, t: i32, h: i32, w: i32): void {
  const place = placeOf(call, i);
  store<usize>(place, clip);
  store<i32>(place, t * call.strideTime - call.paddingTime, 4);
  store<i32>(place, h * call.strideHeight - call.paddingHeight, 8);
  store<i32>(place, w * call.strideWidth - call.paddingWidth, 12);
}

/** `count` rows side by side in a line of the output, from the one at `w` on. */
export function expandGrid(
  call: PartCall,
  pointers: usize,
  clip: usize,
  t: i32,
  h: i32,
  w: i32,
  count: i32,
): void {
  const height = call.inputHeight;
  const width = call.inputWidth;
  const rowBytes = call.xRowBytes;
  const stride = call.strideWidth;
  const tapsWidth = call.tapsWidth;
  const w0 = w * stride - call.paddingWidth;
  let ti = t * call.strideTime - call.paddingTime;
  for (let a = 0; a < call.tapsTime; a++, ti += call.dilationTime) {
    let hi = h * call.strideHeight - call.paddingHeight;
    for (let b = 0; b < call.tapsHeight; b++, hi += call.dilationHeight) {
      // As unsigned numbers, negative positions lie beyond every end.
      const inside = <u32>ti < <u32>call.inputTime && <u32>hi < <u32>height;
      const line = clip + (ti * height + hi) * width * rowBytes;
      let wi = w0;
      for (let c = 0; c < tapsWidth; c++, wi += call.dilationWidth, pointers += BLOCK << 2) {
        // Of these rows the first that reads inside of the line, and the first behind.
        const end = inside ? rowsBefore(width - wi, stride, count) : 0;
        const first = min(end, rowsBefore(-wi, stride, count));
        fillPointers(pointers, call.zeros, 0, first);
        const to = pointers + ((<usize>first) << 2);
        fillPointers(to, line + (wi + first * stride) * rowBytes, stride * rowBytes, end - first);
        fillPointers(pointers + ((<usize>end) << 2), call.zeros, 0, count - end);
      }
    }
  }
}

/** How many of `count` rows, `stride` columns apart, read fewer than `columns` columns further on than the first of them. */
function rowsBefore(columns: i32, stride: i32, count: i32): i32 {
  if (columns <= 0) return 0;
  return min(count, stride === 1 ? columns : (columns + stride - 1) / stride);
}

/** Writes addresses, `step` bytes from one to the next. */
function fillPointers(to: usize, from: usize, step: i32, count: i32): void {
  if (count >= 4) {
    let four = i32x4.add(i32x4.splat(from), i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step)));
    const steps = i32x4.splat(step << 2);
    from += (count & ~3) * step;
    for (; count >= 4; count -= 4, to += 16) {
      v128.store(to, four);
      four = i32x4.add(four, steps);
    }
  }
  for (; count > 0; count--, to += 4, from += step) store<usize>(to, from);
}

/** Taps along the frame as one line of columns. */
export function expandLine(call: PartCall, pointers: usize, clip: usize, t: i32, h: i32, w: i32): void {
  const height = call.inputHeight;
  const width = call.inputWidth;
  const length = height * width;
  const frame = clip + t * call.strideTime * length * call.xRowBytes;
  let at = (w * call.outputHeight + h) * call.strideWidth - call.paddingWidth;
  let column = at / height;
  let row = at % height;
  for (let tap = 0; tap < call.taps; tap++, at++, row++, pointers += BLOCK << 2) {
    if (row === height) {
      row = 0;
      column++;
    }
    const inside = <u32>at < <u32>length;
    store<usize>(pointers, inside ? frame + (row * width + column) * call.xRowBytes : call.zeros);
  }
}

function repeatRow(call: PartCall, i: i32): void {
  let pointers = call.pointers + ((<usize>i) << 2);
  for (let tap = 0; tap < call.taps; tap++, pointers += BLOCK << 2) {
    store<usize>(pointers, load<usize>(pointers - 4));
  }
}
