/**
 * 3D pooling and its gradients in plain float64 loops over coordinates, by TensorFlow's definition of 'same' and
 * 'valid'. Every window is the list of the positions in it; nothing is shared with the kernels.
 */
export interface NaivePool {
  /** `[batch, time, height, width, channels]` */
  xShape: readonly number[];
  window: readonly number[];
  strides: readonly number[];
  pad: 'same' | 'valid';
}

export interface PooledValues {
  yShape: number[];
  /** The largest input of each window. */
  max: Float64Array;
  average: Float64Array;
}

/** Where a window of one axis begins and how many windows there are. */
function axisOf({xShape, window, strides, pad}: NaivePool, axis: number) {
  const [n, k, s] = [xShape[axis + 1]!, window[axis]!, strides[axis]!];
  if (pad === 'valid') return {before: 0, length: Math.floor((n - k) / s) + 1};
  const length = Math.ceil(n / s);
  return {before: Math.floor(Math.max((length - 1) * s + k - n, 0) / 2), length};
}

function outputShape(pool: NaivePool): number[] {
  const [batch, , , , channels] = pool.xShape;
  return [batch!, ...[0, 1, 2].map((axis) => axisOf(pool, axis).length), channels!];
}

/** For each output value, in order, the flat indices of the inputs in its window, in order. */
function windows(pool: NaivePool): number[][] {
  const [, time, height, width, channels] = pool.xShape as [number, number, number, number, number];
  const [batch, ...rest] = outputShape(pool) as [number, number, number, number, number];
  const positions = (axis: number, o: number, n: number) => {
    const start = o * pool.strides[axis]! - axisOf(pool, axis).before;
    return Array.from({length: pool.window[axis]!}, (_, k) => start + k).filter((at) => at >= 0 && at < n);
  };
  const found: number[][] = [];
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < rest[0]; t++)
      for (let h = 0; h < rest[1]; h++)
        for (let w = 0; w < rest[2]; w++)
          for (let c = 0; c < channels; c++)
            found.push(
              positions(0, t, time).flatMap((i) =>
                positions(1, h, height).flatMap((j) =>
                  positions(2, w, width).map(
                    (k) => (((b * time + i) * height + j) * width + k) * channels + c,
                  ),
                ),
              ),
            );
  return found;
}

export function naivePool3d(pool: NaivePool, x: ArrayLike<number>): PooledValues {
  const inputs = windows(pool).map((window) => window.map((at) => x[at]!));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    yShape: outputShape(pool),
    max: Float64Array.from(inputs, (values) => Math.max(...values)),
    average: Float64Array.from(inputs, (values) => sum(values) / values.length),
  };
}

/** Gradients by the input: `max` gives all to the last or the first of the largest, `average` shares evenly. */
export function naivePool3dGradients(
  pool: NaivePool,
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  takes: 'last' | 'first' = 'last',
) {
  const max = new Float64Array(x.length);
  const average = new Float64Array(x.length);
  windows(pool).forEach((window, i) => {
    const most = Math.max(...window.map((at) => x[at]!));
    const found = window.filter((at) => x[at] === most).at(takes === 'last' ? -1 : 0)!;
    max[found]! += dy[i]!;
    for (const at of window) average[at]! += dy[i]! / window.length;
  });
  return {max, average};
}
