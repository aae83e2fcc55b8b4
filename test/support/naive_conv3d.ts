/**
 * The convolutions as plain nested loops in double precision, written from the formulas of the authors' code and of
 * TensorFlow, without tap rules. A convolution is given as the list of its products: output `y` gets `x * w`. Forward
 * pass, both gradients and the bound of the rounding error are four sums over that one list.
 */
export type VisitProduct = (y: number, x: number, w: number) => void;

export interface NaiveConvolution {
  xShape: number[];
  filterShape: number[];
  yShape: number[];
  forEachProduct(visit: VisitProduct): void;
}

export type Axes = [number, number, number];

const flat5 = (shape: readonly number[], a: number, b: number, c: number, d: number, e: number) =>
  (((a * shape[1]! + b) * shape[2]! + c) * shape[3]! + d) * shape[4]! + e;

/** Every index of a box, in row-major order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const total = shape.reduce((size, n) => size * n, 1);
  for (let at = 0; at < total; at++) {
    const index: number[] = [];
    let rest = at;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
    yield index;
  }
}

export interface NaiveGeometry {
  xShape: number[];
  filterShape: number[];
  strides: Axes;
  dilations: Axes;
  /** Zeros before each axis. */
  before: Axes;
  /** Length of each axis of the output. */
  output: Axes;
  groups: number;
}

/** Ordinary convolution of the channels of one group, into `out` channels that begin at `firstOut`. */
function ordinary(
  g: NaiveGeometry,
  yShape: number[],
  y: {out: number; firstOut: number},
  x: {in: number; firstIn: number},
  wIndex: (kt: number, kh: number, kw: number, i: number, o: number) => number,
  visit: VisitProduct,
): void {
  const [batch, time, height, width] = g.xShape as [number, number, number, number];
  const [kts, khs, kws] = g.filterShape as [number, number, number];
  const taps = [...indices([kts, khs, kws])] as Axes[];
  for (const [n, t, h, w] of indices([batch, ...g.output]) as Generator<[number, number, number, number]>) {
    const yAt = flat5(yShape, n, t, h, w, y.firstOut);
    for (const [kt, kh, kw] of taps) {
      const ti = t * g.strides[0] + kt * g.dilations[0] - g.before[0];
      const hi = h * g.strides[1] + kh * g.dilations[1] - g.before[1];
      const wi = w * g.strides[2] + kw * g.dilations[2] - g.before[2];
      if (ti < 0 || ti >= time || hi < 0 || hi >= height || wi < 0 || wi >= width) continue;
      const xAt = flat5(g.xShape, n, ti, hi, wi, x.firstIn);
      for (let o = 0; o < y.out; o++) {
        for (let i = 0; i < x.in; i++) visit(yAt + o, xAt + i, wIndex(kt, kh, kw, i, y.firstOut + o));
      }
    }
  }
}

/** Plain and grouped convolution, filter `[kt, kh, kw, in / groups, out]`. */
export function naiveConv3d(g: NaiveGeometry): NaiveConvolution {
  const [, , , inputs, out] = g.filterShape as [number, number, number, number, number];
  const yShape = [g.xShape[0]!, ...g.output, out];
  return {
    xShape: g.xShape,
    filterShape: g.filterShape,
    yShape,
    forEachProduct(visit) {
      for (let group = 0; group < g.groups; group++) {
        const per = out / g.groups;
        const wIndex = (kt: number, kh: number, kw: number, i: number, o: number) =>
          flat5(g.filterShape, kt, kh, kw, i, o);
        ordinary(
          g,
          yShape,
          {out: per, firstOut: group * per},
          {in: inputs, firstIn: group * inputs},
          wIndex,
          visit,
        );
      }
    },
  };
}

/** Depthwise convolution, filter `[kt, kh, kw, channels, multiplier]`. */
export function naiveDepthwiseConv3d(g: NaiveGeometry): NaiveConvolution {
  const [, , , channels, multiplier] = g.filterShape as [number, number, number, number, number];
  const yShape = [g.xShape[0]!, ...g.output, channels * multiplier];
  return {
    xShape: g.xShape,
    filterShape: g.filterShape,
    yShape,
    forEachProduct(visit) {
      for (let c = 0; c < channels; c++) {
        const wIndex = (kt: number, kh: number, kw: number, _i: number, o: number) =>
          flat5(g.filterShape, kt, kh, kw, c, o - c * multiplier);
        ordinary(g, yShape, {out: multiplier, firstOut: c * multiplier}, {in: 1, firstIn: c}, wIndex, visit);
      }
    },
  };
}

/** The pixels of a frame in the order of a line: along rows ('hw') or along columns ('wh'). */
function lineOf(height: number, width: number, order: 'hw' | 'wh'): [number, number][] {
  const pixels: [number, number][] = [];
  if (order === 'hw') for (let h = 0; h < height; h++) for (let w = 0; w < width; w++) pixels.push([h, w]);
  else for (let w = 0; w < width; w++) for (let h = 0; h < height; h++) pixels.push([h, w]);
  return pixels;
}

