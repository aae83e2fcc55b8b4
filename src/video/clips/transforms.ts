/**
 * From the bytes of a frame to the numbers that a network takes: resize the short side, crop, normalise.
 * Plain typed arrays, done in one pass over the output pixels; no tensors and no decoding here.
 */
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions} from '../../util/names';
import type {RgbImage} from '../../util/rgb_image';

export type {RgbImage};

/** One number for all three channels, or one each for red, green, blue. */
export type PerChannel = number | readonly [number, number, number];

/** Pixels of a picture: the length of its shorter side, the aspect kept, or exactly `[height, width]`, whatever the aspect. */
export type PictureSize = number | readonly [height: number, width: number];

export type CropPosition = 'start' | 'center' | 'end';

export interface FrameTransform {
  /** What the picture is scaled to. Absent: no scaling. */
  readonly size?: PictureSize;
  /** Side of the square, or `[height, width]`, cut out after scaling. Absent: the whole picture. */
  readonly crop?: number | readonly [number, number];
  /** Where the crop lies: at the left and top, in the middle, or at the right and bottom. Default `'center'`. */
  readonly cropPosition?: CropPosition;
  /** Subtracted from each value of 0 to 255. Default 0. */
  readonly mean?: PerChannel;
  /** Divides each value after the mean is taken off, in the same units. Default 1. */
  readonly std?: PerChannel;
}

export const TRANSFORM_OPTIONS = ['size', 'crop', 'cropPosition', 'mean', 'std'] as const;

/** The part of a function's options that says what becomes of a frame. */
export function frameTransform(options: FrameTransform): FrameTransform {
  const {size, crop, cropPosition, mean, std} = options;
  return Object.fromEntries(
    Object.entries({size, crop, cropPosition, mean, std}).filter(([, value]) => value !== undefined),
  );
}

/**
 * The size of a picture after it is scaled to `size`; where that is its shorter side, the longer one is rounded to whole pixels.
 *
 * @throws InvalidArgumentError for a size that is not a whole number of pixels.
 */
export function scaledSize(
  width: number,
  height: number,
  size: PictureSize | undefined,
): {width: number; height: number} {
  if (size === undefined) return {width, height};
  const lengths = typeof size === 'number' ? [size] : size;
  const isExact = typeof size !== 'number';
  if (
    lengths.length !== (isExact ? 2 : 1) ||
    !lengths.every((length) => Number.isInteger(length) && length >= 1)
  ) {
    throw new InvalidArgumentError(
      `scaledSize: size is ${isExact ? `[${size}]` : size}; it must be a whole number of pixels from 1 on, or two: [height, width]`,
    );
  }
  if (typeof size !== 'number') return {width: size[1], height: size[0]};
  const factor = size / Math.min(width, height);
  return width <= height
    ? {width: size, height: Math.max(1, Math.round(height * factor))}
    : {width: Math.max(1, Math.round(width * factor)), height: size};
}

/** Height and width of what `writeFrame` makes of a frame of this size. */
export function transformedSize(
  width: number,
  height: number,
  transform: FrameTransform,
): {width: number; height: number} {
  checkOptions('transformedSize', transform, TRANSFORM_OPTIONS);
  const {size, crop} = transform;
  const scaled = scaledSize(width, height, size);
  if (crop === undefined) return scaled;
  const [cropHeight, cropWidth] = typeof crop === 'number' ? [crop, crop] : crop;
  const fits = (length: number, limit: number) => Number.isInteger(length) && length >= 1 && length <= limit;
  if (!fits(cropHeight, scaled.height) || !fits(cropWidth, scaled.width)) {
    throw new InvalidArgumentError(
      `transformedSize: a crop of ${cropHeight} rows x ${cropWidth} columns does not fit into a frame of ` +
        `${scaled.height} x ${scaled.width}; set size (the length of the short side) to the crop or more`,
    );
  }
  return {width: cropWidth, height: cropHeight};
}

/**
 * First pixel of a crop along one axis. As in mmaction the crop at the end lies twice as far as the one in the middle, so
 * with an odd number of pixels to spare it stops one short of the edge.
 */
function cropStart(length: number, crop: number, position: CropPosition): number {
  const middle = Math.floor((length - crop) / 2);
  return {start: 0, center: middle, end: 2 * middle}[position];
}

interface AxisTaps {
  /** Input position left of (above) each output position. */
  readonly low: Int32Array;
  /** Input position right of (below) it. */
  readonly high: Int32Array;
  /** Share of `high`, 0 to 1. */
  readonly share: Float64Array;
}

