/** Types of pixels.mjs, for its test. */
export interface Pixels {
  width: number;
  height: number;
  channels: number;
  data: ArrayLike<number> & {subarray(from: number, to: number): ArrayLike<number>};
}

export function reduce(picture: Pixels, width: number, height: number): Pixels;
export function premultiplied(picture: {width: number; height: number; data: Uint8Array}): Pixels;
export function framed(picture: Pixels): Pixels;
export function cutOut(picture: Pixels, x: number, y: number, side: number, target: Float64Array): void;
export function layOver(
  target: Float64Array,
  side: number,
  sprite: Pixels,
  x: number,
  y: number,
  strength: number,
): void;
