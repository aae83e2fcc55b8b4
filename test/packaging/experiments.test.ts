/** The runners of experiments at their smallest size, against the build: that of claims is killed and goes on, and ends with the same table. */
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {repository, run} from './project';

let folder: string;
beforeAll(() => {
  if (!existsSync(join(repository, 'dist/index.js')))
    throw new Error('dist/ is missing: run `npm run build` first');
  folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-experiment-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

const argumentsFor = (directory: string, command = 'run') => [
  ...['experiments/run.mjs', 'claims', command, '--tiny'],
  ...['--dir', join(folder, directory)],
];

/** What a table says but when, and in how much time. */
const linesOf = (directory: string) =>
  readFileSync(join(folder, directory, 'runs.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const {date: _, seconds: __, ...rest} = JSON.parse(line) as Record<string, unknown>;
      return rest;
    });

/** Runs until the table has as many lines, then kills the process at whatever it is. */
async function killedAfter(directory: string, lines: number): Promise<void> {
  const child = spawn(process.execPath, argumentsFor(directory), {cwd: repository, stdio: 'ignore'});
  const ended = new Promise((resolve) => child.on('close', resolve));
  const table = join(folder, directory, 'runs.jsonl');
  const look = setInterval(() => {
    if (existsSync(table) && readFileSync(table, 'utf8').split('\n').length > lines) child.kill('SIGKILL');
  }, 5);
  await ended;
  clearInterval(look);
}

it('makes the same table when it is killed and started again', async () => {
  expect(run(process.execPath, argumentsFor('whole'), repository)).toMatchObject({status: 0});
  const whole = linesOf('whole');
  expect(whole.map(({id}) => id)).toContain('slowonly-c0-s0-image-centre');
  await killedAfter('killed', 2);
  expect(linesOf('killed').length).toBeLessThan(whole.length);
  const {status, stdout, stderr} = run(process.execPath, argumentsFor('killed'), repository);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('complete');
  expect(linesOf('killed')).toEqual(whole);
  expect(run(process.execPath, argumentsFor('killed', 'analyze'), repository).stdout).toContain('All');
});

it('keeps models that load, with what tests say of them', () => {
  const {status, stderr} = run(process.execPath, argumentsFor('kept', 'models'), repository);
  expect(status, stderr).toBe(0);
  const figures = JSON.parse(readFileSync(join(folder, 'kept/models.json'), 'utf8'));
  expect(Object.keys(figures)).toEqual(['motions_slowonly', 'motions_slowonly_sts']);
  for (const {clips, right, joint} of Object.values<Record<string, number>>(figures))
    expect([clips, joint]).toEqual([12, right! / 12]);
  const file = join(folder, 'kept/models/motions_slowonly_sts.safetensors');
  const said = run(process.execPath, ['dist/cli.js', 'inspect', file], repository);
  expect(said.status, said.stderr).toBe(0);
});

it('the three arms with an image start give the same answers before training; the control reads what it should', () => {
  const program = `
    import '@tensorflow/tfjs-backend-cpu';
    import * as tf from '@tensorflow/tfjs-core';
    import * as sts from 'tfjs-sts';
    import 'tfjs-sts/cpu';
    import {CentredStaticConv3D, imageNetwork, videoNetwork} from './experiments/claims/networks.mjs';
    import {ARMS} from './experiments/claims/plan.mjs';
    import {PROTOCOL} from './experiments/claims/protocol.mjs';
    await tf.setBackend('cpu');
    const apart = (one, other) => tf.max(tf.abs(tf.sub(one, other))).dataSync()[0];
    const clip = tf.randomNormal([1, 3, 16, 16, 3], 0, 1, 'float32', 3);
    // Of a fresh network the blocks do nothing yet: their last norms begin with zeros.
    const told = (name, values) => values.map((value, at) => name.includes('variance') ? 1 : value + 0.3 * Math.sin(at + 1));
    for (const form of Object.values(PROTOCOL.forms)) {
      const fresh = sts.weightsOf(imageNetwork(form, {side: 16, classes: 5, seed: 1}));
      const image = new Map([...fresh].map(([name, {shape}]) => [name, {shape, toFloat32: () => told(name, fresh.get(name).toFloat32())}]));
      const answers = ARMS.filter(({start}) => start === 'image').map((arm) =>
        videoNetwork(form, arm, {frames: 3, side: 16, classes: 7, seed: 2}, image).predict(clip));
      const size = tf.max(tf.abs(answers[0])).dataSync()[0];
      console.log(answers.length, ...answers.map((answer) => apart(answer, answers[0]) < 1e-5 * size), size > 0.01);
    }
    const layer = new CentredStaticConv3D({depthwise: false, filters: 5, strides: [1, 1, 1], padding: 'same'});
    const x = tf.randomNormal([1, 4, 3, 3, 2], 0, 1, 'float32', 4);
    layer.build(x.shape);
    const kernel = tf.randomNormal([3, 1, 1, 2, 5], 0, 1, 'float32', 5);
    layer.setWeights([kernel]);
    const frame = tf.conv3d(x, tf.slice(kernel, [1, 0, 0, 0, 0], [1, 1, 1, 2, 3]), 1, 'same');
    const time = tf.conv3d(x, tf.slice(kernel, [0, 0, 0, 0, 3], [3, 1, 1, 2, 2]), 1, 'same');
    console.log(apart(layer.apply(x), tf.concat([frame, time], 4)) < 1e-5);
    const deep = new CentredStaticConv3D({depthwise: true, filters: null, strides: [1, 1, 1], padding: 1});
    deep.build(x.shape);
    const cube = tf.randomNormal([3, 3, 3, 2, 1], 0, 1, 'float32', 6);
    deep.setWeights([cube]);
    const channel = (c, taps) => tf.conv3d(tf.slice(x, [0, 0, 0, 0, c], [1, 4, 3, 3, 1]), tf.slice(cube, [taps === 1 ? 1 : 0, 0, 0, c, 0], [taps, 3, 3, 1, 1]), 1, 'same');
    console.log(apart(deep.apply(x), tf.concat([channel(0, 1), channel(1, 3)], 4)) < 1e-5);
  `;
  const {status, stdout, stderr} = run(process.execPath, ['--input-type=module', '-e', program], repository);
  expect(status, stderr).toBe(0);
  expect(stdout.trim().split('\n')).toEqual([
    '3 true true true true',
    '3 true true true true',
    'true',
    'true',
  ]);
});

it('camera at its smallest: draws, trains and keeps a model', () => {
  const args = ['experiments/run.mjs', 'camera', 'train', '--tiny', '--dir', join(folder, 'camera')];
  const {status, stdout, stderr} = run(process.execPath, args, repository);
  expect(status, stderr).toBe(0);
  const {parameters, loss, model} = JSON.parse(stdout.trim().split('\n').at(-1)!);
  expect(parameters).toBeGreaterThan(1000);
  expect(loss).toBeGreaterThan(0);
  expect(existsSync(model)).toBe(true);
});

it("camera's stem has what local motion is computed from: least squares over a window give the speed of a pattern", () => {
  const program = `
    import '@tensorflow/tfjs-backend-cpu';
    import * as tf from '@tensorflow/tfjs-core';
    import * as tfl from '@tensorflow/tfjs-layers';
    import {cameraNetwork} from './experiments/camera/network.mjs';
    import {SETTINGS} from './experiments/camera/settings.mjs';
    await tf.setBackend('cpu');
    const whole = cameraNetwork(SETTINGS);
    const {frames, height, width} = SETTINGS.clip;
    // Waves of 24 pixels that go to the right by u and down by v pixels a frame.
    const clipOf = (u, v, contrast) => {
      const values = [];
      for (let t = 0; t < frames; t++)
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const value = contrast * (Math.sin((x - u * t) * Math.PI / 12) + Math.cos((y - v * t) * Math.PI / 12));
            values.push(value, value, value);
          }
      return tf.tensor(values, [1, frames, height, width, 3]);
    };
    for (const [name, apart, pixels] of [['level0_short', 1, 1], ['level0_long', 4, 1], ['level1_middle', 2, 2]]) {
      const stem = tfl.model({inputs: whole.inputs, outputs: whole.getLayer(name + '_unit').output});
      for (const [u, v, contrast] of [[0.3, -0.2, 1], [0.3, -0.2, 0.5], [-0.1, 0.4, 1]]) {
        const sums = stem.predict(clipOf(u, v, contrast));
        const [a, b, c, d, e] = tf.mean(sums, [0, 1, 2, 3]).dataSync();
        // Of differences in time, which count 1.5 times, over so many frames.
        const found = [-(c * d - b * e), -(a * e - b * d)].map((value) => value / (a * c - b * b) / 1.5 / apart * pixels);
        console.log(name, found.every((value, axis) => Math.abs(value - [u, v][axis]) < 0.03));
      }
      const flat = stem.predict(tf.ones([1, frames, height, width, 3])).dataSync().slice(0, 7);
      console.log(flat.map((value) => Math.round(value * 1e6)).join());
    }
  `;
  const {status, stdout, stderr} = run(process.execPath, ['--input-type=module', '-e', program], repository);
  expect(status, stderr).toBe(0);
  const expected = ['level0_short', 'level0_long', 'level1_middle'].flatMap((name) => [
    ...Array(3).fill(`${name} true`),
    '0,0,0,0,0,0,1000000',
  ]);
  expect(stdout.trim().split('\n')).toEqual(expected);
});
