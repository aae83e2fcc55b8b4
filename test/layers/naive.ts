/**
 * The layers' arithmetic as loops in double precision, written from golden/README.md (PyTorch's terms) and not from
 * the package's tap rules. Tensors are nested in one flat array, channels last; nothing is fast.
 */
export interface Values {
  shape: number[];
  at: (n: number, t: number, h: number, w: number, c: number) => number;
}

export interface Geometry {
  strides: [number, number, number];
  dilations: [number, number, number];
  /** Zeros before time, height, width. */
  before: [number, number, number];
  output: [number, number, number];
  groups: number;
}

/** Reads a flat `[n, t, h, w, c]` array, zero outside time, height and width. */
export function values(data: ArrayLike<number>, shape: number[]): Values {
  const [, time, height, width, channels] = shape as [number, number, number, number, number];
  return {
    shape,
    at: (n, t, h, w, c) => {
      if (t < 0 || t >= time || h < 0 || h >= height || w < 0 || w >= width) return 0;
      return data[(((n * time + t) * height + h) * width + w) * channels + c]!;
    },
  };
}

/** Ordinary and grouped convolution; filter `[kt, kh, kw, in / groups, out]`, read with the same `at`. */
export function convolve(x: Values, filter: Values, bias: ArrayLike<number>, geometry: Geometry): number[] {
  const {strides, dilations, before, groups} = geometry;
  const [kt, kh, kw, inputs, outputs] = filter.shape as [number, number, number, number, number];
  return eachOutput(x.shape[0]!, geometry.output, outputs, (n, t, h, w, o) => {
    const group = Math.floor(o / (outputs / groups));
    let sum = bias[o]!;
    for (let a = 0; a < kt; a++)
      for (let b = 0; b < kh; b++)
        for (let c = 0; c < kw; c++)
          for (let i = 0; i < inputs; i++) {
            const ti = t * strides[0] - before[0] + a * dilations[0];
            const hi = h * strides[1] - before[1] + b * dilations[1];
            const wi = w * strides[2] - before[2] + c * dilations[2];
            sum += filter.at(a, b, c, i, o) * x.at(n, ti, hi, wi, group * inputs + i);
          }
    return sum;
  });
}

/** Dense temporal STS, filter `[kt, 1, 1, in, out]`, time stride s; `half` static channels. */
export function stsTemporal(
  x: Values,
  filter: Values,
  bias: ArrayLike<number>,
  half: number,
  stride = 1,
): number[] {
  const [kt, , , inputs, outputs] = filter.shape as [number, number, number, number, number];
  const [batch, time, height, width] = x.shape as [number, number, number, number];
  const p = (kt - 1) / 2;
  const quarter = Math.ceil(half / 2);
  return eachOutput(batch, [Math.ceil(time / stride), height, width], outputs, (n, t, h, w, o) => {
    let sum = bias[o]!;
    for (let i = 0; i < inputs; i++)
      for (let j = 0; j < kt; j++) {
        const weight = filter.at(j, 0, 0, i, o);
        const row = h * width + w + j - p;
        const column = w * height + h + j - p;
        if (o >= half) sum += weight * x.at(n, t * stride + j - p, h, w, i);
        else if (o < quarter) sum += weight * onLine(x, n, t * stride, row, i, true);
        else sum += weight * onLine(x, n, t * stride, column, i, false);
      }
    return sum;
  });
}

/** Depthwise STS, filter `[3, kh, kw, channels, 1]`, spatial stride s that divides height and width, padding (k-1)/2. */
export function stsDepthwise(x: Values, filter: Values, bias: ArrayLike<number>, stride: number): number[] {
  const [kt, kh, kw, channels] = filter.shape as [number, number, number, number];
  const [batch, time, height, width] = x.shape as [number, number, number, number];
  const output: [number, number, number] = [time, height / stride, width / stride];
  const [ph, pw, line] = [(kh - 1) / 2, (kw - 1) / 2, (kh * kw - 1) / 2];
  return eachOutput(batch, output, channels, (n, t, h, w, c) => {
    const dynamic = c >= Math.ceil(channels / 2);
    let sum = bias[c]!;
    for (let b = 0; b < kh; b++)
      for (let d = 0; d < kw; d++) {
        const [hi, wi, k] = [h * stride + b - ph, w * stride + d - pw, b * kw + d];
        if (dynamic) {
          for (let a = 0; a < kt; a++)
            sum += filter.at(a, b, d, c, 0) * x.at(n, t + a - (kt - 1) / 2, hi, wi, c);
          continue;
        }
        const row = stride * stride * (h * output[2] + w) + k - line;
        const column = stride * stride * (w * output[1] + h) + k - line;
        sum += filter.at(1, b, d, c, 0) * x.at(n, t, hi, wi, c);
        sum += filter.at(0, b, d, c, 0) * onLine(x, n, t, row, c, true);
        sum += filter.at(2, b, d, c, 0) * onLine(x, n, t, column, c, false);
      }
    return sum;
  });
}

/** A frame as one line, zero beyond its ends. */
function onLine(x: Values, n: number, t: number, at: number, c: number, rowMajor: boolean): number {
  const [, , height, width] = x.shape as [number, number, number, number];
  if (at < 0 || at >= height * width) return 0;
  const [h, w] = rowMajor ? [Math.floor(at / width), at % width] : [at % height, Math.floor(at / height)];
  return x.at(n, t, h, w, c);
}

function eachOutput(
  batch: number,
  [time, height, width]: [number, number, number],
  channels: number,
  value: (n: number, t: number, h: number, w: number, c: number) => number,
): number[] {
  const result: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let t = 0; t < time; t++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++) for (let c = 0; c < channels; c++) result.push(value(n, t, h, w, c));
  return result;
}
