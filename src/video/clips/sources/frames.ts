/**
 * Frames that are already in memory (pictures, canvas pixels, a tensor of frames) as a frame source. Portable: no
 * decoder, no host interface.
 */
import type {Tensor4D} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../../util/errors';
import {checkOptions} from '../../../util/names';
import type {Frame, SeekableVideo, VideoInfo} from '../frames';
import type {RgbImage} from '../transforms';

export interface FramesSourceOptions {
  /** Frames per second, from which timestamps are made. Default 30. */
  readonly framesPerSecond?: number;
}

function infoOf(width: number, height: number, count: number, framesPerSecond: number): VideoInfo {
  return {width, height, framesPerSecond, frameCount: count, duration: count / framesPerSecond};
}

function checkFrames(frames: readonly RgbImage[]): RgbImage {
  const first = frames[0];
  if (first === undefined) throw new InvalidArgumentError('framesSource: there must be at least one frame');
  for (const [index, {data, width, height}] of frames.entries()) {
    if (width !== first.width || height !== first.height || data.length !== width * height * 3) {
      throw new InvalidArgumentError(
        `framesSource: frame ${index} is ${width} x ${height} with ${data.length} bytes; every frame must be ` +
          `${first.width} x ${first.height} with ${first.width * first.height * 3} bytes of rgb`,
      );
    }
  }
  return first;
}

/**
 * A frame source over frames in memory.
 *
 * @param frames pictures of one size, in order of showing. They are not copied until they are read.
 * @throws InvalidArgumentError for no frames, or frames of different sizes.
 */
export function framesSource(frames: readonly RgbImage[], options: FramesSourceOptions = {}): SeekableVideo {
  checkOptions('framesSource', options, ['framesPerSecond']);
  const {framesPerSecond = 30} = options;
  if (!(framesPerSecond > 0)) {
    throw new InvalidArgumentError(
      `framesSource: framesPerSecond is ${framesPerSecond}; it must be more than 0`,
    );
  }
  const {width, height} = checkFrames(frames);

  async function* read(indices?: readonly number[]): AsyncGenerator<Frame, void, void> {
    for (const index of indices ?? frames.keys()) {
      const frame = frames[index];
      if (frame === undefined) return;
      yield {data: Uint8Array.from(frame.data), width, height, timestamp: index / framesPerSecond, index};
    }
  }
  return {
    info: infoOf(width, height, frames.length, framesPerSecond),
    frames: read,
    countFrames: async () => frames.length,
    timestamps: async () => frames.map((_, index) => index / framesPerSecond),
    close: async () => {},
    [Symbol.asyncIterator]: () => read(),
  };
}

/**
 * A frame source over a tensor of frames. The values are copied out at once; the tensor stays the caller's.
 *
 * @param tensor `[time, height, width, 3]`, values 0 to 255; fractions are rounded, values beyond are clamped.
 * @throws InvalidArgumentError for another shape.
 */
export async function tensorSource(
  tensor: Tensor4D,
  options: FramesSourceOptions = {},
): Promise<SeekableVideo> {
  checkOptions('tensorSource', options, ['framesPerSecond']);
  const [count, height, width, channels] = tensor.shape;
  if (tensor.rank !== 4 || channels !== 3) {
    throw new InvalidArgumentError(
      `tensorSource: the shape is [${tensor.shape}]; it must be [time, height, width, 3]`,
    );
  }
  // A clamped array rounds and clamps by itself.
  const bytes = Uint8ClampedArray.from(await tensor.data());
  const length = height * width * 3;
  const frames = Array.from({length: count}, (_, i) => ({
    data: bytes.subarray(i * length, (i + 1) * length),
    width,
    height,
  }));
  return framesSource(frames, options);
}
