/** Pictures as all parts of the package hand them on. */

/** A picture of packed 8-bit red, green, blue. */
export interface RgbImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}
