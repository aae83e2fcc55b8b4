/** A clip as a tensor: the right frames in the right places, only those read, and videos that end early. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import type {SeekableVideo} from '../../../src/video/clips/frames';
import {readClip} from '../../../src/video/clips/read_clip';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {framesSource, tensorSource} from '../../../src/video/clips/sources/frames';
import {collect, formulaByte, formulaFrame, type Workshop, workshop} from './make_video';

let shop: Workshop;
beforeAll(async () => {
  await tf.setBackend('cpu');
  shop = workshop();
});
afterAll(() => shop.remove());

const pictures = (count: number, width = 6, height = 4) =>
  Array.from({length: count}, (_, i) => ({data: formulaFrame(width, height, i), width, height}));

/** First red value of each frame: formula frames have 7 times their number there. */
async function frameNumbers(clip: tf.Tensor5D): Promise<number[]> {
  const values = await clip.data();
  const length = clip.shape[2] * clip.shape[3] * 3;
  return Array.from({length: clip.shape[1]}, (_, i) => values[i * length]! / 7);
}

describe('readClip', () => {
  it('puts each frame in its place, cropped and normalised', async () => {
    const clip = await readClip(framesSource(pictures(20)), {frames: 4, crop: [2, 3], mean: 10, std: 4});
    expect(clip.shape).toEqual([1, 4, 2, 3, 3]);
    expect(clip.dtype).toBe('float32');
    const values = await clip.array();
    for (const [t, frame] of [2, 7, 12, 17].entries()) {
      for (let y = 0; y < 2; y++) {
        for (let x = 0; x < 3; x++) {
          for (let c = 0; c < 3; c++) {
            expect(values[0]![t]![y]![x]![c]).toBe((formulaByte(x + 1, y + 1, frame, c) - 10) / 4);
          }
        }
      }
    }
    clip.dispose();
  });

  it('reads only the frames of the clip, each once, and tells how far it is', async () => {
    const inner = framesSource(pictures(9));
    const asked: number[][] = [];
    const source: SeekableVideo = {
      ...inner,
      frames: (indices) => {
        asked.push([...indices!]);
        return inner.frames(indices);
      },
    };
    const told: string[] = [];
    const before = tf.memory().numTensors;
    const clip = await readClip(source, {
      frames: 12,
      interval: 1,
      shortVideo: 'loop',
      onFrame: (done, total) => told.push(`${done}/${total}`),
    });
    expect(asked).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8]]);
    expect(told.at(0)).toBe('1/9');
    expect(told.at(-1)).toBe('9/9');
    expect(await frameNumbers(clip)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2]);
    expect(tf.memory().numTensors).toBe(before + 1);
    clip.dispose();
  });

  it('agrees between a file and the same frames in memory', async () => {
    const path = shop.formula('same.mkv', 24, 18, 30);
    const source = await ffmpegSource(path);
    const options = {
      frames: 5,
      interval: 3,
      size: 9,
      crop: 8,
      mean: [100, 110, 120],
      std: [50, 60, 70],
    } as const;
    const fromFile = await readClip(source, options);
    const fromMemory = await readClip(framesSource(pictures(30, 24, 18)), options);
    expect(await fromFile.array()).toEqual(await fromMemory.array());
    await source.close();
  });

  it('takes the clip from a span of seconds', async () => {
    // 30 frames at 10 a second.
    const source = framesSource(pictures(30), {framesPerSecond: 10});
    const of = async (options: object) =>
      frameNumbers(await readClip(source, {frames: 3, interval: 1, ...options}));
    expect(await of({start: 1, end: 1.3})).toEqual([10, 11, 12]);
    // The middle of 10 frames: from floor((10 - 3 + 1) / 2) on.
    expect(await of({start: 2})).toEqual([24, 25, 26]);
    expect(await of({end: 0.3})).toEqual([0, 1, 2]);
    // The frame on the screen at the start began before it.
    expect(await of({start: 1.05, end: 1.25})).toEqual([10, 11, 12]);
    for (const span of [{start: -1}, {start: 3}, {end: 3.1}, {start: 2, end: 2}, {start: Number.NaN}])
      await expect(of(span)).rejects.toThrow(/^readClip: start is .* the video lasts 3 s/);
    await expect(of({start: 1, end: 1.2})).rejects.toThrow(/the video from 1 s to 1.2 s has 2 frames/);
    await expect(of({begin: 1})).rejects.toThrow(/^readClip: unknown option begin/);
  });

  it('refuses a video shorter than the clip, and a crop that does not fit', async () => {
    await expect(readClip(framesSource(pictures(3)), {frames: 8})).rejects.toThrow(
      /has 3 frames but a clip of 8 frames needs 8/,
    );
    await expect(readClip(framesSource(pictures(3)), {frames: 2, crop: 5})).rejects.toThrow(
      InvalidArgumentError,
    );
  });

  it('chooses anew when the file holds fewer frames than it says', async () => {
    const source = await ffmpegSource(shop.cutOff());
    const readable = await source.countFrames(true);
    const clip = await readClip(source, {frames: readable});
    expect(clip.shape).toEqual([1, readable, 120, 160, 3]);
    await expect(readClip(source, {frames: 60})).rejects.toThrow(`has ${readable} frames but a clip of 60`);
    await source.close();
  });

  it('refuses a video without frames, of changing frames, or changing size', async () => {
    const inner = framesSource(pictures(4));
    const nothing = {...inner, countFrames: async () => 0};
    await expect(readClip(nothing, {frames: 1})).rejects.toThrow(/no frame of the video can be read/);
    const lying = {...inner, countFrames: async () => 9};
    await expect(readClip(lying, {frames: 9})).rejects.toThrow(/ends before frame 9/);
    const growing = {...inner, info: {...inner.info, width: 7}};
    await expect(readClip(growing, {frames: 2})).rejects.toThrow(FormatError);
  });
});

describe('frames in memory', () => {
  it('delivers copies with numbers and times', async () => {
    const frames = pictures(3);
    const source = framesSource(frames, {framesPerSecond: 2});
    expect(source.info).toEqual({width: 6, height: 4, framesPerSecond: 2, frameCount: 3, duration: 1.5});
    const read = await collect(source);
    expect(read.map(({index, timestamp}) => [index, timestamp])).toEqual([
      [0, 0],
      [1, 0.5],
      [2, 1],
    ]);
    read[0]!.data.fill(0);
    expect(frames[0]!.data).toEqual(formulaFrame(6, 4, 0));
    expect((await collect(source.frames([1, 2, 5]))).map(({index}) => index)).toEqual([1, 2]);
    await source.close();
  });

  it('takes a tensor of frames, rounding and clamping', async () => {
    const tensor = tf.tensor4d([0.4, 254.6, 300, -3, 7, 8], [2, 1, 1, 3]);
    const source = await tensorSource(tensor);
    tensor.dispose();
    expect((await collect(source)).map(({data}) => [...data])).toEqual([
      [0, 255, 255],
      [0, 7, 8],
    ]);
    await expect(tensorSource(tf.zeros([2, 2, 2, 1]))).rejects.toThrow(/must be \[time, height, width, 3\]/);
  });

  it('refuses no frames, mixed sizes and a bad rate', () => {
    expect(() => framesSource([])).toThrow(/at least one frame/);
    expect(() => framesSource([...pictures(1), ...pictures(1, 5, 4)])).toThrow(/frame 1 is 5 x 4/);
    expect(() => framesSource(pictures(1), {framesPerSecond: 0})).toThrow(/framesPerSecond is 0/);
  });
});
