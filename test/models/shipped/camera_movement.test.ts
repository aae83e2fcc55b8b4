/**
 * The shipped camera model, by name and through `analyze`: windows that ffmpeg moves over a photograph which its training never saw.
 * What it says of them is right, and it says something of most.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {registerWithHost} from '../../../src/layers';
import {type LoadedModel, loadModel} from '../../../src/models/zoo';
import {ffmpegSource} from '../../../src/video/clips/sources/ffmpeg';
import {analyze} from '../../../src/video/timeline';
import {startBackend} from '../../support/backends';
import {type Workshop, workshop} from '../../video/clips/make_video';

let shop: Workshop;
let camera: LoadedModel;
beforeAll(async () => {
  await startBackend('wasm');
  registerWithHost();
  shop = workshop();
  camera = await loadModel('camera_movement');
});
afterAll(() => {
  camera.model.dispose();
  shop.remove();
});

/** Filters over a picture of 448 x 448 that is shown for two seconds: a window of 256 x 144. */
const window = (x: string, y: string) => `crop=w=256:h=144:x='${x}':y='${y}'`;
const middle = window('(iw-ow)/2', '(ih-oh)/2');
const closer = (exponent: string) =>
  `crop=448:252,scale=1344:756,zoompan=z='1.2*exp(${exponent})':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d=1:s=256x144:fps=25`;
const MOVES: Record<string, string> = {
  static: middle,
  'pan left': window('150-50*t', '150'),
  'pan right': window('40+50*t', '150'),
  'tilt up': window('90', '200-30*t'),
  'tilt down': window('90', '100+30*t'),
  'zoom in': closer('0.2*on/25'),
  'zoom out': closer('0.4-0.2*on/25'),
  roll: `rotate=a='0.3*(t-1)',${middle}`,
};

const noCuts = (frames: tf.Tensor5D) => ({
  single: tf.zeros([frames.shape[1]]),
  many: tf.zeros([frames.shape[1]]),
});

it('says what moves over a photograph', async () => {
  const said: [string, string][] = [];
  for (const [label, filters] of Object.entries(MOVES)) {
    const source = ['-loop', '1', '-framerate', '25', '-t', '2', '-i', 'test/golden/photos/sheep.png'];
    const film = shop.make('moved.mkv', ...source, '-vf', `scale=448:448,${filters}`, '-c:v', 'ffv1');
    const video = await ffmpegSource(film);
    const {shots} = await analyze(video, {shots: {model: noCuts}, camera: {model: camera}});
    await video.close();
    if (shots[0]!.camera !== undefined) said.push([label, shots[0]!.camera.label]);
  }
  for (const [label, answer] of said) expect(answer).toBe(label);
  expect(said.length).toBeGreaterThanOrEqual(6);
});
