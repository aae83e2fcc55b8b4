/**
 * Shots by TransNetV2 with the weights that ship: whole films of several windows against the authors' probabilities and scenes, and
 * against true cuts. On wasm with one thread alone: what a window gives on other backends and threads is tested with the network.
 */
import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../../src/inference/freeze';
import type {FrameStream} from '../../../src/video/clips/frames';
import {sizedFrames} from '../../../src/video/clips/sized_frames';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {framesSource} from '../../../src/video/clips/sources/frames';
import {detectShots, type Shot, type ShotNetwork} from '../../../src/video/shots';
import {trainedNetwork, waves} from '../../networks/transnet_v2_golden';
import {readGolden} from '../../support/golden';
import {implementations} from '../../support/implementations';
import {readGoldenDoubles} from '../../support/safetensors';

/** The last frame before a transition and the first behind it. */
interface Transition {
  readonly last: number;
  readonly first: number;
}
interface TrueFilm {
  readonly file: string;
  readonly frames: number;
  readonly transitions: readonly Transition[];
}

const HEADS = ['single', 'many_hot'] as const;
/** What float32 may be away from the authors' network in float64, as in test/networks. */
const TOLERANCE = 2e-6;
const FRAME_BYTES = 48 * 27 * 3;

let model: ReturnType<typeof freeze>;
beforeAll(async () => {
  await implementations.find(({name}) => name === 'wasm, kernels')!.use();
  const trained = await trainedNetwork({});
  model = freeze(trained);
  trained.dispose();
});
afterAll(() => model.dispose());

const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(pathOf(path), 'utf8'));

/** The film of the formula. */
function wavesFilm(count: number) {
  const bytes = Uint8Array.from(waves(count));
  return framesSource(
    Array.from({length: count}, (_, i) => ({
      data: bytes.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES),
      width: 48,
      height: 27,
    })),
  );
}

/** The shots, and what the model says of each frame: the middle half of each window in a row. */
async function shotsAndAnswers(video: FrameStream) {
  const answers: [number[], number[]] = [[], []];
  const network: ShotNetwork = (window) => {
    const [single, many] = (model.predict(window) as tf.Tensor[]).map((logits) => tf.sigmoid(logits));
    for (const [i, probabilities] of [single!, many!].entries())
      answers[i]!.push(...probabilities.dataSync().subarray(25, 75));
    return {single: single!, many: many!};
  };
  const shots = await detectShots(video, {model: network});
  return {shots, answers};
}

/** Each frame's two probabilities within the rounding of float32. */
async function expectAnswers(name: string, answers: readonly (readonly number[])[]) {
  const golden = readGoldenDoubles(await readGolden('transnetv2/vectors/films.safetensors'));
  for (const [i, head] of HEADS.entries()) {
    const wanted = golden.get(`${name}/${head}`)!;
    expect(answers[i]!.length).toBe(Math.ceil(wanted.length / 50) * 50);
    const apart = wanted.map((value, frame) => Math.abs(answers[i]![frame]! - value));
    expect(Math.max(...apart), head).toBeLessThan(TOLERANCE);
  }
}

const scenesOf = (shots: readonly Shot[]) => shots.map(({startFrame, endFrame}) => [startFrame, endFrame]);

/** A found transition is a hit when it and a true one overlap, each widened by half a frame on both sides; each counts once. */
function score(truth: readonly Transition[], shots: readonly Shot[]) {
  const left = shots.slice(1).map(({startFrame}, i) => ({last: shots[i]!.endFrame, first: startFrame}));
  const found = left.length;
  const hits = truth.filter(({last, first}) => {
    const at = left.findIndex((other) => other.last - first <= 1 && last - other.first <= 1);
    return at >= 0 && left.splice(at, 1).length > 0;
  }).length;
  const [precision, recall] = [hits / found, hits / truth.length];
  return {precision, recall, f1: (2 * precision * recall) / (precision + recall)};
}

describe('probabilities and scenes of the authors', () => {
  it.each([
    [1, [[0, 0]]],
    [
      49,
      [
        [0, 36],
        [37, 48],
      ],
    ],
    [
      137,
      [
        [0, 36],
        [37, 73],
        [74, 110],
        [111, 136],
      ],
    ],
  ])('%i frames, other stripes from every 37th on', async (count, scenes) => {
    const {shots, answers} = await shotsAndAnswers(wavesFilm(count));
    expect(scenesOf(shots)).toEqual(scenes);
    await expectAnswers(`waves${count}`, answers);
  });

  it('a file of five shots, and its true cuts', async () => {
    const {exact} = readJson('test/golden/transnetv2/films.json');
    const video = await ffmpegSource(pathOf('test/golden/transnetv2/exact.mkv'));
    const hash = createHash('sha256');
    for await (const {pictures} of sizedFrames(video, [[27, 48]])) hash.update(pictures[0]!.data);
    expect(hash.digest('hex')).toBe(exact.frames_sha256);
    const {shots, answers} = await shotsAndAnswers(video);
    await video.close();
    expect(scenesOf(shots)).toEqual(exact.scenes);
    expect(shots.map(({transition}) => transition)).toEqual(['start', 'cut', 'cut', 'gradual', 'cut']);
    expect(score(exact.transitions, shots)).toEqual({precision: 1, recall: 1, f1: 1});
    await expectAnswers('exact', answers);
  });
});

it('the demonstration film: all of its 8 transitions and nothing else, as the guide says', async () => {
  const {film}: {film: TrueFilm} = readJson('examples/timeline/truth.json');
  const video = await ffmpegSource(pathOf(`examples/timeline/${film.file}`));
  const shots = await detectShots(video, {model});
  await video.close();
  expect(film.transitions).toHaveLength(8);
  expect(shots.at(-1)!.endFrame).toBe(film.frames - 1);
  expect(score(film.transitions, shots)).toEqual({precision: 1, recall: 1, f1: 1});
  // A dissolve is told from a cut.
  expect(shots.slice(1).map(({transition}) => transition)).toEqual(
    (film.transitions as (Transition & {kind: string})[]).map(({kind}) =>
      kind === 'cut' ? 'cut' : 'gradual',
    ),
  );
});
