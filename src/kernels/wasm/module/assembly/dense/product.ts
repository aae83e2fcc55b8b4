/**
 * The gradient with respect to the filter, dense form: for each tap, what the rows read times the output gradients of the
 * rows, summed over the rows. A block of rows is summed in registers, from zero, and then added to the result, so that the
 * rounding grows with the length of a block and the number of blocks, not with their product. Every sum is made in the
 * same order whatever part of the filter is asked for.
 */
import {addFloats, copyFloats, multiplyAdd} from '../arithmetic';
import {BLOCK, DEPTH, PartCall, PiecesCall, ProductCall} from '../calls';
import {beginOf, endOf, evenLength, sharesFrom, sumsOf} from '../pieces';
import {expandRows, isGathered, readsLines} from '../taps';
import {gatherBlockLines, gatherTaps} from './gather';
import {packPanel} from './pack';
import {packSixes, productSix, SIX, sixesOf} from './six';

/** Inputs whose columns are copied at a time: four strips of six, or six of four. */
const STRIPS = 24;

/** Shares are rows of the filter, counted over `[taps, inputs]`. */
export function productDense(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const product = changetype<ProductCall>(pieces.of);
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const row = first % pieces.shares;
    changetype<PartCall>(product.part).weights = sumsOf(pieces, first);
    productBlocks(product, row, row + shares, beginOf(pieces, first), endOf(pieces, first));
  }
}

/** Shares are panels of 8 outputs with all rows of the filter, of a part of one group. */
export function productColumns(address: usize, first: i32, end: i32): void {
  const pieces = changetype<PiecesCall>(address);
  const product = changetype<ProductCall>(pieces.of);
  const call = changetype<PartCall>(product.part);
  const outputs = call.outputs;
  const dy = call.y;
  for (let shares = 0; first < end; first += shares) {
    shares = sharesFrom(pieces, first, end);
    const panel = first % pieces.shares;
    const offset = (<usize>panel) << 5;
    call.outputs = min(outputs, (panel + shares) << 3) - (panel << 3);
    call.y = dy + offset;
    call.weights = sumsOf(pieces, first) + offset;
    productBlocks(product, 0, call.taps * call.inputs, beginOf(pieces, first), endOf(pieces, first));
  }
  call.outputs = outputs;
  call.y = dy;
}

/** What output rows `row` to `till - 1` have of rows `first` to `end - 1` of the filter, in blocks of about one size. */
function productBlocks(product: ProductCall, first: i32, end: i32, row: i32, till: i32): void {
  const length = evenLength(till - row, BLOCK);
  let adds = !changetype<PartCall>(product.part).starts;
  for (; row < till; row += length, adds = true) {
    productBlock(product, first, end, row, min(length, till - row), adds);
  }
}

/** What `count` output rows from `row` on have of rows `first` to `end - 1` of the filter, written or added. */
export function productBlock(
  product: ProductCall,
  first: i32,
  end: i32,
  row: i32,
  count: i32,
  adds: bool,
): void {
  const call = changetype<PartCall>(product.part);
  const lines = readsLines(call);
  expandRows(call, row, count, lines);
  let dy = call.y + row * call.yRowBytes;
  let result = call.weights;
  const bytes = call.outputs << 2;
  for (let group = 0; group < call.groups; group++, dy += bytes, result += bytes) {
    packPanels(call, product.panels, dy, count);
    const offset = (group * call.inputs) << 2;
    if (lines) productLines(product, first, end, result, count, adds);
    else if (isGathered(call)) productGathered(product, first, end, offset, result, count, adds);
    else productInPlace(product, first, end, offset, result, count, adds);
  }
}

/** Output gradients of a group in panels of 8 columns, zeros where there are no more. */
export function packPanels(call: PartCall, to: usize, dy: usize, count: i32): void {
  for (let column = 0; column < call.outputs; column += 8, dy += 32, to += BLOCK << 5) {
    packPanel(dy, to, min(8, call.outputs - column), count, call.yRowBytes);
  }
}

/** Reads input rows where they lie, tap by tap. */
function productInPlace(
  product: ProductCall,
  first: i32,
  end: i32,
  offset: usize,
  result: usize,
  count: i32,
  adds: bool,
): void {
  const call = changetype<PartCall>(product.part);
  for (let tap = 0; tap < call.taps; tap++) {
    const rows = call.pointers + ((tap * BLOCK) << 2);
    const from = tap * call.inputs;
    const row = max(first, from);
    const till = min(end, from + call.inputs);
    productRows(product, rows, offset + ((row - from) << 2), row, till, result, count, adds);
  }
}

/** Copies the taps of each row side by side first, as many as DEPTH holds. */
function productGathered(
  product: ProductCall,
  first: i32,
  end: i32,
  offset: usize,
  result: usize,
  count: i32,
  adds: bool,
): void {
  const call = changetype<PartCall>(product.part);
  const step = DEPTH / call.inputs;
  for (let tap = 0; tap < call.taps; tap += step) {
    const taps = min(step, call.taps - tap);
    const from = tap * call.inputs;
    const row = max(first, from);
    const till = min(end, from + taps * call.inputs);
    if (row >= till) continue;
    gatherTaps(call, tap, taps, offset, count);
    productRows(product, call.gathered, (row - from) << 2, row, till, result, count, adds);
  }
}