/**
 * Bilinear taps along one axis with half-pixel centres: output i looks at input `(i + 0.5) * from / to - 0.5`, held
 * inside the picture. Only the `count` outputs from `start` on.
 */
function axisTaps(from: number, to: number, start: number, count: number): AxisTaps {
  const taps = {low: new Int32Array(count), high: new Int32Array(count), share: new Float64Array(count)};
  for (let i = 0; i < count; i++) {
    const at = Math.min(from - 1, Math.max(0, ((start + i + 0.5) * from) / to - 0.5));
    const low = Math.floor(at);
    taps.low[i] = low;
    taps.high[i] = Math.min(from - 1, low + 1);
    taps.share[i] = at - low;
  }
  return taps;
}

/** One number for each of red, green, blue. */
export function perChannel(
  value: PerChannel | undefined,
  fallback: number,
): readonly [number, number, number] {
  if (value === undefined) return [fallback, fallback, fallback];
  return typeof value === 'number' ? [value, value, value] : value;
}

function normalisation({mean, std}: FrameTransform): {mean: readonly number[]; scale: readonly number[]} {
  const divisors = perChannel(std, 1);
  const means = perChannel(mean, 0);
  if (divisors.length !== 3 || means.length !== 3 || ![...divisors, ...means].every(Number.isFinite)) {
    throw new InvalidArgumentError(
      `writeFrame: mean and std must be one number or three, got [${means}] and [${divisors}]`,
    );
  }
  if (divisors.includes(0)) throw new InvalidArgumentError('writeFrame: std must not be 0');
  return {mean: means, scale: divisors.map((value) => 1 / value)};
}

/**
 * Writes a frame as `[height, width, 3]` numbers into `out`, from element `offset` on.
 *
 * @param frame the picture.
 * @param transform scaling, crop and normalisation; output value = (pixel - mean) / std.
 * @param out receives `height * width * 3` numbers of `transformedSize`.
 * @throws InvalidArgumentError when the crop or the output does not fit, or the frame's data has the wrong length.
 */
export function writeFrame(frame: RgbImage, transform: FrameTransform, out: Float32Array, offset = 0): void {
  checkOptions('writeFrame', transform, TRANSFORM_OPTIONS);
  const {data, width, height} = frame;
  if (data.length !== width * height * 3) {
    throw new InvalidArgumentError(
      `writeFrame: a frame of ${width} x ${height} needs ${width * height * 3} bytes of rgb, got ${data.length}`,
    );
  }
  const scaled = scaledSize(width, height, transform.size);
  const target = transformedSize(width, height, transform);
  if (offset + target.width * target.height * 3 > out.length) {
    throw new InvalidArgumentError(
      `writeFrame: ${target.width * target.height * 3} numbers do not fit into ${out.length} from ${offset} on`,
    );
  }
  const position = transform.cropPosition ?? 'center';
  const left = cropStart(scaled.width, target.width, position);
  const top = cropStart(scaled.height, target.height, position);
  const {mean, scale} = normalisation(transform);
  if (scaled.width !== width || scaled.height !== height) {
    const columns = axisTaps(width, scaled.width, left, target.width);
    const rows = axisTaps(height, scaled.height, top, target.height);
    interpolate(frame, columns, rows, mean, scale, out, offset);
    return;
  }
  let to = offset;
  for (let y = 0; y < target.height; y++) {
    let from = ((top + y) * width + left) * 3;
    for (let x = 0; x < target.width; x++)
      for (let channel = 0; channel < 3; channel++)
        out[to++] = (data[from++]! - mean[channel]!) * scale[channel]!;
  }
}

function interpolate(
  {data, width}: RgbImage,
  columns: AxisTaps,
  rows: AxisTaps,
  mean: readonly number[],
  scale: readonly number[],
  out: Float32Array,
  offset: number,
): void {
  let to = offset;
  for (let y = 0; y < rows.share.length; y++) {
    const upper = rows.low[y]! * width;
    const lower = rows.high[y]! * width;
    const down = rows.share[y]!;
    for (let x = 0; x < columns.share.length; x++) {
      const right = columns.share[x]!;
      const a = (upper + columns.low[x]!) * 3;
      const b = (upper + columns.high[x]!) * 3;
      const c = (lower + columns.low[x]!) * 3;
      const d = (lower + columns.high[x]!) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const above = data[a + channel]! * (1 - right) + data[b + channel]! * right;
        const below = data[c + channel]! * (1 - right) + data[d + channel]! * right;
        out[to++] = (above * (1 - down) + below * down - mean[channel]!) * scale[channel]!;
      }
    }
  }
}
