/** TransNetV2 on two threads of the wasm backend, which even its smallest layers use, against the authors' network. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import '../../../../src/entries/backends/wasm';
import {freeze} from '../../../../src/inference/freeze';
import {GoldenTransNetV2, outputsOf, tracedModel, trainedNetwork} from '../../../networks/transnet_v2_golden';
import {startThreads} from './start_threads';

const golden = await GoldenTransNetV2.read();

beforeAll(() => startThreads(2));

it('has every traced point of the authors, and their answers when frozen', async () => {
  const clip = await golden.clip('noise9');
  const model = await trainedNetwork({frames: 9});
  const points = golden.points('noise9').filter((point) => !point.endsWith('/probabilities'));
  const outputs = outputsOf(tracedModel(model, points), clip, points);
  const frozen = freeze(model);
  const answers = outputsOf(frozen, clip, ['single/logits', 'many_hot/logits']);
  for (const values of [outputs, answers]) {
    for (const [point, error] of await golden.errors('noise9', values)) expect(error, point).toBeLessThan(1);
  }
  tf.dispose([clip, ...outputs.values(), ...answers.values()]);
  frozen.dispose();
  model.dispose();
});
