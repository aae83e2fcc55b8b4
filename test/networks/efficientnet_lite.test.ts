/**
 * EfficientNet-Lite0: names and sizes of the published network, and what inflation promises frame by frame, on a small
 * member of the family and one of MobileNetV2, which has the other padding, with random weights. The real weights are
 * compared with PyTorch in test/models/shipped.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type InflationRule, inflate, weightsOf} from '../../src/models/inflate';
import {createNetwork, efficientNetLite0, networkDefinition} from '../../src/networks';
import {startBackend} from '../support/backends';

beforeAll(() => startBackend('cpu'));

describe('EfficientNet-Lite0', () => {
  it('has the layers by which image weights are found', () => {
    const model = efficientNetLite0({weightless: true});
    const weighted = model.layers.filter((layer) => layer.weights.length > 0).map((layer) => layer.name);
    const block = (i: number) =>
      ['expand', 'depthwise', 'project']
        .filter((part) => i > 0 || part !== 'expand')
        .flatMap((part) => [`blocks_${i}_${part}_conv`, `blocks_${i}_${part}_bn`]);
    const blocks = Array.from({length: 16}, (_, i) => block(i)).flat();
    expect(weighted).toEqual(['stem_conv', 'stem_bn', ...blocks, 'head_conv', 'head_bn', 'classifier']);
    expect([...weightsOf(model).keys()]).toEqual(
      weighted.flatMap((layer) => {
        if (layer === 'classifier') return ['classifier/kernel', 'classifier/bias'];
        if (layer.endsWith('depthwise_conv')) return [`${layer}/depthwise_kernel`];
        if (layer.endsWith('_conv')) return [`${layer}/kernel`];
        return ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((weight) => `${layer}/${weight}`);
      }),
    );
    model.dispose();
  });

  it('has the 4,652,008 parameters of the published network', () => {
    const model = efficientNetLite0({temporalKernel: 1, weightless: true});
    const count = model.trainableWeights.reduce(
      (sum, {shape}) => sum + tf.util.sizeFromShape(shape as number[]),
      0,
    );
    expect(count).toBe(4_652_008);
    model.dispose();
  });

  it('has STS exactly in its depthwise convolutions', () => {
    const model = efficientNetLite0({sts: true, weightless: true});
    const sts = model.layers.filter((layer) => layer.getClassName().startsWith('STS'));
    expect(sts.map((layer) => layer.name)).toEqual(
      model.layers.map((layer) => layer.name).filter((name) => name.endsWith('depthwise_conv')),
    );
    for (const layer of sts) expect(layer.weights[0]!.shape[0]).toBe(3);
    model.dispose();
  });

  it.each([
    [{sts: true, temporalKernel: 1}, /odd and at least 3 with sts; got 1/],
    [{sts: true, temporalKernel: 4}, /odd and at least 3 with sts; got 4/],
    [{temporalKernel: 0}, /at least 1; got 0/],
    [{dropout: 1}, /dropout must be/],
  ])('refuses %j', (options, message) => {
    expect(() => efficientNetLite0({...options, weightless: true})).toThrow(message);
  });
});

const FRAMES = 8;
const options = {frames: FRAMES, pool: 'frame'} as const;

/** Random weights of ordinary size everywhere, also in the statistics of the batch norms. */
function randomize(model: LayersModel): void {
  model.weights.forEach((variable, seed) => {
    const shape = variable.shape as number[];
    const isScale = /(moving_variance|gamma)$/.test(variable.originalName);
    tf.tidy(() => {
      variable.write(
        isScale
          ? tf.randomUniform(shape, 0.5, 1.5, 'float32', seed + 1)
          : tf.randomNormal(shape, 0, 0.3, 'float32', seed + 1),
      );
    });
  });
}

describe.each(['efficientnet_lite_tiny', 'mobilenet_v2_tiny'])(
  '%s inflated, each frame beside the image network',
  (name) => {
    let image: LayersModel;
    let moving: tf.Tensor5D;
    let still: tf.Tensor5D;
    const {height, width} = networkDefinition(name).config;

    beforeAll(() => {
      image = createNetwork(name, {frames: 1});
      randomize(image);
      moving = tf.randomUniform([1, FRAMES, height, width, 3], -1, 1, 'float32', 3);
      still = tf.tile(tf.slice(moving, 0, [1, 1, height, width, 3]), [1, FRAMES, 1, 1, 1]);
    });

    afterAll(() => image.dispose());

    /** Largest difference of the logits of each frame, over the largest logit of the image network. */
    function differences(video: LayersModel, clip: tf.Tensor5D): number[] {
      return tf.tidy(() => {
        const frames = tf.split(clip, FRAMES, 1);
        const expected = tf.concat(
          frames.map((frame) => image.predict(frame) as tf.Tensor2D),
          0,
        );
        const found = tf.squeeze(video.predict(clip) as tf.Tensor3D, [0]);
        const off = tf.max(tf.abs(tf.sub(found, expected)), 1);
        return Array.from(tf.div(off, tf.max(tf.abs(expected))).dataSync());
      });
    }

    function inflated(network: string, rule: InflationRule): LayersModel {
      const video = createNetwork(network, {...options, weightless: true});
      inflate(weightsOf(image), video, {rule});
      return video;
    }

    // Products with zero are added in another order: a few roundings of 2^-24, grown by three blocks.
    const rounding = 1e-5;

    it.each([
      ['', 'center'],
      ['_sts', 'center'],
      ['_sts', 'sts'],
    ] as const)("as '%s', rule %s: every frame of any clip, the first and the last too", (form, rule) => {
      const video = inflated(`${name}${form}`, rule);
      for (const difference of differences(video, moving)) expect(difference).toBeLessThan(rounding);
      video.dispose();
    });

    it("rule 'mean' without STS: on a still clip the frames that three layers leave inside, and no other", () => {
      const video = createNetwork(name, {...options, weightless: true, temporalKernel: 3});
      inflate(weightsOf(image), video, {rule: 'mean'});
      const found = differences(video, still);
      found.forEach((difference, t) => {
        const inside = t >= 3 && t < FRAMES - 3;
        if (inside) expect(difference).toBeLessThan(rounding);
        else expect(difference).toBeGreaterThan(30 * rounding);
      });
      expect(Math.min(...differences(video, moving))).toBeGreaterThan(30 * rounding);
      video.dispose();
    });

    it("rule 'mean' with STS: no frame, not even of a still clip", () => {
      const video = inflated(`${name}_sts`, 'mean');
      expect(Math.min(...differences(video, still))).toBeGreaterThan(30 * rounding);
      video.dispose();
    });

    it("pool 'clip' gives the mean of the frames' logits", () => {
      const byFrame = inflated(`${name}_sts`, 'sts');
      const byClip = createNetwork(`${name}_sts`, {frames: FRAMES, weightless: true});
      inflate(weightsOf(byFrame), byClip, {rule: 'sts'});
      const mean = tf.tidy(() => tf.mean(byFrame.predict(moving) as tf.Tensor, 1).dataSync());
      const clip = tf.tidy(() => (byClip.predict(moving) as tf.Tensor).dataSync());
      clip.forEach((logit, c) => {
        expect(logit).toBeCloseTo(mean[c]!, 4);
      });
      byFrame.dispose();
      byClip.dispose();
    });
  },
);
