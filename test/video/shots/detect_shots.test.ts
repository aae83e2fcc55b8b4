/**
 * Shots of whole films through networks that read the answer off the pixels: that each frame is asked about once, in the middle of a
 * window, at its size and time; progress, stopping and what is refused.
 */
import {execFileSync} from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {InvalidArgumentError} from '../../../src/util/errors';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {framesSource} from '../../../src/video/clips/sources/frames';
import {detectShots, type FilmProgress, type ShotNetwork} from '../../../src/video/shots';
import {presentationTimes, type Workshop, workshop} from '../clips/make_video';

let shop: Workshop;
beforeAll(async () => {
  await tf.setBackend('cpu');
  shop = workshop();
});
afterAll(() => shop.remove());

/** Frame N of a film is `grays[N]` everywhere. */
function film(grays: readonly number[]) {
  return framesSource(
    grays.map((gray) => ({data: new Uint8Array(48 * 27 * 3).fill(gray), width: 48, height: 27})),
    {framesPerSecond: 20},
  );
}

/** A shot ends with frames of 200, and 100 and more are transition; a window's frames outside its middle say nonsense. */
function readsGrays(margin: number): ShotNetwork {
  return (frames) => {
    const [, count, height, width] = frames.shape;
    expect([height, width]).toEqual([27, 48]);
    const gray = tf.reshape(tf.slice(frames, [0, 0, 13, 24, 0], [1, count, 1, 1, 1]), [count]);
    const places = tf.range(0, count);
    const isMiddle = tf.logicalAnd(tf.greaterEqual(places, margin), tf.less(places, count - margin));
    const answer = (least: number) =>
      tf.where(isMiddle, tf.cast(tf.greaterEqual(gray, least), 'float32'), 0.97);
    return {single: answer(200), many: answer(100)};
  };
}

/** 137 frames with a cut behind frame 36 and a dissolve around 80. */
const GRAYS = Array.from({length: 137}, (_, i) => {
  if (i === 36 || i === 80) return 220;
  return i > 74 && i < 90 ? 120 : 10;
});
const SHOTS = [
  {startFrame: 0, endFrame: 36, start: 0, end: 1.85, transition: 'start', confidence: 1},
  {startFrame: 37, endFrame: 80, start: 1.85, end: 4.05, transition: 'cut', confidence: 1},
  {startFrame: 81, endFrame: 136, start: 4.05, end: 6.85, transition: 'gradual', confidence: 1},
];
const close = (shots: typeof SHOTS) =>
  shots.map((shot) => ({...shot, start: expect.closeTo(shot.start, 9), end: expect.closeTo(shot.end, 9)}));

