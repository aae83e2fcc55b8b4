/**
 * One tap, a handful of rows: what a dense layer does with a few clips. All time goes into the weights, each of which is used but
 * that many times, so they are read once, in the order of memory, where they lie: packing them for tiles takes longer than
 * the products. `part` of the calls is pointwise, and its rows lie side by side.
 */
import {copyFloats, multiplyAdd, put, take, zeroFloats} from '../arithmetic';
import {PartCall, ProductCall} from '../calls';
import {finishRun} from '../epilogue';

/** Lines of weights that are added to a row of sums at a time, so that the sums are read and written a fourth as often. */
const LINES = 4;

/** Outputs `first` to `end - 1` of all rows. */
export function multiplyFewRows(address: usize, first: i32, end: i32): void {
  const product = changetype<ProductCall>(address);
  const call = changetype<PartCall>(product.part);
  const at = first << 2;
  const columns = end - first;
  const y = call.y + at;
  if (call.starts) {
    for (let row = 0; row < product.rows; row++)
      copyFloats(y + row * call.yRowBytes, call.bias + at, columns);
  }
  let weights = call.weights + at;
  for (let input = 0; input < call.inputs; input += LINES, weights += LINES * call.tapBytes) {
    const lines = min(LINES, call.inputs - input);
    for (let row = 0; row < product.rows; row++) {
      const x = call.x + row * call.xRowBytes + (input << 2);
      addLines(y + row * call.yRowBytes, x, 4, weights, call.tapBytes, lines, columns);
    }
  }
  for (let row = 0; row < product.rows; row++) {
    const residual = call.residual ? call.residual + row * call.yRowBytes + at : 0;
    if (residual || call.activation) finishRun(y + row * call.yRowBytes, residual, columns, call.activation);
  }
}

/** The gradient with respect to the filter: rows `first` to `end - 1` of it, an input each. */
export function productFewRows(address: usize, first: i32, end: i32): void {
  const product = changetype<ProductCall>(address);
  const call = changetype<PartCall>(product.part);
  for (let input = first; input < end; input++) {
    const result = call.weights + input * call.tapBytes;
    if (call.starts) zeroFloats(result, call.outputs);
    for (let row = 0; row < product.rows; row += LINES) {
      const x = call.x + row * call.xRowBytes + (input << 2);
      const dy = call.y + row * call.yRowBytes;
      addLines(result, x, call.xRowBytes, dy, call.yRowBytes, min(LINES, product.rows - row), call.outputs);
    }
  }
}

/** Adds to `columns` sums at `to` as many at each of `lines` lines, times the float at `factors` for it. */
export function addLines(
  to: usize,
  factors: usize,
  factorStep: i32,
  from: usize,
  lineBytes: i32,
  lines: i32,
  columns: i32,
): void {
  if (lines < LINES) {
    for (; lines > 0; lines--, factors += factorStep, from += lineBytes) addLine(to, factors, from, columns);
    return;
  }
  const a0 = v128.load32_splat(factors);
  const a1 = v128.load32_splat(factors + factorStep);
  const a2 = v128.load32_splat(factors + 2 * factorStep);
  const a3 = v128.load32_splat(factors + 3 * factorStep);
  const second = lineBytes;
  const third = 2 * lineBytes;
  const fourth = 3 * lineBytes;
  const end = to + (columns << 2);
  const whole = to + ((columns & ~3) << 2);
  for (; to < whole; to += 16, from += 16) {
    let sum = multiplyAdd(a0, v128.load(from), v128.load(to));
    sum = multiplyAdd(a1, v128.load(from + second), sum);
    sum = multiplyAdd(a2, v128.load(from + third), sum);
    v128.store(to, multiplyAdd(a3, v128.load(from + fourth), sum));
  }
  for (; to < end; to += 4, from += 4) {
    let sum = multiplyAdd(a0, take(from, 1), take(to, 1));
    sum = multiplyAdd(a1, take(from + second, 1), sum);
    sum = multiplyAdd(a2, take(from + third, 1), sum);
    put(to, multiplyAdd(a3, take(from + fourth, 1), sum), 1);
  }
}

function addLine(to: usize, factor: usize, from: usize, columns: i32): void {
  const a = v128.load32_splat(factor);
  const end = to + (columns << 2);
  const whole = to + ((columns & ~3) << 2);
  for (; to < whole; to += 16, from += 16) v128.store(to, multiplyAdd(a, v128.load(from), v128.load(to)));
  for (; to < end; to += 4, from += 4) put(to, multiplyAdd(a, take(from, 1), take(to, 1)), 1);
}

/**
 * Outputs `first` to `end - 1` of all rows, by weights that are transposed, `[outputs, inputs]`: the gradient with respect to the
 * input. Each is the product of two lines.
 */
export function multiplyFewRowsTransposed(address: usize, first: i32, end: i32): void {
  const product = changetype<ProductCall>(address);
  const call = changetype<PartCall>(product.part);
  for (; first < end; first += 4) {
    const count = min(4, end - first);
    const weights = call.weights + first * call.tapBytes;
    // Lines that there are not are read as the first, and what comes of them goes nowhere.
    const step = count === 4 ? call.tapBytes : 0;
    for (let row = 0; row < product.rows; row++) {
      const y = call.y + row * call.yRowBytes + (first << 2);
      const x = call.x + row * call.xRowBytes;
      const start = call.starts ? call.bias + (first << 2) : y;
      if (count === 4) {
        v128.store(y, f32x4.add(v128.load(start), fourProducts(x, weights, step, call.inputs)));
        continue;
      }
      for (let i = 0; i < count; i++) {
        const products = fourProducts(x, weights + i * call.tapBytes, step, call.inputs);
        store<f32>(y + (i << 2), load<f32>(start + (i << 2)) + f32x4.extract_lane(products, 0));
      }
    }
  }
}

/** The products of a line of `count` floats with each of four lines, `step` bytes apart. */
export function fourProducts(x: usize, line: usize, step: i32, count: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const second = step;
  const third = 2 * step;
  const fourth = 3 * step;
  const end = x + (count << 2);
  const whole = x + ((count & ~3) << 2);
  for (; x < whole; x += 16, line += 16) {
    const a = v128.load(x);
    s0 = multiplyAdd(a, v128.load(line), s0);
    s1 = multiplyAdd(a, v128.load(line + second), s1);
    s2 = multiplyAdd(a, v128.load(line + third), s2);
    s3 = multiplyAdd(a, v128.load(line + fourth), s3);
  }
  for (; x < end; x += 4, line += 4) {
    const a = take(x, 1);
    s0 = multiplyAdd(a, take(line, 1), s0);
    s1 = multiplyAdd(a, take(line + second, 1), s1);
    s2 = multiplyAdd(a, take(line + third, 1), s2);
    s3 = multiplyAdd(a, take(line + fourth, 1), s3);
  }
  // Columns of the four sums side by side, then added up.
  const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
  const pair01 = f32x4.add(low01, high01);
  const pair23 = f32x4.add(low23, high23);
  const even = v128.shuffle<f32>(pair01, pair23, 0, 1, 4, 5);
  const odd = v128.shuffle<f32>(pair01, pair23, 2, 3, 6, 7);
  return f32x4.add(even, odd);
}
