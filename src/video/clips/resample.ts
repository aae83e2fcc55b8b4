/**
 * Pictures scaled to any size, as bytes: bicubic, and where the picture shrinks over as many pixels as become one, so that nothing
 * is skipped. Rows after columns, in floating point, rounded once.
 */
import type {Picture} from './frames';
import type {RgbImage} from './transforms';

/** The parameter of the cubic that swscale and most others use. */
const SHARPNESS = -0.6;

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x >= 2) return 0;
  if (x >= 1) return SHARPNESS * (((x - 5) * x + 8) * x - 4);
  return ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1;
}

/** What one output position reads along an axis: weights of the positions from `first` on, which sum to 1. */
interface Reach {
  readonly first: number;
  readonly weights: Float64Array;
}

function reaches(from: number, to: number): Reach[] {
  const scale = Math.max(1, from / to);
  return Array.from({length: to}, (_, i) => {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const first = Math.max(0, Math.ceil(centre - 2 * scale));
    const last = Math.min(from - 1, Math.floor(centre + 2 * scale));
    const weights = Float64Array.from({length: last - first + 1}, (_, k) =>
      cubic((first + k - centre) / scale),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return {first, weights: weights.map((weight) => weight / sum)};
  });
}

/**
 * A picture in another size.
 *
 * @returns a fresh picture; the bytes of the given one, copied, where it has that size already
 */
export function resample({data, width, height}: RgbImage, toWidth: number, toHeight: number): Picture {
  if (width === toWidth && height === toHeight) return {data: Uint8Array.from(data), width, height};
  const columns = reaches(width, toWidth);
  const narrow = new Float32Array(height * toWidth * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (const {first, weights} of columns) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let at = (y * width + first) * 3;
      for (const weight of weights) {
        red += weight * data[at++]!;
        green += weight * data[at++]!;
        blue += weight * data[at++]!;
      }
      narrow[to++] = red;
      narrow[to++] = green;
      narrow[to++] = blue;
    }
  }
  // A clamped array rounds and clamps by itself.
  const result = new Uint8ClampedArray(toHeight * toWidth * 3);
  const row = new Float64Array(toWidth * 3);
  reaches(height, toHeight).forEach(({first, weights}, y) => {
    row.fill(0);
    weights.forEach((weight, k) => {
      const from = (first + k) * row.length;
      for (let i = 0; i < row.length; i++) row[i]! += weight * narrow[from + i]!;
    });
    result.set(row, y * row.length);
  });
  return {data: new Uint8Array(result.buffer), width: toWidth, height: toHeight};
}
