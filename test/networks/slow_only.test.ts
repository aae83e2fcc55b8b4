/** SlowOnly against the authors' code, video and image networks; the clips that it takes. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {mmaction2} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import {slowOnly} from '../../src/networks/slow_only';
import {startBackend} from '../support/backends';
import {fillInput} from '../support/fill';
import {imageNetworks, videoNetworks} from './golden_files';
import {describeGoldenNetwork, fillWeights} from './golden_networks';

beforeAll(() => startBackend('wasm'));

await describeGoldenNetwork(videoNetworks.slowonly_r50_8x8);
await describeGoldenNetwork(imageNetworks.slowonly_r50_8x8);

describe('clips', () => {
  it.each([
    [1, 1, 1],
    [3, 17, 50],
  ])('of %d x %d x %d are taken, with STS too', (frames, height, width) => {
    const model = createNetwork('slowonly_tiny_sts', {frames, height, width, weightless: true});
    const lengths = (model.getLayer('layer4_0').outputShape as number[]).slice(1);
    expect(lengths).toEqual([frames, Math.ceil(height / 32), Math.ceil(width / 32), 256]);
    model.dispose();
  });

  it('have answers for each frame whose average is the answer for the clip', () => {
    const answer = (pool: 'clip' | 'frame') => {
      const model = createNetwork('slowonly_tiny_sts', {pool, weightless: true});
      fillWeights(model, mmaction2.slowOnly(), new Map());
      const clip = tf.tensor(fillInput([1, 3, 4, 32, 48], [0, 2, 3, 4, 1]), [1, 4, 32, 48, 3]);
      const logits = tf.tidy(() => Array.from((model.predict(clip) as tf.Tensor).dataSync()));
      tf.dispose(clip);
      model.dispose();
      return logits;
    };
    const frames = answer('frame');
    answer('clip').forEach((logit, label, {length}) => {
      const logits = frames.filter((_, i) => i % length === label);
      expect(logits.length).toBe(4);
      expect(logits.reduce((sum, value) => sum + value, 0) / 4).toBeCloseTo(logit, 5);
    });
  });
});

it('refuses a dropout out of range', () => {
  expect(() => slowOnly({dropout: -0.1})).toThrow(/slowOnly: dropout must be at least 0 and less than 1/);
});

it('refuses STS of basic blocks, and blocks that it does not know', () => {
  const path = {channels: 8, stemTaps: 1, taps: [1, 1, 3, 3]};
  expect(() => createNetwork('slowonly_tiny_basic', {sts: true})).toThrow(
    /slowonly_tiny_basic: sts has no form for the 3 x 3 x 3 convolutions of basic blocks/,
  );
  expect(() => createNetwork('slowonly_tiny', {path: {...path, block: 'wide'}})).toThrow(
    /block must be one of bottleneck, basic; got "wide"/,
  );
  expect(() => createNetwork('slowfast_tiny', {fast: {...path, block: 'wide'}})).toThrow(/block must be/);
});
