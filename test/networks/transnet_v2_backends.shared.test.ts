/**
 * TransNetV2 against the authors' network on the backends that transnet_v2.test.ts leaves out: a narrow one, which software rendering
 * can run, on webgpu in Node and on webgl in a page; there also the weights that ship, frozen, on wasm.
 */
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {freeze} from '../../src/inference/freeze';
import {inBrowser, startBackend} from '../support/backends';
import {implementations} from '../support/implementations';
import {GoldenTransNetV2, narrowNetwork, outputsOf, tracedModel, trainedNetwork} from './transnet_v2_golden';

const golden = await GoldenTransNetV2.read();

it.each(inBrowser ? (['webgl'] as const) : (['webgpu'] as const))(
  '%s has every traced point of the authors',
  async (backend) => {
    await startBackend(backend);
    const clip = await golden.clip('narrow9');
    const model = await narrowNetwork({frames: 9});
    const points = golden.points('narrow9').filter((point) => !point.endsWith('/probabilities'));
    const outputs = outputsOf(tracedModel(model, points), clip, points);
    for (const [point, error] of await golden.errors('narrow9', outputs))
      expect(error, point).toBeLessThan(1);
    tf.dispose([clip, ...outputs.values()]);
    model.dispose();
  },
);

if (inBrowser)
  it('wasm has the answers of the authors, frozen', async () => {
    await implementations.find(({name}) => name === 'wasm, kernels')!.use();
    const clip = await golden.clip('noise9');
    const model = await trainedNetwork({frames: 9});
    const frozen = freeze(model);
    model.dispose();
    const answers = outputsOf(frozen, clip, ['single/logits', 'many_hot/logits']);
    const errors = await golden.errors('noise9', answers);
    expect(errors.size).toBe(2);
    for (const [point, error] of errors) expect(error, point).toBeLessThan(1);
    tf.dispose([clip, ...answers.values()]);
    frozen.dispose();
  });
