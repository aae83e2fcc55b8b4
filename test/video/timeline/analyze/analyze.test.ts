/**
 * Timelines of films whose frames say what is in them, through models that read it off the pixels: segments in the right places of
 * shots and time, features, one reading of the video whatever is asked, stopping, and what is refused.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../../../src/inference/freeze';
import {InvalidArgumentError} from '../../../../src/util/errors';
import type {FrameStream} from '../../../../src/video/clips/frames';
import {sizedFrames} from '../../../../src/video/clips/sized_frames';
import {ffmpegSource} from '../../../../src/video/clips/sources/ffmpeg';
import {framesSource} from '../../../../src/video/clips/sources/frames';
import {detectShots, type FilmProgress, type ShotNetwork} from '../../../../src/video/shots';
import {analyze} from '../../../../src/video/timeline/analyze/analyze';
import {checkTimeline} from '../../../../src/video/timeline/check';
import {presentationTimes, type Workshop, workshop} from '../../clips/make_video';

let shop: Workshop;
beforeAll(async () => {
  await tf.setBackend('cpu');
  shop = workshop();
});
afterAll(() => shop.remove());

const RED = [220, 10, 10];
const GREEN = [10, 220, 10];
const BLUE = [10, 10, 220];
/** Shots end with such a frame. */
const WHITE = [250, 250, 250];

/** Frames of one colour each, 48 x 27, ten a second. */
function film(...parts: readonly (readonly [count: number, colour: readonly number[]])[]) {
  const frames = parts.flatMap(([count, colour]) =>
    Array.from({length: count}, () => ({
      data: Uint8Array.from({length: 48 * 27 * 3}, (_, i) => colour[i % 3]!),
      width: 48,
      height: 27,
    })),
  );
  return framesSource(frames, {framesPerSecond: 10});
}

const endsWithWhite: ShotNetwork = (frames) => {
  const least = tf.min(tf.reshape(frames, [frames.shape[1], -1]), 1);
  const single = tf.cast(tf.greater(least, 200), 'float32');
  return {single, many: single};
};
const shots = {model: endsWithWhite, window: 20};

/** A film of ffmpeg's, 40 frames and 30, ten a second. */
const RED_THEN_BLUE =
  'color=c=red:s=96x54:r=10:d=4[a];color=c=blue:s=96x54:r=10:d=3[b];[a][b]concat=n=2:v=1:a=0';
const endsWithRed: ShotNetwork = (frames) => {
  const red = tf.reshape(tf.slice(frames, [0, 0, 13, 24, 0], [1, -1, 1, 1, 1]), [-1]);
  const next = tf.concat([tf.slice(red, 1), tf.slice(red, red.size - 1)]);
  const single = tf.cast(tf.greater(tf.sub(red, next), 100), 'float32');
  return {single, many: single};
};

/** Means of the colours over the clip, sharpened: red, green and blue are what it says. */
function colourModel() {
  const input = tfl.input({shape: [4, 9, 9, 3]});
  const rows = tfl.layers.reshape({targetShape: [4 * 9 * 9, 3]}).apply(input);
  const pooled = tfl.layers.globalAveragePooling1d().apply(rows);
  const eye = tf.mul(tf.eye(3), 0.05);
  const classifier = tfl.layers.dense({units: 3, useBias: false, weights: [eye]}).apply(pooled);
  return tfl.model({inputs: input, outputs: classifier as tfl.SymbolicTensor});
}
const info = {name: 'colours', frames: 4, interval: 2, size: 9, crop: 9, labels: ['red', 'green', 'blue']};
const clips = () => ({model: colourModel(), info});

const said = (segments: readonly {start: number; end: number; labels: readonly {label: string}[]}[]) =>
  segments.map(({start, end, labels}) => [
    Math.round(start * 100) / 100,
    Math.round(end * 100) / 100,
    labels[0]!.label,
  ]);