/** Copies the lines of each row side by side first, as many as DEPTH holds. */
function productLines(
  product: ProductCall,
  first: i32,
  end: i32,
  result: usize,
  count: i32,
  adds: bool,
): void {
  const call = changetype<PartCall>(product.part);
  const all = call.tapsTime * call.tapsHeight;
  const length = call.tapsWidth * call.inputs;
  const step = DEPTH / length;
  for (let line = 0; line < all; line += step) {
    const lines = min(step, all - line);
    const from = line * length;
    const row = max(first, from);
    const till = min(end, from + lines * length);
    if (row >= till) continue;
    gatherBlockLines(call, line, lines, count);
    productRows(product, call.gathered, (row - from) << 2, row, till, result, count, adds);
  }
}

/** Filter rows `first` to `end - 1`. `rows` are addresses; at `offset` begins what is multiplied for the first of them. */
export function productRows(
  product: ProductCall,
  rows: usize,
  offset: usize,
  first: i32,
  end: i32,
  result: usize,
  count: i32,
  adds: bool,
): void {
  const call = changetype<PartCall>(product.part);
  const rowBytes = call.tapBytes;
  for (; first < end; first += STRIPS, offset += STRIPS << 2) {
    const held = min(STRIPS, end - first);
    const sixes = sixesOf(held);
    packSixes(product.strips, rows, offset, sixes, count);
    const done = sixes * SIX;
    const fours = product.strips + done * (BLOCK << 2);
    packStrips(fours, rows, offset + (done << 2), held - done, count);
    let to = result + first * rowBytes;
    let strip = product.strips;
    for (let k = 0; k < done; k += SIX, strip += BLOCK * (SIX << 2), to += SIX * rowBytes) {
      productPanels(call, product.panels, strip, to, SIX, count, adds);
    }
    for (let k = done; k < held; k += 4, strip += BLOCK << 4, to += rowBytes << 2) {
      productPanels(call, product.panels, strip, to, min(4, held - k), count, adds);
    }
  }
}

/** Columns of the rows, 4 side by side, with zeros where there are no more. */
export function packStrips(to: usize, rows: usize, offset: usize, columns: i32, count: i32): void {
  const whole = columns & ~3;
  const end = to + (count << 4);
  for (; to < end; to += 16, rows += 4) {
    const from = load<usize>(rows) + offset;
    let strip = to;
    for (let k = 0; k < whole; k += 4, strip += BLOCK << 4) v128.store(strip, v128.load(from + (k << 2)));
    if (columns > whole) {
      v128.store(strip, f32x4.splat(0));
      copyFloats(strip, from + (whole << 2), columns - whole);
    }
  }
}

/** A strip of six, or of four of which `held` are there, times all panels: as many rows of the result. */
export function productPanels(
  call: PartCall,
  panel: usize,
  strip: usize,
  result: usize,
  held: i32,
  count: i32,
  adds: bool,
): void {
  const outputs = call.outputs;
  const tapBytes = call.tapBytes;
  for (let column = 0; column < outputs; column += 8, panel += BLOCK << 5, result += 32) {
    const columns = min(8, outputs - column);
    if (columns < 8 || held < 4) productEdge(call, panel, strip, result, held, columns, count, adds);
    else if (held === SIX) productSix(strip, panel, count, result, tapBytes, adds);
    else productTile(strip, panel, count, result, tapBytes, adds);
  }
}

/** A tile that is not full: its sums go where nothing else is first. */
export function productEdge(
  call: PartCall,
  panel: usize,
  strip: usize,
  result: usize,
  held: i32,
  columns: i32,
  count: i32,
  adds: bool,
): void {
  const edge = call.edge;
  if (held === SIX) productSix(strip, panel, count, edge, 32, false);
  else productTile(strip, panel, count, edge, 32, false);
  for (let k = 0; k < held; k++, result += call.tapBytes) {
    if (adds) addFloats(result, edge + (k << 5), columns);
    else copyFloats(result, edge + (k << 5), columns);
  }
}

/** The inner loop: 4 inputs times 8 outputs, 8 sums in registers. */
export function productTile(
  strip: usize,
  panel: usize,
  count: i32,
  result: usize,
  rowBytes: i32,
  adds: bool,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = strip + (count << 4);
  do {
    const w0 = v128.load(panel);
    const w1 = v128.load(panel, 16);
    let a = v128.load32_splat(strip);
    s00 = multiplyAdd(a, w0, s00);
    s01 = multiplyAdd(a, w1, s01);
    a = v128.load32_splat(strip, 4);
    s10 = multiplyAdd(a, w0, s10);
    s11 = multiplyAdd(a, w1, s11);
    a = v128.load32_splat(strip, 8);
    s20 = multiplyAdd(a, w0, s20);
    s21 = multiplyAdd(a, w1, s21);
    a = v128.load32_splat(strip, 12);
    s30 = multiplyAdd(a, w0, s30);
    s31 = multiplyAdd(a, w1, s31);
    strip += 16;
    panel += 32;
  } while (strip !== end);
  const result1 = result + rowBytes;
  const result2 = result1 + rowBytes;
  const result3 = result2 + rowBytes;
  if (adds) {
    s00 = f32x4.add(s00, v128.load(result));
    s01 = f32x4.add(s01, v128.load(result, 16));
    s10 = f32x4.add(s10, v128.load(result1));
    s11 = f32x4.add(s11, v128.load(result1, 16));
    s20 = f32x4.add(s20, v128.load(result2));
    s21 = f32x4.add(s21, v128.load(result2, 16));
    s30 = f32x4.add(s30, v128.load(result3));
    s31 = f32x4.add(s31, v128.load(result3, 16));
  }
  v128.store(result, s00);
  v128.store(result, s01, 16);
  v128.store(result1, s10);
  v128.store(result1, s11, 16);
  v128.store(result2, s20);
  v128.store(result2, s21, 16);
  v128.store(result3, s30);
  v128.store(result3, s31, 16);
}
