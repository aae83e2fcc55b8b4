/**
 * Rows of memory seen through shape, strides and offset, as PyTorch stores tensors: bounds and gathering.
 * Pure arithmetic on bytes; strides and offsets count elements.
 */

/** Row-major strides of a shape. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** The number of elements of a shape, or null when a length is no count or the product is above 2^53. */
export function countElements(shape: readonly number[]): number | null {
  let count = 1;
  let empty = false;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) return null;
    if (length === 0) empty = true;
    else count *= length;
    if (!Number.isSafeInteger(count)) return null;
  }
  return empty ? 0 : count;
}

/** One past the last element that a non-empty strided view touches; Infinity when that is above 2^53. */
export function endOfView(shape: readonly number[], strides: readonly number[], offset: number): number {
  let last = offset;
  for (let axis = 0; axis < shape.length; axis++) last += (shape[axis]! - 1) * strides[axis]!;
  return Number.isSafeInteger(last) ? last + 1 : Number.POSITIVE_INFINITY;
}

/** Whether the elements of a view lie in row-major order without gaps; axes of length 1 may have any stride. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const wanted = rowMajorStrides(shape);
  return shape.every((length, axis) => length === 1 || strides[axis] === wanted[axis]);
}

/**
 * Copies a strided view into row-major order, or as much of it as a target holds. The caller has checked the bounds.
 *
 * @param source bytes of the whole storage.
 * @param itemBytes bytes of one element.
 * @param target where the elements go. Default: a new array for all of them.
 * @param begin the first element that is copied, counted in row-major order.
 */
export function gather(
  source: Uint8Array,
  itemBytes: number,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  target: Uint8Array = new Uint8Array((countElements(shape) ?? 0) * itemBytes),
  begin = 0,
): Uint8Array {
  if (target.length === 0) return target;
  const unit = largestUnit(source, target, itemBytes);
  const [from, to] = [inUnits(source, unit), inUnits(target, unit)];
  const width = itemBytes / unit;
  const rank = shape.length;
  const rowLength = rank === 0 ? 1 : shape[rank - 1]!;
  const rowStep = (rank === 0 ? 1 : strides[rank - 1]!) * width;
  const index = new Array<number>(Math.max(rank - 1, 0)).fill(0);
  let start = offset * width;
  let column = begin % rowLength;
  for (let axis = rank - 2, row = Math.floor(begin / rowLength); axis >= 0; axis--) {
    index[axis] = row % shape[axis]!;
    row = Math.floor(row / shape[axis]!);
    start += index[axis]! * strides[axis]! * width;
  }
  for (let done = 0; done < to.length; ) {
    const end = Math.min(to.length, done + (rowLength - column) * width);
    copyRow(from, start + column * rowStep, rowStep, to, done, end, width);
    done = end;
    column = 0;
    for (let axis = rank - 2; axis >= 0; axis--) {
      start += strides[axis]! * width;
      if (++index[axis]! < shape[axis]!) break;
      start -= shape[axis]! * strides[axis]! * width;
      index[axis] = 0;
    }
  }
  return target;
}

/** What bytes are copied as. Whole numbers: floats could lose the bits of a NaN. */
type Units = Uint8Array | Uint16Array | Uint32Array;

/** The most bytes that can be copied at a time: files may have put elements anywhere. */
function largestUnit(source: Uint8Array, target: Uint8Array, itemBytes: number): number {
  const fits = (unit: number) => (itemBytes | source.byteOffset | target.byteOffset) % unit === 0;
  return [4, 2].find(fits) ?? 1;
}

function inUnits({buffer, byteOffset, byteLength}: Uint8Array, unit: number): Units {
  const length = Math.floor(byteLength / unit);
  if (unit === 4) return new Uint32Array(buffer, byteOffset, length);
  return unit === 2
    ? new Uint16Array(buffer, byteOffset, length)
    : new Uint8Array(buffer, byteOffset, length);
}

/** Elements of `width` units, `step` units apart, side by side into `to` from `begin` to `end`. */
function copyRow(
  from: Units,
  first: number,
  step: number,
  to: Units,
  begin: number,
  end: number,
  width: number,
): void {
  if (width === 1) {
    for (let i = begin, at = first; i < end; i++, at += step) to[i] = from[at]!;
    return;
  }
  for (let i = begin, at = first; i < end; i += width, at += step) {
    for (let unit = 0; unit < width; unit++) to[i + unit] = from[at + unit]!;
  }
}
