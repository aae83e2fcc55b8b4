/**
 * Colour, contrast, brightness and sharpness: a picture blended with a poorer form of it, or away from it, as Pillow's ImageEnhance
 * does, and hue turned as torchvision turns it with Pillow. Byte for byte: where Pillow counts in 32-bit floating point, so does this.
 */
import type {Picture} from '../../video/clips';

const {fround} = Math;

/** Brightness of a pixel, ITU-R 601-2 in 16-bit fixed point: `(19595 R + 38470 G + 7471 B + 32768) / 65536`. */
function luma(data: Uint8Array, at: number): number {
  return (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 0x8000) >>> 16;
}

/**
 * `poorer + factor * (data - poorer)`.
 *
 * @param poorer the value at a place
 */
function blend({data, width, height}: Picture, factor: number, poorer: (at: number) => number): Picture {
  const result = new Uint8ClampedArray(data.length);
  const share = fround(factor);
  // Fractions are cut off; below 0 and above 255 the array clamps.
  for (let i = 0; i < data.length; i++) {
    const from = poorer(i);
    result[i] = Math.floor(fround(from + fround(share * (data[i]! - from))));
  }
  return {data: new Uint8Array(result.buffer), width, height};
}

/** Factor 0: grey, 1: as it is. */
export function colour(picture: Picture, factor: number): Picture {
  const grey = new Uint8Array(picture.data.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = luma(picture.data, i * 3);
  return blend(picture, factor, (at) => grey[(at / 3) | 0]!);
}

/** Factor 0: the mean brightness all over, 1: as it is. */
export function contrast(picture: Picture, factor: number): Picture {
  const {data} = picture;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += luma(data, i);
  const mean = Math.floor(sum / (data.length / 3) + 0.5);
  return blend(picture, factor, () => mean);
}

/** Factor 0: black, 1: as it is. */
export function brightness(picture: Picture, factor: number): Picture {
  return blend(picture, factor, () => 0);
}

/** Factor 0: smoothed, 1: as it is, above: sharper. */
export function sharpness(picture: Picture, factor: number): Picture {
  const smooth = smoothed(picture);
  return blend(picture, factor, (at) => smooth[at]!);
}

/** Eight neighbours and five times the middle, over 13; the outermost pixels as they are. */
function smoothed({data, width, height}: Picture): Uint8Array {
  const result = Uint8Array.from(data);
  const row = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * row + 3; at < (y + 1) * row - 3; at++) {
      let sum = 4 * data[at]!;
      for (const line of [at - row, at, at + row]) sum += data[line - 3]! + data[line]! + data[line + 3]!;
      result[at] = Math.floor((2 * sum + 13) / 26);
    }
  }
  return result;
}

/**
 * Turns the hue.
 *
 * @param turn share of the circle, -0.5 to 0.5, which is cut to whole 255ths
 */
export function hue(picture: Picture, turn: number): Picture {
  const {data, width, height} = picture;
  const result = new Uint8Array(data.length);
  const steps = Math.trunc(turn * 255);
  for (let i = 0; i < data.length; i += 3) turned(data, i, steps, result);
  return {data: result, width, height};
}

/** One pixel to hue, saturation, value of 8 bits, turned, and back. */
function turned(data: Uint8Array, at: number, steps: number, out: Uint8Array): void {
  const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
  const value = Math.max(red, green, blue);
  const spread = value - Math.min(red, green, blue);
  const saturation = spread === 0 ? 0 : Math.trunc(fround(spread / value) * 255);
  if (saturation === 0) {
    out.fill(value, at, at + 3);
    return;
  }
  const away = (channel: number) => fround((value - channel) / spread);
  let sixths: number;
  if (red === value) sixths = fround(away(blue) - away(green));
  else if (green === value) sixths = fround(2 + away(red) - away(blue));
  else sixths = fround(4 + away(green) - away(red));
  const angle = fround((sixths / 6 + 1) % 1);
  write((Math.trunc(angle * 255) + steps) & 255, saturation, value, at, out);
}

function write(hue: number, saturation: number, value: number, at: number, out: Uint8Array): void {
  const share = fround(saturation / 255);
  const angle = fround((hue * 6) / 255);
  const sector = Math.floor(angle);
  const rest = fround(angle - sector);
  const low = Math.round(value * (1 - share));
  const falling = Math.round(value * (1 - fround(share * rest)));
  const rising = Math.round(value * (1 - share * (1 - rest)));
  const pixel = [
    [value, rising, low],
    [falling, value, low],
    [low, value, rising],
    [low, falling, value],
    [rising, low, value],
    [value, low, falling],
  ][sector % 6]!;
  out.set(pixel, at);
}
