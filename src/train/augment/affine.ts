/**
 * Pictures moved, turned and sheared: each output pixel looks at a place of the input that an affine map gives, between pixels by
 * bilinear or bicubic interpolation, as Pillow's Image.transform does, byte for byte.
 */
import type {Picture} from '../../video/clips';

export type Interpolation = 'bilinear' | 'bicubic';

/** Output `(x, y)` looks at `(a x + b y + c, d x + e y + f)`, pixel centres at halves. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export interface AffineOptions {
  readonly interpolation: Interpolation;
  /** Red, green, blue of what lies outside the picture. */
  readonly fill: readonly [number, number, number];
}

const within = (place: number, length: number) => Math.min(Math.max(place, 0), length - 1);

/** Weights of the pixels before and after a place, which lies `share` of the way from the second of four, or the first of two. */
function weigh(interpolation: Interpolation, share: number, v: Float64Array): number {
  if (interpolation === 'bilinear') return v[0]! + (v[1]! - v[0]!) * share;
  // The cubic of parameter -1.
  const [a, b, c, d] = [v[0]!, v[1]!, v[2]!, v[3]!];
  const p4 = -a + b - c + d;
  const p3 = 2 * (a - b) + c - d;
  return b + share * (-a + c + share * (p3 + share * p4));
}

export function affine({data, width, height}: Picture, map: AffineMap, options: AffineOptions): Picture {
  const {interpolation, fill} = options;
  const [a, b, c, d, e, f] = map;
  const taps = interpolation === 'bilinear' ? 2 : 4;
  const before = taps / 2 - 1;
  const columns = new Int32Array(taps);
  const values = new Float64Array(taps);
  const lines = new Float64Array(taps);
  // Fractions are cut off; the array clamps what the cubic takes beyond the range.
  const result = new Uint8ClampedArray(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const across = a * (x + 0.5) + b * (y + 0.5) + c;
      const down = d * (x + 0.5) + e * (y + 0.5) + f;
      if (across < 0 || across >= width || down < 0 || down >= height) {
        result.set(fill, to);
        continue;
      }
      const left = Math.floor(across - 0.5);
      const top = Math.floor(down - 0.5);
      for (let tap = 0; tap < taps; tap++) columns[tap] = within(left - before + tap, width) * 3;
      for (let channel = 0; channel < 3; channel++) {
        for (let line = 0; line < taps; line++) {
          const row = within(top - before + line, height) * width * 3 + channel;
          for (let tap = 0; tap < taps; tap++) values[tap] = data[row + columns[tap]!]!;
          lines[line] = weigh(interpolation, across - 0.5 - left, values);
        }
        result[to + channel] = Math.floor(weigh(interpolation, down - 0.5 - top, lines));
      }
    }
  }
  return {data: new Uint8Array(result.buffer), width, height};
}

/** Counter-clockwise by `degrees` round the middle. */
export function rotate(picture: Picture, degrees: number, options: AffineOptions): Picture {
  const {width, height} = picture;
  // Rounded as Pillow does, so that right angles are exact.
  const round = (value: number) => Number(value.toFixed(15));
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin] = [round(Math.cos(angle)), round(Math.sin(angle))];
  const [x, y] = [width / 2, height / 2];
  const map = [
    cos,
    sin,
    cos * -x + sin * -y + x,
    round(-Math.sin(angle)),
    cos,
    -sin * -x + cos * -y + y,
  ] as const;
  return affine(picture, map, options);
}

export const shearX = (picture: Picture, factor: number, options: AffineOptions) =>
  affine(picture, [1, factor, 0, 0, 1, 0], options);

export const shearY = (picture: Picture, factor: number, options: AffineOptions) =>
  affine(picture, [1, 0, 0, factor, 1, 0], options);

/** To the left by a share of the width. */
export const translateX = (picture: Picture, share: number, options: AffineOptions) =>
  affine(picture, [1, 0, share * picture.width, 0, 1, 0], options);

/** Up by a share of the height. */
export const translateY = (picture: Picture, share: number, options: AffineOptions) =>
  affine(picture, [1, 0, 0, 0, 1, share * picture.height], options);
