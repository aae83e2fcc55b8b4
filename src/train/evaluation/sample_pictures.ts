/** Samples as small pictures: some frames of a clip, made of what the network sees or of frames of a video. */
import * as tf from '@tensorflow/tfjs-core';
import {perChannel, type RgbImage} from '../../video/clips/transforms';
import type {Batches} from '../batches/batches';

/** Pixels of the longer side of a frame, at most. */
const SIDE = 128;

/** Frames at a sixth, the middle and five sixths: of a clip, its beginning, middle and end. */
export function chosenFrames(count: number): number[] {
  return [...new Set([1, 3, 5].map((sixth) => Math.floor((count * sixth) / 6)))];
}

/**
 * Pictures of one sample of a batch.
 *
 * @param x `[batch, time, height, width, channels]` or `[batch, height, width, channels]`
 * @param normalization of the values; without it they are stretched from black to white
 * @returns none for what is no picture: features, other channels than grey or colours
 */
export async function samplePictures(
  x: tf.Tensor,
  sample: number,
  normalization: Batches['normalization'],
): Promise<RgbImage[]> {
  const [channels, width, height, frames = 1] = x.shape.slice(1).reverse();
  if (x.rank < 4 || x.rank > 5 || (channels !== 1 && channels !== 3)) return [];
  const chosen = chosenFrames(frames);
  const rows = tf.tidy(() => {
    const all = tf.reshape(x, [x.shape[0]! * frames, x.size / x.shape[0]! / frames]) as tf.Tensor2D;
    return tf.concat(chosen.map((frame) => tf.slice2d(all, [sample * frames + frame, 0], [1, -1])));
  });
  const values = await rows.data<'float32'>();
  rows.dispose();
  const {scale, offset} = normalization === undefined ? stretched(values) : denormalized(normalization);
  const data = Uint8Array.from({length: (values.length / channels) * 3}, (_, i) => {
    const value = values[channels === 3 ? i : Math.floor(i / 3)]!;
    return Math.round(Math.min(255, Math.max(0, value * scale[i % 3]! + offset[i % 3]!)));
  });
  const bytes = width! * height! * 3;
  const whole = {width: width!, height: height!};
  return chosen.map((_, i) => thumbnail({data: data.subarray(i * bytes, (i + 1) * bytes), ...whole}));
}

const denormalized = ({mean, std}: NonNullable<Batches['normalization']>) => ({
  scale: perChannel(std, 1),
  offset: perChannel(mean, 0),
});

function stretched(values: Float32Array) {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  const scale = greatest > least ? 255 / (greatest - least) : 0;
  return {scale: [scale, scale, scale], offset: Array(3).fill(-least * scale) as number[]};
}

/** Made smaller where it is large: each pixel the mean of a square of them. What is left at the right and at the bottom is cut off. */
export function thumbnail({data, width, height}: RgbImage): RgbImage {
  const factor = Math.ceil(Math.max(width, height) / SIDE);
  if (factor === 1) return {data, width, height};
  const size = {
    width: Math.max(1, Math.floor(width / factor)),
    height: Math.max(1, Math.floor(height / factor)),
  };
  const small = new Uint8Array(size.width * size.height * 3);
  for (let i = 0; i < small.length; i++) {
    const [x, y] = [Math.floor(i / 3) % size.width, Math.floor(i / 3 / size.width)];
    let [sum, count] = [0, 0];
    for (let row = y * factor; row < Math.min(height, (y + 1) * factor); row++)
      for (let column = x * factor; column < Math.min(width, (x + 1) * factor); column++, count++)
        sum += data[(row * width + column) * 3 + (i % 3)]!;
    small[i] = Math.round(sum / count);
  }
  return {data: small, ...size};
}