/** Products of one output channel with one input channel along a line. */
function along(
  g: NaiveGeometry,
  yShape: number[],
  order: 'hw' | 'wh',
  step: number,
  weights: number[],
  channel: {y: number; x: number},
  visit: VisitProduct,
): void {
  const [batch, , height, width] = g.xShape as [number, number, number, number];
  const [time, outHeight, outWidth] = g.output;
  const from = lineOf(height, width, order);
  const to = lineOf(outHeight, outWidth, order);
  for (let n = 0; n < batch; n++) {
    for (let t = 0; t < time; t++) {
      to.forEach(([h, w], m) => {
        weights.forEach((weight, k) => {
          const pixel = from[step * m + k - (weights.length - 1) / 2];
          if (pixel === undefined) return;
          visit(
            flat5(yShape, n, t, h, w, channel.y),
            flat5(g.xShape, n, t * g.strides[0], pixel[0], pixel[1], channel.x),
            weight,
          );
        });
      });
    }
  }
}

/** STS of a temporal filter `[kt, 1, 1, in, out]` with so many row, column and dynamic outputs. */
export function naiveStsTemporal(g: NaiveGeometry, [rows, columns, dynamic]: Axes): NaiveConvolution {
  const [kt, , , inputs, out] = g.filterShape as [number, number, number, number, number];
  const yShape = [g.xShape[0]!, ...g.output, out];
  const wIndex = (k: number, _h: number, _w: number, i: number, o: number) =>
    flat5(g.filterShape, k, 0, 0, i, o);
  return {
    xShape: g.xShape,
    filterShape: g.filterShape,
    yShape,
    forEachProduct(visit) {
      for (let o = 0; o < rows + columns; o++) {
        for (let i = 0; i < inputs; i++) {
          const weights = Array.from({length: kt}, (_, k) => wIndex(k, 0, 0, i, o));
          along(g, yShape, o < rows ? 'hw' : 'wh', 1, weights, {y: o, x: i}, visit);
        }
      }
      ordinary(g, yShape, {out: dynamic, firstOut: rows + columns}, {in: inputs, firstIn: 0}, wIndex, visit);
    },
  };
}

/** STS of a depthwise filter `[kt, kh, kw, channels, multiplier]`; the first ceil(channels / 2) are static. */
export function naiveStsDepthwise(g: NaiveGeometry): NaiveConvolution {
  const [, khs, kws, channels, multiplier] = g.filterShape as [number, number, number, number, number];
  const yShape = [g.xShape[0]!, ...g.output, channels * multiplier];
  const step = g.strides[1] * g.strides[2];
  return {
    xShape: g.xShape,
    filterShape: g.filterShape,
    yShape,
    forEachProduct(visit) {
      for (let o = 0; o < channels * multiplier; o++) {
        const c = Math.floor(o / multiplier);
        const at = (kt: number, kh: number, kw: number) =>
          flat5(g.filterShape, kt, kh, kw, c, o % multiplier);
        if (c >= Math.ceil(channels / 2)) {
          ordinary(g, yShape, {out: 1, firstOut: o}, {in: 1, firstIn: c}, at, visit);
          continue;
        }
        const slice = (kt: number) => [...indices([khs, kws])].map(([kh, kw]) => at(kt, kh!, kw!));
        along(g, yShape, 'hw', step, slice(0), {y: o, x: c}, visit);
        along(g, yShape, 'wh', step, slice(2), {y: o, x: c}, visit);
        const frame = {
          ...g,
          filterShape: [1, ...g.filterShape.slice(1)],
          before: [0, g.before[1], g.before[2]] as Axes,
        };
        ordinary(
          frame,
          yShape,
          {out: 1, firstOut: o},
          {in: 1, firstIn: c},
          (_kt, kh, kw) => at(1, kh, kw),
          visit,
        );
      }
    },
  };
}

/** A sum in double precision and how far a float32 sum of the same terms, in any order, may be from it. */
export interface Bounded {
  values: Float64Array;
  bounds: Float64Array;
}

/** Calls `add` for each product with the place of the sum that it belongs to. */
type Products = (add: (target: number, product: number) => void) => void;

/**
 * Sums of products. n float32 products added in any order differ from the exact sum by at most
 * n * 2^-24 * sum |terms| in first order; one more rounding is allowed for the second order. A bias is one more term,
 * wherever it comes in: a kernel that starts from it rounds it with every product that is added.
 */
function sum(size: number, products: Products, bias?: Float32Array): Bounded {
  const values = Float64Array.from({length: size}, (_, i) =>
    bias === undefined ? 0 : bias[i % bias.length]!,
  );
  const magnitudes = values.map(Math.abs);
  const counts = new Float64Array(size).fill(bias === undefined ? 0 : 1);
  products((target, product) => {
    values[target]! += product;
    magnitudes[target]! += Math.abs(product);
    counts[target]! += 1;
  });
  return {values, bounds: magnitudes.map((magnitude, i) => (counts[i]! + 1) * 2 ** -24 * magnitude)};
}

const sizeOf = (shape: number[]) => shape.reduce((size, n) => size * n, 1);

export const naiveForward = (
  naive: NaiveConvolution,
  x: Float32Array,
  w: Float32Array,
  bias?: Float32Array,
): Bounded =>
  sum(sizeOf(naive.yShape), (add) => naive.forEachProduct((yi, xi, wi) => add(yi, x[xi]! * w[wi]!)), bias);

export const naiveInputGradient = (naive: NaiveConvolution, dy: Float32Array, w: Float32Array): Bounded =>
  sum(sizeOf(naive.xShape), (add) => naive.forEachProduct((yi, xi, wi) => add(xi, dy[yi]! * w[wi]!)));

export const naiveFilterGradient = (naive: NaiveConvolution, dy: Float32Array, x: Float32Array): Bounded =>
  sum(sizeOf(naive.filterShape), (add) => naive.forEachProduct((yi, xi, wi) => add(wi, dy[yi]! * x[xi]!)));
