/** Shots by TransNetV2 with the weights that ship, against the authors' probabilities for a whole clip of one window, and its scenes. */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {freeze} from '../../../src/inference/freeze';
import {framesSource} from '../../../src/video/clips/sources/frames';
import {detectShots, type ShotNetwork} from '../../../src/video/shots';
import {trainedNetwork, waves} from '../../networks/transnet_v2_golden';
import {startBackend} from '../../support/backends';
import {readGolden} from '../../support/golden';
import {readGoldenDoubles} from '../../support/safetensors';

let model: ReturnType<typeof freeze>;
beforeAll(async () => {
  await startBackend('wasm');
  const trained = await trainedNetwork({});
  model = freeze(trained);
  trained.dispose();
});
afterAll(() => model.dispose());

it('49 frames, other stripes from the 37th on', async () => {
  const bytes = Uint8Array.from(waves(49));
  const length = 48 * 27 * 3;
  const frames = Array.from({length: 49}, (_, i) => ({
    data: bytes.subarray(i * length, (i + 1) * length),
    width: 48,
    height: 27,
  }));
  const answers: Float32Array[] = [];
  const network: ShotNetwork = (window) => {
    const [single, many] = (model.predict(window) as tf.Tensor[]).map((logits) => tf.sigmoid(logits));
    answers.push(single!.dataSync() as Float32Array, many!.dataSync() as Float32Array);
    return {single: single!, many: many!};
  };
  const shots = await detectShots(framesSource(frames), {model: network});
  expect(shots.map(({startFrame, endFrame, transition}) => [startFrame, endFrame, transition])).toEqual([
    [0, 36, 'start'],
    [37, 48, 'cut'],
  ]);
  const golden = readGoldenDoubles(await readGolden('transnetv2/vectors/films.safetensors'));
  expect(answers).toHaveLength(2);
  for (const [i, head] of ['single', 'many_hot'].entries()) {
    const wanted = golden.get(`waves49/${head}`)!;
    // Weights are stored in half precision, which is most of it.
    for (let frame = 0; frame < 49; frame++)
      expect(Math.abs(answers[i]![25 + frame]! - wanted[frame]!)).toBeLessThan(2e-3);
  }
});
