/** Views against mmaction's rules: frame numbers from a table worked out in NumPy, crops cut by plain indexing. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import {framesSource, readViews, TEST_VIEWS, type ViewOptions, viewIndices} from '../../../src/video/clips';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A video whose value at (frame, row, column, channel) is known: each smaller than 256, neighbours differ. */
const pixel = (frame: number, row: number, column: number, channel: number) =>
  (frame * 31 + row * 17 + column * 5 + channel * 83) % 256;

function video(frames: number, height: number, width: number) {
  const pictures = Array.from({length: frames}, (_, frame) => {
    const data = new Uint8Array(height * width * 3);
    for (let i = 0; i < data.length; i++)
      data[i] = pixel(frame, Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3);
    return {data, width, height};
  });
  return framesSource(pictures);
}

async function viewsOf(source: ReturnType<typeof framesSource>, options: ViewOptions): Promise<number[][]> {
  const views: number[][] = [];
  for await (const view of readViews(source, options)) {
    expect(view.shape).toEqual([1, options.frames, 6, 6, 3]);
    views.push([...(await view.data())]);
    view.dispose();
  }
  return views;
}

/** `[frames, 6, 6, 3]` cut out at a row and column, normalised. */
function cut(frames: readonly number[], top: number, left: number, mean = 0, std = 1): number[] {
  return frames.flatMap((frame) =>
    Array.from({length: 6 * 6 * 3}, (_, i) => {
      const [row, column] = [top + Math.floor(i / 18), left + (Math.floor(i / 3) % 6)];
      return Math.fround((pixel(frame, row, column, i % 3) - mean) / std);
    }),
  );
}

describe('viewIndices', () => {
  // First frames by int(i * average + average / 2), average = (total - frames * interval + 1) / 10, or 0 if too short.
  it.each([
    [300, 32, 2, [11, 35, 59, 82, 106, 130, 154, 177, 201, 225]],
    [300, 8, 8, [11, 35, 59, 82, 106, 130, 154, 177, 201, 225]],
    [250, 13, 6, [8, 25, 43, 60, 77, 95, 112, 129, 147, 164]],
    [64, 32, 2, Array(10).fill(0)],
    [63, 32, 2, Array(10).fill(0)],
    [1, 8, 8, Array(10).fill(0)],
  ])('Kinetics-400: %i frames of video, clips of %i x %i', (total, frames, interval, starts) => {
    const indices = viewIndices(total, {...TEST_VIEWS.kinetics400, frames, interval});
    expect(indices).toEqual(
      starts.map((start: number) => Array.from({length: frames}, (_, i) => (start + i * interval) % total)),
    );
  });

  // clip_len 1, num_clips frames: int(i * average + average / 2), average = total / frames.
  it.each([
    [300, [18, 56, 93, 131, 168, 206, 243, 281]],
    [36, [2, 6, 11, 15, 20, 24, 29, 33]],
    [8, [0, 1, 2, 3, 4, 5, 6, 7]],
    [5, [0, 0, 1, 2, 2, 3, 4, 4]],
    [1, [0, 0, 0, 0, 0, 0, 0, 0]],
  ])('Something-Something V2: %i frames of video', (total, expected) => {
    expect(viewIndices(total, {...TEST_VIEWS.somethingSomethingV2, frames: 8})).toEqual([expected]);
  });

  it('one view of fixed interval is the middle one', () => {
    expect(viewIndices(100, {...TEST_VIEWS.single, frames: 4, interval: 2})).toEqual([[46, 48, 50, 52]]);
  });

  it('refuses a short video if told so', () => {
    expect(() => viewIndices(5, {frames: 8, shortVideo: 'error'})).toThrow(/the video has 5 frames/);
    expect(() => viewIndices(5, {frames: 8, clips: 2, interval: 1, shortVideo: 'error'})).toThrow(
      InvalidArgumentError,
    );
    expect(() => viewIndices(5, {frames: 1.5})).toThrow(/must be a whole number/);
  });
});

describe('readViews', () => {
  it('cuts left, right and middle of a landscape video; the right one as mmaction does', async () => {
    const tensors = tf.memory().numTensors;
    // 5 pixels to spare: the middle begins at 2, the right at 2 * 2.
    const views = await viewsOf(video(3, 6, 11), {frames: 2, interval: 1, crops: 3, size: 6, crop: 6});
    expect(views).toEqual([cut([1, 2], 0, 0), cut([1, 2], 0, 4), cut([1, 2], 0, 2)]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('cuts top, bottom and middle of a portrait video, clip by clip, and normalises', async () => {
    const options = {
      frames: 2,
      interval: 1,
      clips: 2,
      crops: 3,
      size: 6,
      crop: 6,
      mean: 100,
      std: 50,
    } as const;
    const views = await viewsOf(video(5, 10, 6), options);
    // average = (5 - 2 + 1) / 2 = 2: clips begin at 1 and 3.
    const expected = [
      [1, 2],
      [3, 4],
    ].flatMap((frames) => [0, 4, 2].map((top) => cut(frames, top, 0, 100, 50)));
    expect(views).toHaveLength(6);
    views.forEach((view, i) => {
      expect(Math.max(...view.map((value, k) => Math.abs(value - expected[i]![k]!)))).toBeLessThan(1e-6);
    });
  });

  it('cuts the middle for one crop, and repeats frames of a short video', async () => {
    const views = await viewsOf(video(2, 9, 8), {frames: 4, crop: 6});
    expect(views).toEqual([cut([0, 0, 1, 1], 1, 1)]);
  });

  it.each([
    [
      'crops that leave out rows',
      {frames: 1, crops: 3 as const, crop: 6},
      /3 crops of 6 rows x 6 columns out of frames of 9 x 8/,
    ],
    ['no crop', {frames: 1, crops: 3 as const}, /crops is 1, or 3/],
    ['two crops', {frames: 1, crops: 2 as 3, size: 6, crop: 6}, /^readViews: 2 crops/],
    ['a crop too large', {frames: 1, crop: 10}, /does not fit/],
  ])('refuses %s', async (_, options, message) => {
    await expect(viewsOf(video(2, 9, 8), options)).rejects.toThrow(message);
  });

  it('says so if the video is not what it was', async () => {
    const source = {...video(4, 6, 6), countFrames: async () => 9};
    await expect(viewsOf(source, {frames: 3, crop: 6})).rejects.toThrow(
      /the video ends before frame 9, or changes while it is read/,
    );
    const empty = {...source, countFrames: async () => 0};
    await expect(viewsOf(empty, {frames: 3, crop: 6})).rejects.toThrow(/no frame of the video can be read/);
  });
});
