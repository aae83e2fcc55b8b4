/**
 * The package's EfficientNet-Lite0 with the shipped weights: one frame gives what PyTorch gives for the image, and the
 * photographs get their names.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {read} from '../../../src/models/checkpoints/read';
import {inflate} from '../../../src/models/inflate';
import {efficientNetLite0} from '../../../src/networks/efficientnet_lite';
import {startBackend} from '../../support/backends';
import {
  caseNames,
  cases,
  goldenLogits,
  inputOf,
  maxAbsDifference,
  photoNames,
  readFile,
  readText,
  topFive,
} from './fixtures';

const checkpoint = read(readFile('models/efficientnet_lite0.safetensors'));
const labels: string[] = JSON.parse(readText('models/imagenet1k_labels.json'));
const answers: Record<string, string> = {
  photo_bison: 'bison',
  photo_castle: 'castle',
  photo_cat: 'tiger cat',
  photo_coffee: 'espresso',
  photo_crab: 'rock crab',
  photo_hammer: 'hammer',
  photo_jaguar: 'jaguar',
  photo_lemur: 'Madagascar cat',
  photo_macaw: 'macaw',
  photo_red_panda: 'lesser panda',
  photo_sheep: 'ram',
  photo_solar_panel: 'solar dish',
};

let model: LayersModel | undefined;

/** The image network for frames of a size. The last one is kept: most cases have 224 x 224. */
function imageNetwork(height: number, width: number): LayersModel {
  const shape = model?.inputs[0]?.shape;
  if (model && shape?.[2] === height && shape[3] === width) return model;
  model?.dispose();
  model = efficientNetLite0({frames: 1, temporalKernel: 1, height, width, weightless: true});
  const report = inflate(checkpoint, model, {rule: 'center'});
  expect(report.missing).toEqual([]);
  expect(report.extra).toEqual([]);
  return model;
}

function logitsOf(name: string): Float32Array {
  const [height, width] = cases[name]!.input_shape;
  const network = imageNetwork(height, width);
  return tf.tidy(() => {
    const clip = tf.tensor5d(inputOf(name), [1, 1, height, width, 3]);
    return (network.predict(clip) as tf.Tensor).dataSync() as Float32Array;
  });
}

describe('EfficientNet-Lite0, one frame', () => {
  beforeAll(() => startBackend('wasm'));

  it.each(caseNames)('%s: logits agree with PyTorch on the same weights to 1e-4', (name) => {
    const {f16} = cases[name]!;
    const difference = maxAbsDifference(logitsOf(name), goldenLogits(name, 'f16'));
    expect(difference).toBeLessThanOrEqual(1e-4 * f16.max_abs_logit);
  });

  it.each(photoNames)('%s: is named as by PyTorch with the published weights', (name) => {
    const [first] = topFive(logitsOf(name));
    expect(labels[first!]).toBe(answers[name]);
    expect(first).toBe(cases[name]!.f32.top5[0]!.index);
  });

  it('knows at least eight photographs, each with an expected name', () => {
    expect(photoNames).toEqual(Object.keys(answers));
    expect(photoNames.length).toBeGreaterThanOrEqual(8);
  });
});

describe('EfficientNet-Lite0 with temporal kernel 1 on a clip', () => {
  beforeAll(() => startBackend('wasm'));

  it('answers each frame as the image network does, and the clip as the mean of the frames', () => {
    const names = ['photo_bison', 'photo_coffee', 'photo_macaw'];
    const options = {frames: 3, temporalKernel: 1, weightless: true} as const;
    const byFrame = efficientNetLite0({...options, pool: 'frame'});
    const byClip = efficientNetLite0({...options, pool: 'clip'});
    for (const network of [byFrame, byClip]) inflate(checkpoint, network, {rule: 'center'});
    const [frames, clip] = tf.tidy(() => {
      const input = tf.concat(
        names.map((name) => tf.tensor5d(inputOf(name), [1, 1, 224, 224, 3])),
        1,
      );
      return [byFrame, byClip].map(
        (network) => (network.predict(input) as tf.Tensor).dataSync() as Float32Array,
      );
    }) as [Float32Array, Float32Array];
    const golden = names.map((name) => goldenLogits(name, 'f16'));
    golden.forEach((logits, i) => {
      const largest = cases[names[i]!]!.f16.max_abs_logit;
      expect(maxAbsDifference(frames.subarray(i * 1000, (i + 1) * 1000), logits)).toBeLessThanOrEqual(
        1e-4 * largest,
      );
    });
    // The classifier is linear: the answer to averaged features is the average of the answers.
    const mean = golden[0]!.map((_, c) => golden.reduce((sum, logits) => sum + logits[c]!, 0) / names.length);
    expect(maxAbsDifference(clip, mean)).toBeLessThanOrEqual(1e-3);
    byFrame.dispose();
    byClip.dispose();
  });
});

describe.each(['sts', 'center'] as const)("EfficientNet-Lite0 in STS form, inflated by rule '%s'", (rule) => {
  beforeAll(() => startBackend('wasm'));

  it('answers every frame of a moving clip as the image network does', () => {
    const names = ['photo_castle', 'photo_lemur', 'photo_cat'];
    const network = efficientNetLite0({frames: 3, sts: true, weightless: true, pool: 'frame'});
    inflate(checkpoint, network, {rule});
    const frames = tf.tidy(() => {
      const input = tf.concat(
        names.map((name) => tf.tensor5d(inputOf(name), [1, 1, 224, 224, 3])),
        1,
      );
      return (network.predict(input) as tf.Tensor).dataSync() as Float32Array;
    });
    names.forEach((name, i) => {
      const difference = maxAbsDifference(
        frames.subarray(i * 1000, (i + 1) * 1000),
        goldenLogits(name, 'f16'),
      );
      expect(difference).toBeLessThanOrEqual(1e-4 * cases[name]!.f16.max_abs_logit);
    });
    network.dispose();
  });
});
