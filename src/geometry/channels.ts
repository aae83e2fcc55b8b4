/** Values that are one for each channel of each clip. */

/** Whether `values` is `[batch, 1, ..., 1, channels]` for a `shape` of `[batch, ..., channels]` with something in between. */
export function isOfChannels(values: readonly number[], shape: readonly number[]): boolean {
  const last = shape.length - 1;
  return (
    last > 1 &&
    values.length === shape.length &&
    values.every((length, axis) => length === (axis === 0 || axis === last ? shape[axis] : 1))
  );
}