describe('detectShots', () => {
  it('asks about each frame in the middle of a window, of any length', async () => {
    const tensors = tf.memory().numTensors;
    const model = readsGrays(25);
    expect(await detectShots(film(GRAYS), {model})).toEqual(close(SHOTS));
    for (const lengths of [{window: 200, step: 150}, {window: 40}, {window: 60, step: 60}]) {
      const {window, step = window / 2} = lengths;
      const network = readsGrays((window - step) / 2);
      expect(await detectShots(film(GRAYS), {model: network, ...lengths})).toEqual(close(SHOTS));
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('a lower threshold finds what a higher one does not', async () => {
    const model: ShotNetwork = (frames) => {
      const {single, many} = readsGrays(25)(frames);
      return {single: tf.mul(single, 0.3), many};
    };
    expect(await detectShots(film(GRAYS), {model})).toHaveLength(1);
    const shots = await detectShots(film(GRAYS), {model, threshold: 0.2});
    expect(shots.map(({confidence}) => Math.round(confidence * 1000))).toEqual([1000, 300, 300]);
  });

  it('takes a model with two outputs, whose size the frames get', async () => {
    // The mean over the picture, as logits far from 0.
    const input = tfl.input({shape: [100, 9, 12, 3]});
    const rows = tfl.layers.reshape({targetShape: [100, 9 * 12 * 3]}).apply(input);
    const answer = (name: string, least: number) =>
      tfl.layers
        .dense({
          ...{units: 1, name},
          weights: [tf.fill([9 * 12 * 3, 1], 1 / (9 * 12 * 3)), tf.tensor1d([-least])],
        })
        .apply(rows) as tfl.SymbolicTensor;
    const model = tfl.model({inputs: input, outputs: [answer('single', 200), answer('many', 100)]});
    const tensors = tf.memory().numTensors;
    const shots = await detectShots(film(GRAYS), {model});
    expect(shots).toMatchObject(close(SHOTS).map(({confidence: _, ...shot}) => shot));
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(
      detectShots(film(GRAYS), {model: tfl.model({inputs: input, outputs: [rows as never]})}),
    ).rejects.toThrow(/a model of 1 inputs, the first \[\?, 100, 9, 12, 3\], and 1 outputs; .* two outputs/);
  });

  it('a file of varying rate that starts late: times as ffprobe prints them', async () => {
    const [cut, frames] = [17, 40];
    const path = shop.make(
      'film.mkv',
      ...[
        '-f',
        'lavfi',
        '-i',
        `color=black:s=64x36:r=20:d=2,geq=lum='if(eq(N,${cut}),235,30)':cb=128:cr=128`,
      ],
      ...['-vf', "setpts='PTS+0.02*mod(N,3)/TB'", '-vsync', 'passthrough', '-c:v', 'libx264', '-qp', '4'],
      ...['-pix_fmt', 'yuv420p', '-output_ts_offset', '2.5'],
    );
    const stamps = presentationTimes(path);
    expect(stamps).toHaveLength(frames);
    const video = await ffmpegSource(path);
    const shots = await detectShots(video, {model: readsGrays(25)});
    const start = video.info.startTimestamp!;
    expect(start).toBeGreaterThan(2);
    expect(shots.map(({startFrame, endFrame}) => [startFrame, endFrame])).toEqual([
      [0, cut],
      [cut + 1, frames - 1],
    ]);
    expect(Math.abs(shots[1]!.start + start - stamps[cut + 1]!)).toBeLessThan(1e-5);
    expect(shots[0]!.end).toBe(shots[1]!.start);
  });

  it('tells how far it is', async () => {
    const seen: FilmProgress[] = [];
    await detectShots(film(GRAYS), {model: readsGrays(25), onProgress: (progress) => seen.push(progress)});
    // A window is complete 75 frames on, the next one after 50; at the end all is read.
    expect(seen.map(({frames}) => frames)).toEqual([75, 125, 137]);
    expect(seen.at(-1)).toEqual({frames: 137, seconds: 6.8, duration: 6.85});
  });

  it('an abort ends it with its reason and leaves no program behind', async () => {
    const path = shop.make(
      'long.mkv',
      ...['-f', 'lavfi', '-i', 'testsrc=s=64x36:r=30:d=60', '-c:v', 'mjpeg'],
    );
    const controller = new AbortController();
    const video = await ffmpegSource(path);
    const work = detectShots(video, {
      model: readsGrays(25),
      signal: controller.signal,
      onProgress: () => setTimeout(() => controller.abort(new Error('enough'))),
    });
    await expect(work).rejects.toThrow('enough');
    const table = execFileSync('ps', ['-A', '-o', 'ppid=,comm='], {encoding: 'utf8'});
    expect(table).not.toMatch(new RegExp(`^ *${process.pid} .*ffmpeg`, 'm'));
    await expect(
      detectShots(film(GRAYS), {model: readsGrays(25), signal: AbortSignal.abort(new Error('before'))}),
    ).rejects.toThrow('before');
  });

  it('refuses what it cannot use', async () => {
    const model = readsGrays(25);
    const wrong = (options: object) => detectShots(film([1, 2]), {model, ...options});
    await expect(wrong({treshold: 0.4})).rejects.toThrow(/unknown option treshold; did you mean threshold/);
    for (const options of [
      {threshold: 1},
      {threshold: -0.1},
      {threshold: Number.NaN},
      {window: 7, step: 2},
      {step: 0},
    ])
      await expect(wrong(options)).rejects.toThrow(InvalidArgumentError);
    await expect(detectShots(film([1]), undefined as never)).rejects.toThrow(
      /options are undefined; an object/,
    );
    await expect(wrong({model: 'transnet_v2'})).rejects.toThrow(/got "transnet_v2"; await loadModel/);
    await expect(wrong({model: undefined})).rejects.toThrow(/got undefined/);
    await expect(wrong({model: {model: {}}})).rejects.toThrow(/finds shots is needed; got \[object Object\]/);
    const short: ShotNetwork = () => ({single: tf.zeros([5]), many: tf.zeros([5])});
    await expect(wrong({model: short})).rejects.toThrow(/gave 5 and 5 numbers for 100 frames/);
  });
});
