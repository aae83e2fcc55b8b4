/** Scaling, crop and normalisation against a plain float64 loop over the definition. */
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import {
  type FrameTransform,
  scaledSize,
  transformedSize,
  writeFrame,
} from '../../../src/video/clips/transforms';

function randomImage(width: number, height: number, seed: number) {
  let state = seed >>> 0;
  const data = Uint8Array.from({length: width * height * 3}, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return {data, width, height};
}

type Image = ReturnType<typeof randomImage>;

/** The whole scaled picture as a sum of hat functions over every input pixel, edges repeated; then crop, then normalise. */
function naive(
  image: Image,
  size: number | undefined,
  crop: [number, number],
  mean: number[],
  std: number[],
): number[] {
  const {width, height, data} = image;
  const short = Math.min(width, height);
  const outWidth = size === undefined ? width : Math.round((width * size) / short);
  const outHeight = size === undefined ? height : Math.round((height * size) / short);
  const weight = (from: number, to: number, out: number, input: number) => {
    const centre = Math.min(Math.max(((out + 0.5) / to) * from, 0.5), from - 0.5);
    return Math.max(0, 1 - Math.abs(centre - (input + 0.5)));
  };
  const top = Math.floor((outHeight - crop[0]) / 2);
  const left = Math.floor((outWidth - crop[1]) / 2);
  const result: number[] = [];
  for (let y = top; y < top + crop[0]; y++) {
    for (let x = left; x < left + crop[1]; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let v = 0; v < height; v++) {
          for (let u = 0; u < width; u++) {
            sum +=
              weight(height, outHeight, y, v) *
              weight(width, outWidth, x, u) *
              data[(v * width + u) * 3 + c]!;
          }
        }
        result.push((sum - mean[c]!) / std[c]!);
      }
    }
  }
  return result;
}

describe('writeFrame', () => {
  it('agrees with the naive loop on random pictures, sizes and crops', () => {
    const length = fc.integer({min: 1, max: 12});
    fc.assert(
      fc.property(
        length,
        length,
        fc.option(length),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        (width, height, wish, a, b, seed) => {
          const image = randomImage(width, height, seed);
          const size = wish ?? undefined;
          const scaled = scaledSize(width, height, size);
          const crop: [number, number] = [1 + (a % scaled.height), 1 + (b % scaled.width)];
          const mean: [number, number, number] = [127, 100.5, 3];
          const std: [number, number, number] = [128, 57, 1];
          const out = new Float32Array(crop[0] * crop[1] * 3 + 5);
          writeFrame(image, {...(size && {size}), crop, mean, std}, out, 5);
          const expected = naive(image, size, crop, mean, std);
          expect(out.subarray(0, 5).every((value) => value === 0)).toBe(true);
          // Float32 rounding of values up to 255, plus the float64 sums in another order.
          for (const [i, value] of expected.entries())
            expect(Math.abs(out[5 + i]! - value)).toBeLessThan(3e-5);
        },
      ),
      {seed: 7, numRuns: 300},
    );
  });

  it('changes no pixel when there is nothing to do', () => {
    const image = randomImage(7, 5, 3);
    const out = new Float32Array(105);
    writeFrame(image, {}, out);
    expect([...out]).toEqual([...image.data]);
    writeFrame(image, {size: 5}, out);
    expect([...out]).toEqual([...image.data]);
  });

  it('halves by averaging neighbours, which half-pixel centres mean', () => {
    const image = {
      width: 4,
      height: 2,
      data: Uint8Array.from([
        0, 0, 0, 10, 20, 30, 40, 40, 40, 60, 80, 100, 2, 4, 6, 8, 8, 8, 40, 40, 40, 60, 60, 60,
      ]),
    };
    const out = new Float32Array(6);
    writeFrame(image, {size: 1}, out);
    expect([...out]).toEqual([5, 8, 11, 50, 55, 60]);
  });

  it('takes one number for all channels', () => {
    const out = new Float32Array(3);
    writeFrame({width: 1, height: 1, data: Uint8Array.from([255, 127, 0])}, {mean: 127, std: 128}, out);
    expect([...out]).toEqual([1, 0, -127 / 128]);
  });

  it.each<[string, FrameTransform, RegExp]>([
    [
      'a crop larger than the picture',
      {crop: 6},
      /crop of 6 rows x 6 columns does not fit into a frame of 5 x 7/,
    ],
    ['a crop of no pixels', {crop: [0, 3]}, /does not fit/],
    ['half a pixel', {crop: [1.5, 3]}, /does not fit/],
    ['a size of nothing', {size: 0}, /size is 0/],
    ['a zero std', {std: 0}, /std must not be 0/],
    ['a mean that is no number', {mean: Number.NaN}, /mean and std/],
  ])('refuses %s', (_, transform, message) => {
    const write = () => writeFrame(randomImage(7, 5, 1), transform, new Float32Array(200));
    expect(write).toThrow(InvalidArgumentError);
    expect(write).toThrow(message);
  });

  it('refuses data and outputs of the wrong length', () => {
    const out = new Float32Array(10);
    expect(() => writeFrame({width: 2, height: 2, data: new Uint8Array(11)}, {}, out)).toThrow(
      /needs 12 bytes of rgb, got 11/,
    );
    expect(() => writeFrame({width: 2, height: 2, data: new Uint8Array(12)}, {}, out)).toThrow(
      /12 numbers do not fit into 10/,
    );
  });
});

describe('sizes', () => {
  it('keeps the aspect by the short side', () => {
    expect(scaledSize(640, 360, 256)).toEqual({width: 455, height: 256});
    expect(scaledSize(360, 640, 256)).toEqual({width: 256, height: 455});
    expect(scaledSize(300, 300, 256)).toEqual({width: 256, height: 256});
    expect(scaledSize(1, 1000, 3)).toEqual({width: 3, height: 3000});
    expect(scaledSize(5, 4, undefined)).toEqual({width: 5, height: 4});
    expect(transformedSize(640, 360, {size: 256, crop: 224})).toEqual({width: 224, height: 224});
    expect(transformedSize(640, 360, {crop: [10, 20]})).toEqual({width: 20, height: 10});
  });
});
