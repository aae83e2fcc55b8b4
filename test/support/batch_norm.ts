/**
 * Batch normalization in training and its gradient in float64, written from the definition, with how far n float32 additions in any
 * order may be from it.
 */

export const EPSILON = 1e-3;
const ROUNDING = 2 ** -24;

/** Values in (-1, 1) from a Lehmer generator. */
export function values(size: number, seed: number): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({length: size}, () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  });
}

export interface Case {
  rows: number;
  channels: number;
  /** Added to all values: with a mean far from zero, a variance by E[x^2] - E[x]^2 has no digits left. */
  offset: number;
  /** How many of them a sum may round like; as many as rows, if nothing is said. */
  additions?: number;
}

export type Bounds = Record<
  'y' | 'mean' | 'variance' | 'dx' | 'dgamma' | 'dbeta',
  [value: number, bound: number][]
>;

/** Each value, and how far a result may be from it. */
export function expected(
  {rows: n, channels, additions = n}: Case,
  x: Float32Array,
  gamma: Float32Array,
  beta: Float32Array,
  dy: Float32Array,
): Bounds {
  const found: Bounds = {y: [], mean: [], variance: [], dx: [], dgamma: [], dbeta: []};
  for (let c = 0; c < channels; c++) {
    const column = (of: Float32Array) => Array.from({length: n}, (_, i) => of[i * channels + c]!);
    const total = (of: number[]) => of.reduce((sum, value) => sum + value, 0);
    const [xs, dys] = [column(x), column(dy)];
    const magnitude = total(xs.map(Math.abs)) / n;
    const mean = total(xs) / n;
    const meanBound = (additions + 4) * ROUNDING * magnitude;
    const apart = xs.map((value) => value - mean);
    const variance = total(apart.map((d) => d * d)) / n;
    const varianceBound =
      (additions + 8) * ROUNDING * variance + 2 * meanBound * (Math.sqrt(variance) + meanBound);
    const scale = 1 / Math.sqrt(variance + EPSILON);
    const relative = varianceBound * scale * scale + 8 * ROUNDING;
    const dbeta = total(dys);
    const dbetaBound = (additions + 4) * ROUNDING * total(dys.map(Math.abs));
    const product = total(dys.map((value, i) => value * apart[i]!));
    const productBound =
      (additions + 4) * ROUNDING * total(dys.map((value, i) => Math.abs(value * apart[i]!))) +
      meanBound * total(dys.map(Math.abs));
    found.mean.push([mean, meanBound]);
    found.variance.push([variance, varianceBound]);
    found.dbeta.push([dbeta, dbetaBound]);
    found.dgamma.push([product * scale, scale * productBound + relative * Math.abs(product * scale)]);
    apart.forEach((d, i) => {
      const factor = Math.abs(gamma[c]! * scale);
      const at = i * channels + c;
      found.y[at] = [
        gamma[c]! * scale * d + beta[c]!,
        factor * (meanBound + 4 * ROUNDING * Math.abs(xs[i]!)) +
          relative * factor * Math.abs(d) +
          4 * ROUNDING * Math.abs(beta[c]!),
      ];
      const along = (scale * scale * product) / n;
      const terms = Math.abs(dys[i]!) + Math.abs(dbeta) / n + Math.abs(d * along);
      found.dx[at] = [
        gamma[c]! * scale * (dys[i]! - dbeta / n - d * along),
        factor *
          (dbetaBound / n +
            (Math.abs(d) * scale * scale * productBound) / n +
            Math.abs(along) * (meanBound + 4 * ROUNDING * Math.abs(xs[i]!)) +
            (3 * relative + 8 * ROUNDING) * terms),
      ];
    });
  }
  return found;
}

export function tensorsOf({rows, channels, offset}: Case) {
  const x = values(rows * channels, 1).map((value) => value + offset);
  return {x, gamma: values(channels, 2), beta: values(channels, 3), dy: values(rows * channels, 4)};
}

/** Where a result is not within its bound; -1 if it is nowhere. */
export function worstOf(found: ArrayLike<number>, wanted: Bounds[keyof Bounds]): number {
  return wanted.findIndex(([value, bound], i) => !(Math.abs(found[i]! - value) <= bound + 1e-30));
}
