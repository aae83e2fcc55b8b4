/**
 * The shipped models of the experiment, by name, on its test clips: twelve of them, one of each motion. What they are and how often
 * the models are right is in models/README.md; things they know nearly always.
 */
import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {motionNames} from '../../../experiments/claims/task/motions.mjs';
import {registerWithHost} from '../../../src/layers';
import {listModels, loadModel} from '../../../src/models/zoo';
import {startBackend} from '../../support/backends';
import {readGolden} from '../../support/golden';

const THINGS = 5;
const names = listModels().flatMap(({name}) => (name.startsWith('motions_') ? [name] : []));
const figures = JSON.parse(
  readFileSync(new URL('../../../experiments/claims/models.json', import.meta.url), 'utf8'),
) as Record<string, {joint: number; right: number; clips: number; interval: [number, number]}>;

beforeAll(async () => {
  await startBackend('wasm');
  registerWithHost();
});

/** What the task calls a clip, of which the classes' names begin with the thing and end with the motion. */
const truth = motionNames.map((motion, at) => ({motion, label: (at % THINGS) * motionNames.length + at}));

describe.each(names)('%s', (name) => {
  it('knows the thing, and the motion as often as its card says', async () => {
    const {model, info} = await loadModel(name);
    const bytes = await readGolden('motions/clips.bin');
    const answers = tf.tidy(() => {
      const values = Float32Array.from(bytes, (value) => (value - 116) / 64);
      const logits = model.predict(tf.tensor(values, [truth.length, 10, 32, 32, 3])) as tf.Tensor;
      return Array.from(tf.argMax(logits, 1).dataSync());
    });
    model.dispose();
    expect(info.labels).toHaveLength(THINGS * motionNames.length);
    for (const {motion, label} of truth) expect(info.labels![label]).toMatch(new RegExp(` ${motion}$`));
    const thingOf = (label: number) => Math.floor(label / motionNames.length);
    expect(answers.map(thingOf)).toEqual(truth.map(({label}) => thingOf(label)));
    const right = truth.filter(({label}, at) => answers[at] === label).length;
    // Of twelve, less than a third: with a share of 0.55 that happens once in forty; here it did not.
    expect(right).toBeGreaterThanOrEqual(4);
  });

  it('has the accuracy on its card that was measured', () => {
    const {joint, right, clips} = figures[name.replace('.drawn', '')]!;
    expect(joint).toBeCloseTo(right / clips, 12);
    const row = listModels().find((one) => one.name === name)!;
    expect(row.measured.map(({percent}) => percent)).toEqual([Number((100 * joint).toFixed(1))]);
  });
});
