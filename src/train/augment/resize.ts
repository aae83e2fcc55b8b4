/**
 * A rectangle of a picture scaled to any size, as Pillow's Image.crop and Image.resize do: where it shrinks, over as many pixels as
 * become one, in 22-bit fixed point, columns before rows with bytes in between. Byte for byte. (video/clips/resample.ts is
 * the way of ffmpeg, for pictures that a network meets in use.)
 */
import type {Picture} from '../../video/clips';
import type {Interpolation} from './affine';

/** A rectangle of pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const ONE = 2 ** 22;

const FILTERS: Record<Interpolation, {readonly reach: number; weight(distance: number): number}> = {
  bilinear: {reach: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance))},
  // The cubic of parameter -1/2.
  bicubic: {
    reach: 2,
    weight(distance) {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      if (x < 2) return ((x - 5) * x + 8) * x * -0.5 + 2;
      return 0;
    },
  },
};

/** What an output position reads along an axis. */
interface Reach {
  readonly first: number;
  /** In shares of `ONE`. */
  readonly weights: Int32Array;
}

function reaches(from: number, to: number, interpolation: Interpolation): Reach[] {
  const {reach, weight} = FILTERS[interpolation];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = reach * stretch;
  return Array.from({length: to}, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Array.from({length: end - first}, (_, k) =>
      weight((first + k - centre + 0.5) * (1 / stretch)),
    );
    const sum = weights.reduce((total, value) => total + value, 0);
    const fixed = weights.map((value) => {
      const share = (sum === 0 ? value : value / sum) * ONE;
      return Math.trunc(share + (share < 0 ? -0.5 : 0.5));
    });
    return {first, weights: Int32Array.from(fixed)};
  });
}

/**
 * Scales one axis.
 *
 * @param step bytes between neighbours along the axis, in the input as in the output
 * @param line bytes between neighbouring lines along the other axis: in the input, in the output
 */
function scaleAxis(
  data: Uint8Array,
  start: number,
  taps: readonly Reach[],
  out: Uint8ClampedArray,
  {step, lines, lineIn, lineOut}: {step: number; lines: number; lineIn: number; lineOut: number},
): void {
  for (let line = 0; line < lines; line++) {
    let to = line * lineOut;
    for (const {first, weights} of taps) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = ONE / 2;
        let at = start + line * lineIn + first * step + channel;
        for (let k = 0; k < weights.length; k++, at += step) sum += data[at]! * weights[k]!;
        out[to + channel] = Math.floor(sum / ONE);
      }
      to += step;
    }
  }
}

/**
 * Cuts out a rectangle and scales it.
 *
 * @param rectangle within the picture
 */
export function cropAndResize(
  {data, width}: Picture,
  rectangle: Rectangle,
  size: {readonly width: number; readonly height: number},
  interpolation: Interpolation,
): Picture {
  const {left, top, width: from, height} = rectangle;
  const narrow = new Uint8ClampedArray(height * size.width * 3);
  scaleAxis(data, (top * width + left) * 3, reaches(from, size.width, interpolation), narrow, {
    step: 3,
    lines: height,
    lineIn: width * 3,
    lineOut: size.width * 3,
  });
  const result = new Uint8ClampedArray(size.height * size.width * 3);
  scaleAxis(new Uint8Array(narrow.buffer), 0, reaches(height, size.height, interpolation), result, {
    step: size.width * 3,
    lines: size.width,
    lineIn: 3,
    lineOut: 3,
  });
  return {data: new Uint8Array(result.buffer), width: size.width, height: size.height};
}
