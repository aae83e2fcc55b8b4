/** Small shape helpers shared by every folder. No tfjs import here. */

/** `[batch, time, height, width, channels]`. */
export type Shape5D = [number, number, number, number, number];

/** A shape with null for every length that may be any, or is not known yet. */
export type PartialShape = readonly (number | null)[];

/** One number per axis: time, height, width. */
export type Triple = [number, number, number];

/** Kernels count in 32 bits; beyond 53 nothing adds up at all. */
const MOST = 2 ** 31 - 1;

/**
 * Steps, taps or dilations: one whole number of at least 1 for all axes, or three for time, height, width.
 *
 * @param what begins the message that `refuse` is given
 */
export function positiveTriple(value: unknown, what: string, refuse: (message: string) => never): Triple {
  const list = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(list)) {
    return refuse(`${what} must be one number or three (time, height, width); got ${JSON.stringify(value)}`);
  }
  const triple = list.length === 1 ? [list[0], list[0], list[0]] : list;
  if (triple.length !== 3) {
    return refuse(`${what} must be one number or three (time, height, width); got [${list.join(', ')}]`);
  }
  if (triple.some((n) => n > MOST)) {
    return refuse(`${what} must be at most ${MOST}; got [${triple.join(', ')}]`);
  }
  if (triple.some((n) => !Number.isInteger(n) || n < 1)) {
    return refuse(`${what} must be whole numbers of at least 1; got [${triple.join(', ')}]`);
  }
  return triple as Triple;
}

/** A shape as messages about models show it. */
export function partialShapeText(shape: PartialShape): string {
  return `[${shape.map((length) => length ?? '?').join(', ')}]`;
}

/** The number of elements of a shape. A plain loop, as below: both run several times in every step of a frozen model. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]!;
  return size;
}

/** Whether two shapes have the same lengths. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}