describe('analyze', () => {
  it('says what each shot shows, none of what lies beyond its cut', async () => {
    const video = film([29, RED], [1, WHITE], [7, GREEN], [1, WHITE], [40, BLUE]);
    const model = clips();
    const tensors = tf.memory().numTensors;
    const timeline = await analyze(video, {model, shots, top: 2, name: 'three.mp4'});
    expect(tf.memory().numTensors).toBe(tensors);
    expect(timeline.video).toEqual({
      ...{name: 'three.mp4', width: 48, height: 27, frameRate: 10, isVariableRate: false, startTimestamp: 0},
      ...{frames: 78, duration: expect.closeTo(7.8, 9)},
    });
    expect(timeline.shots.map(({startFrame, endFrame}) => [startFrame, endFrame])).toEqual([
      [0, 29],
      [30, 37],
      [38, 77],
    ]);
    expect(said(timeline.segments)).toEqual([
      [0, 3, 'red'],
      [3, 3.8, 'green'],
      [3.8, 7.8, 'blue'],
    ]);
    expect(timeline.segments.map(({shot}) => shot)).toEqual([0, 1, 2]);
    expect(timeline.model).toBe('colours');
    for (const {labels} of timeline.segments) {
      expect(labels).toHaveLength(2);
      expect(labels[0]!.score).toBeGreaterThan(0.98);
    }
    // Plain data that readers take.
    expect(checkTimeline(JSON.parse(JSON.stringify(timeline)), (what) => new Error(what))).toEqual(timeline);
  });

  it('says what the camera does in each shot, whatever is asked besides, from the pictures that are there', async () => {
    const video = film([29, RED], [1, WHITE], [36, GREEN], [10, RED]);
    const model = clips();
    const camera = {
      model: colourModel(),
      info: {...info, labels: ['roll', 'static', 'zoom in'], interval: 'uniform'},
    } as const;
    const sizes: (readonly unknown[])[] = [];
    const watched = {
      [Symbol.asyncIterator]: () => video[Symbol.asyncIterator](),
      close: async () => {},
      sized: (wanted: readonly unknown[]) => {
        sizes.push(wanted);
        return sizedFrames(video, wanted as never);
      },
    };
    const tensors = tf.memory().numTensors;
    const timeline = await analyze(watched as FrameStream, {
      ...{model, shots, every: 1},
      camera: {model: camera},
    });
    expect(tf.memory().numTensors).toBe(tensors);
    // Model and camera want the same; so do the finder and a model for frames of 48 x 27.
    expect(sizes).toEqual([[[27, 48], 9]]);
    // Of the second shot the last of three spans, 0.6 seconds of 4.6, is red.
    expect(timeline.shots.map(({camera: said}) => said!.label)).toEqual(['roll', 'static']);
    expect(timeline.shots[0]!.camera!.score).toBeGreaterThan(0.98);
    expect(timeline.shots[1]!.camera!.score).toBeCloseTo(4 / 4.6, 1);
    expect(said(timeline.segments).map(([, , label]) => label)).toEqual(['red', 'green']);
    expect(checkTimeline(timeline, (what) => new Error(what))).toBe(timeline);
    const alone = await analyze(film([29, RED], [1, WHITE], [7, GREEN]), {shots, camera: {model: camera}});
    expect(alone.shots.map(({camera: said}) => said!.label)).toEqual(['roll', 'static']);
    expect(alone.segments).toEqual([]);
  });

  it('says nothing of the camera where the model is not sure enough', async () => {
    const camera = {
      model: colourModel(),
      info: {...info, labels: ['roll', 'static', 'zoom in'], interval: 'uniform'},
    } as const;
    // Two of the three seconds of the second shot are green, and their span is asked about apart from that of the last.
    const labelsAt = async (threshold?: number) => {
      const {shots: found} = await analyze(film([29, RED], [1, WHITE], [20, GREEN], [10, RED]), {
        shots,
        camera: {model: camera, ...(threshold !== undefined && {threshold})},
      });
      return found.map((shot) => ('camera' in shot ? shot.camera!.label : 'nothing'));
    };
    expect(await labelsAt()).toEqual(['roll', 'nothing']);
    expect(await labelsAt(0.6)).toEqual(['roll', 'static']);
    expect(await labelsAt(0.75)).toEqual(['roll', 'nothing']);
  });

  it.each<{model?: unknown; threshold?: unknown}>([
    {},
    {threshold: 0.5},
    {model: null},
    {model: {model: null, info}},
    {model: {info}},
    {model: {model: {}, info}},
    ...['0.5', true, null, []].map((threshold) => ({model: clips(), threshold})),
  ])('refuses the camera %j', async (camera) => {
    const run = analyze(film([29, RED], [1, WHITE], [20, GREEN]), {shots, camera} as never);
    await expect(run).rejects.toThrow(InvalidArgumentError);
  });

  it('says nothing of the camera where the score is no number', async () => {
    const camera = clips();
    camera.model.layers.at(-1)!.setWeights([tf.fill([3, 3], Number.NaN)]);
    const {shots: found} = await analyze(film([29, RED], [1, WHITE], [20, GREEN]), {
      shots,
      camera: {model: camera},
    });
    expect(found.map((shot) => 'camera' in shot)).toEqual([false, false]);
  });

  it('merges spans of one label, within shots or over the whole film', async () => {
    const video = film([50, RED], [10, GREEN], [20, RED], [20, BLUE]);
    const model = clips();
    expect(said((await analyze(video, {model, every: 1, merge: false})).segments)).toEqual(
      [...'RRRRRGRRBB'].map((letter, i) => [i, i + 1, {R: 'red', G: 'green', B: 'blue'}[letter]]),
    );
    expect(
      said((await analyze(video, {model, every: 1, merge: {maxGap: 0, minLength: 0}})).segments),
    ).toEqual([
      [0, 5, 'red'],
      [5, 6, 'green'],
      [6, 8, 'red'],
      [8, 10, 'blue'],
    ]);
    const merged = await analyze(video, {model, every: 1});
    expect(said(merged.segments)).toEqual([
      [0, 8, 'red'],
      [8, 10, 'blue'],
    ]);
    expect(merged.shots).toEqual([]);
    expect(merged.segments.every((segment) => segment.shot === undefined)).toBe(true);
    const cut = film([35, RED], [1, WHITE], [34, RED]);
    expect(said((await analyze(cut, {model, shots, every: 1})).segments)).toEqual([
      [0, 3.6, 'red'],
      [3.6, 7, 'red'],
    ]);
  });

  it('gives each segment what the classifier reads', async () => {
    const model = clips();
    const {segments} = await analyze(film([40, RED], [40, BLUE]), {model, every: 2, features: true});
    expect(segments.map(({features}) => features!.map(Math.round))).toEqual([RED, BLUE]);
    const frozen = freeze(model.model);
    const work = analyze(film([9, RED]), {model: {model: frozen, info}, features: true});
    await expect(work).rejects.toThrow(
      /features are what the classifier of a model reads, but the model is frozen/,
    );
    expect(said((await analyze(film([9, RED]), {model: {model: frozen, info}})).segments)).toEqual([
      [0, 0.9, 'red'],
    ]);
    frozen.dispose();
  });

  it('reads a file once for all, at its own times', async () => {
    const path = shop.make(
      'film.mkv',
      ...['-f', 'lavfi', '-i', `${RED_THEN_BLUE},setpts='PTS+0.03*mod(N,2)/TB'`, '-vsync', 'passthrough'],
      ...['-c:v', 'libx264', '-qp', '4', '-pix_fmt', 'yuv420p', '-output_ts_offset', '7'],
    );
    const stamps = presentationTimes(path);
    const log = shop.at('starts');
    const ffmpeg = shop.script('counted', `echo start >>'${log}'; exec ffmpeg "$@"`);
    const video = await ffmpegSource(path, {ffmpeg});
    const timeline = await analyze(video, {model: clips(), shots: {model: endsWithRed}, features: true});
    expect(shop.read('starts')).toBe('start\n');
    const start = timeline.video.startTimestamp;
    expect(timeline.video).toMatchObject({width: 96, height: 54, frames: 70, isVariableRate: true});
    expect(timeline.segments.map(({labels}) => labels[0]!.label)).toEqual(['red', 'blue']);
    for (const list of [timeline.shots, timeline.segments]) {
      expect(Math.abs(list[0]!.start + start - stamps[0]!)).toBeLessThan(1e-5);
      expect(Math.abs(list[1]!.start + start - stamps[40]!)).toBeLessThan(1e-5);
      expect(list[0]!.end).toBe(list[1]!.start);
    }
    await video.close();
  });

  it.each([
    {what: 'an edit list', input: ['-ss', '1.2'], output: [], cut: 28},
    {what: 'a phone held upright', input: [], output: ['-metadata:s:v:0', 'rotate=90'], cut: 40},
  ])('$what: shots, alone too, at the presentation timestamps of the file', async ({input, output, cut}) => {
    const coding = ['-c:v', 'libx264', '-qp', '4', '-pix_fmt', 'yuv420p', '-g', '15'];
    const whole = shop.make('whole.mp4', '-f', 'lavfi', '-i', RED_THEN_BLUE, ...coding);
    const path = shop.make('odd.mp4', ...input, '-i', whole, '-c', 'copy', ...output);
    const stamps = presentationTimes(path);
    const video = await ffmpegSource(path);
    const start = video.info.startTimestamp!;
    const timeline = await analyze(video, {model: clips(), shots: {model: endsWithRed}});
    for (const list of [timeline.shots, await detectShots(video, {model: endsWithRed})]) {
      expect(list.map(({startFrame, endFrame}) => [startFrame, endFrame])).toEqual([
        [0, cut - 1],
        [cut, stamps.length - 1],
      ]);
      const times = list.flatMap((shot) => [shot.start + start, shot.end + start]);
      const wanted = [stamps[0]!, stamps[cut]!, stamps[cut]!, stamps.at(-1)! + 0.1];
      for (const [i, time] of times.entries()) expect(Math.abs(time - wanted[i]!)).toBeLessThan(1e-5);
    }
    expect(said(timeline.segments).map(([, , label]) => label)).toEqual(['red', 'blue']);
    await video.close();
  });

  it('takes a stream that passes once, and tells how far it is', async () => {
    const inner = film([30, GREEN]);
    const stream: FrameStream = {[Symbol.asyncIterator]: () => inner.frames(), close: async () => {}};
    const seen: FilmProgress[] = [];
    const timeline = await analyze(stream, {model: clips(), onProgress: (progress) => seen.push(progress)});
    expect(said(timeline.segments)).toEqual([[0, 3, 'green']]);
    expect(timeline.video.frameRate).toBeCloseTo(10, 9);
    expect(seen.map(({frames}) => frames)).toEqual([25, 30]);
    expect(seen[0]).toEqual({frames: 25, seconds: 2.4});
    const alone = await analyze(film([30, GREEN], [1, WHITE], [9, RED]), {shots});
    expect(alone.shots).toHaveLength(2);
    expect([alone.segments, alone.model]).toEqual([[], undefined]);
  });

  it('an abort ends it with its reason', async () => {
    const controller = new AbortController();
    const onProgress = () => setTimeout(() => controller.abort(new Error('enough')));
    const work = analyze(film([400, RED]), {model: clips(), signal: controller.signal, onProgress});
    await expect(work).rejects.toThrow('enough');
  });

  it('refuses what it cannot use', async () => {
    const model = clips();
    const wrong = (options: object) => analyze(film([9, RED]), options);
    await expect(wrong({})).rejects.toThrow(/neither model nor shots/);
    await expect(wrong({model, evry: 1})).rejects.toThrow(/unknown option evry; did you mean every/);
    await expect(wrong({shots: {...shots, treshold: 1}})).rejects.toThrow(
      /analyze, shots: unknown option treshold/,
    );
    await expect(wrong({model, every: 1, merge: {gap: 1}})).rejects.toThrow(
      /analyze, merge: unknown option gap/,
    );
    await expect(wrong({model, shots, merge: {maxGap: 1}})).rejects.toThrow(
      /each shot is one segment; give every too/,
    );
    for (const half of [model.model, {model: model.model}])
      await expect(wrong({model: half})).rejects.toThrow(/model must be \{model, info\}/);
    await expect(wrong({shots: {model}})).rejects.toThrow(
      /analyze: a model of 1 inputs, .* with two outputs/,
    );
    await expect(wrong({model, camera: {model}})).rejects.toThrow(
      /camera is about shots, but there are none/,
    );
    await expect(wrong({shots, camera: {model: model.model}})).rejects.toThrow(
      /model must be \{model, info\}/,
    );
    await expect(wrong({shots, camera: model})).rejects.toThrow(/analyze, camera: unknown option info/);
    await expect(wrong({shots, camera: {model, threshold: 2}})).rejects.toThrow(/threshold of camera is 2/);
    await expect(wrong({shots, features: true})).rejects.toThrow(/features is about what a model says/);
    for (const options of [{every: 0}, {every: Number.NaN}, {top: 0.5}, {every: 1, merge: {hysteresis: -1}}])
      await expect(wrong({model, ...options})).rejects.toThrow(InvalidArgumentError);
    const nothing: FrameStream = {async *[Symbol.asyncIterator]() {}, close: async () => {}};
    await expect(analyze(nothing, {model})).rejects.toThrow(/no frame that can be read/);
  });
});
