/** Small shape helpers shared by every folder. No tfjs import here. */

/** `[batch, time, height, width, channels]`. */
export type Shape5D = [number, number, number, number, number];

/** One number per axis: time, height, width. */
export type Triple = [number, number, number];

/** Repeats a number over time, height and width; a triple is returned as it is. */
export function toTriple(
  value: number | readonly number[],
  what: string,
  onError: (message: string) => never,
): Triple {
  if (typeof value === 'number') return [value, value, value];
  if (value.length === 1) return [value[0]!, value[0]!, value[0]!];
  if (value.length !== 3)
    return onError(`${what} must be one number or three (time, height, width); got [${value.join(', ')}]`);
  return [value[0]!, value[1]!, value[2]!];
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
