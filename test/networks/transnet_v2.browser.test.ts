/** TransNetV2 in Chromium against the authors' network: a narrow one, which software rendering can run, on the GPU backends. */
import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {startBackend} from '../support/backends';
import {GoldenTransNetV2, narrowNetwork, outputsOf, tracedModel} from './transnet_v2_golden';

const golden = await GoldenTransNetV2.read();

it.each(['webgl', 'webgpu'] as const)('%s has every traced point of the authors', async (backend) => {
  await startBackend(backend);
  const clip = await golden.clip('narrow9');
  const model = await narrowNetwork({frames: 9});
  const points = golden.points('narrow9').filter((point) => !point.endsWith('/probabilities'));
  const outputs = outputsOf(tracedModel(model, points), clip, points);
  for (const [point, error] of await golden.errors('narrow9', outputs)) expect(error, point).toBeLessThan(1);
  tf.dispose([clip, ...outputs.values()]);
  model.dispose();
});
