/** SlowFast against the authors' code, video and image networks; the clips and options that it takes. */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {mmaction2} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import {type SlowFastOptions, slowFast} from '../../src/networks/slowfast';
import {InvalidArgumentError} from '../../src/util/errors';
import {startBackend} from '../support/backends';
import {fillInput} from '../support/fill';
import {imageNetworks, videoNetworks} from './golden_files';
import {describeGoldenNetwork, fillWeights} from './golden_networks';

beforeAll(() => startBackend('wasm'));

// The two have the same weights but for the lateral connections.
for (const networks of [videoNetworks, imageNetworks]) {
  const weights = new Map<string, tf.Tensor>();
  describe('golden', async () => {
    afterAll(() => tf.dispose([...weights.values()]));
    await describeGoldenNetwork(networks.slowfast_r50_4x16, {weights});
    await describeGoldenNetwork(networks.slowfast_r50_8x8, {weights});
  });
}

describe('clips', () => {
  const create = (options: SlowFastOptions) => createNetwork('slowfast_tiny', {weightless: true, ...options});

  it('of a multiple of speedRatio frames are taken, and of one frame', () => {
    for (const [speedRatio, frames] of [
      [8, 8],
      [8, 24],
      [4, 20],
      [3, 9],
      [8, 1],
    ] as const) {
      const model = create({speedRatio, frames});
      const frameCounts = ['slow_layer4_0', 'slow_layer3_lateral', 'fast_layer4_0'].map(
        (name) => (model.getLayer(name).outputShape as number[])[1],
      );
      expect(frameCounts).toEqual([Math.ceil(frames / speedRatio), Math.ceil(frames / speedRatio), frames]);
      model.dispose();
    }
  });

  it.each([4, 12, 31, 33])(
    'of %d frames are refused at speedRatio 8, and the error tells what is taken',
    (frames) => {
      expect(() => create({frames})).toThrow(
        /frames must be a multiple of 8, or 1 for images; got \d+\. The slow path takes every frame 8 apart/,
      );
    },
  );

  it('of any size are taken', () => {
    for (const [height, width] of [
      [1, 1],
      [17, 50],
    ] as const) {
      const model = create({height, width, sts: true, frames: 8});
      expect(model.outputs[0]!.shape).toEqual([null, 7]);
      model.dispose();
    }
  });
});

describe('options', () => {
  it.each([
    [{speedRatio: 0}, /speedRatio must be a whole number of at least 1; got 0/],
    [{speedRatio: 1.5}, /speedRatio must be/],
    [{lateralTaps: 4}, /lateralTaps must be odd and at least 1; got 4/],
    [{headOrder: 'both' as 'fast-slow'}, /headOrder must be one of fast-slow, slow-fast; got "both"/],
    [{dropout: 1}, /dropout must be at least 0 and less than 1; got 1/],
  ])('refuses %j', (options, message) => {
    expect(() => slowFast(options)).toThrow(InvalidArgumentError);
    expect(() => slowFast(options)).toThrow(message);
  });
});

describe('answers for each frame', () => {
  const FRAMES = 16;
  const FAST_FEATURES = 128;

  /** With filled weights; without the fast features, the classifier's weights for them are zeros. */
  function answer(pool: 'clip' | 'frame', withFast: boolean): number[] {
    const model = createNetwork('slowfast_tiny_sts', {pool, frames: FRAMES, weightless: true});
    fillWeights(model, mmaction2.slowFast(), new Map());
    const kernel = model.weights.find(({originalName}) => originalName === 'classifier/kernel')!;
    const values = tf.tidy(() => {
      const isSlow = tf.expandDims(tf.greaterEqual(tf.range(0, kernel.shape[0]!), FAST_FEATURES), 1);
      if (!withFast) kernel.write(tf.mul(kernel.read(), isSlow));
      const clip = fillInput([1, 3, FRAMES, 32, 32], [0, 2, 3, 4, 1]);
      const logits = model.predict(tf.tensor(clip, [1, FRAMES, 32, 32, 3])) as tf.Tensor;
      return Array.from(logits.dataSync());
    });
    model.dispose();
    return values;
  }

  it('average to the answer for the clip', () => {
    const frames = answer('frame', true);
    answer('clip', true).forEach((logit, label, {length}) => {
      const logits = frames.filter((_, i) => i % length === label);
      expect(logits.length).toBe(FRAMES);
      expect(logits.reduce((sum, value) => sum + value, 0) / FRAMES).toBeCloseTo(logit, 5);
    });
  });

  it('hold a slow feature for the frames from its own on', () => {
    const logits = answer('frame', false);
    const classes = logits.length / FRAMES;
    const frame = (index: number) => logits.slice(index * classes, (index + 1) * classes);
    for (let index = 0; index < FRAMES; index++) expect(frame(index)).toEqual(frame(index < 8 ? 0 : 8));
    expect(frame(8)).not.toEqual(frame(0));
  });
});
