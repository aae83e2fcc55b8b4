/**
 * Image networks of torchvision, timm and EfficientNet-PyTorch by their names: every key has one weight, every weight a
 * key, and with the same weights ours gives PyTorch's answers (test/golden/image_networks.json, made by
 * scripts/reference/image_networks.py).
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {Checkpoint, entryOf, toTorch} from '../../src/models/checkpoints';
import {
  efficientnetPytorch,
  type NameMap,
  renamed,
  timm,
  torchvision,
} from '../../src/models/checkpoints/names';
import {inflate} from '../../src/models/inflate';
import {createNetwork, summarize} from '../../src/networks';
import {startBackend} from '../support/backends';
import {fill, fillInput} from '../support/fill';
import {readGoldenJson} from '../support/golden';

interface Answer {
  input_shape: [number, number, number, number];
  first16: number[];
  /** At flat index floor(j * 1000 / 16). */
  spread16: number[];
  mean: number;
  std: number;
  absmax: number;
  max_abs_diff_f32_f64: number;
}

interface ImageNetwork {
  source: string;
  parameters: number;
  shapes: Record<string, number[]>;
  /** None where the network was not run: only names and shapes are known. */
  answer: Answer | null;
}

const CASES = [
  ['resnet34', 'resnet34', torchvision.slowOnly()],
  ['resnet50', 'resnet50', torchvision.slowOnly()],
  ['mobilenet_v2', 'mobilenet_v2', torchvision.mobileNetV2()],
  ['mobilenet_v2_as_timm', 'mobilenet_v2', timm.mobileNetV2()],
  ['efficientnet_lite0', 'efficientnet_lite0', timm.efficientNetLite()],
  ['efficientnet_lite0_timm', 'efficientnet_lite0_timm', timm.efficientNetLite()],
  // The shipped weights come from this file: their answers are compared in test/models/shipped.
  [
    'efficientnet_lite0_as_efficientnet_pytorch',
    'efficientnet_lite0',
    efficientnetPytorch.efficientNetLite(),
  ],
] as const satisfies readonly (readonly [string, string, NameMap])[];

const golden = await readGoldenJson<Record<string, ImageNetwork>>('image_networks.json');

beforeAll(() => startBackend('wasm'));

/** How often an answer may exceed the rounding error that PyTorch itself has in float32. */
const GATE = 20;

const filled = (shapes: Record<string, number[]>) =>
  new Checkpoint(Object.entries(shapes).map(([key, shape]) => [key, entryOf(fill(key, shape), shape)]));

function answerOf(model: LayersModel, [, , height, width]: Answer['input_shape']): Float32Array {
  const values = fillInput([1, 3, height, width], [0, 2, 3, 1]);
  return tf.tidy(
    () =>
      (model.predict(tf.tensor(values, [1, 1, height, width, 3])) as tf.Tensor).dataSync() as Float32Array,
  );
}

function largestError(values: Float32Array, {first16, spread16, mean, std, absmax}: Answer): number {
  const at = (index: number) => values[index]!;
  const found = [...values];
  const foundMean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const variance = found.reduce((sum, value) => sum + (value - foundMean) ** 2, 0) / found.length;
  return Math.max(
    ...first16.map((value, i) => Math.abs(at(i) - value)),
    ...spread16.map((value, j) => Math.abs(at(Math.floor((j * values.length) / 16)) - value)),
    Math.abs(foundMean - mean),
    Math.abs(Math.sqrt(variance) - std),
    Math.abs(Math.max(...found.map(Math.abs)) - absmax),
  );
}

describe.each(CASES)('%s', (key, network, names) => {
  const {shapes, parameters} = golden[key]!;

  it('has one weight for each key, a key for each weight, and as many parameters', () => {
    const model = createNetwork(network, {frames: 1, height: 32, width: 32, weightless: true});
    // 2D kernels lack the axis of one slice in time; see `inflate`.
    const ours = model.weights.map(({originalName, shape}) => [
      originalName,
      shape.length === 5 ? shape.slice(1) : shape,
    ]);
    const counted = summarize(model).parameters;
    model.dispose();
    const theirs = Object.entries(shapes).map(([name, shape]) => {
      const mapped = names.fromTorch(name);
      expect(names.toTorch(mapped?.name ?? '')?.name).toBe(name);
      return [mapped!.name, mapped!.axes.map((axis) => shape[axis]!)];
    });
    expect(theirs.length).toBe(ours.length);
    expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(ours));
    expect(counted).toBe(parameters);
  });
});

const run = CASES.flatMap(([key, network, names]) => {
  const {shapes, answer} = golden[key]!;
  return answer === null ? [] : [{key, network, names, shapes, answer}];
});

it.each(run)("$key gives PyTorch's answer", ({network, names, shapes, answer}) => {
  const [, , height, width] = answer.input_shape;
  const model = createNetwork(network, {frames: 1, height, width, weightless: true});
  inflate(renamed(filled(shapes), names), model, {rule: 'center'});
  const values = answerOf(model, answer.input_shape);
  model.dispose();
  expect(largestError(values, answer)).toBeLessThanOrEqual(GATE * answer.max_abs_diff_f32_f64);
});

it.each([
  ['mobilenet_v2_tiny', torchvision.mobileNetV2([1, 2])],
  ['efficientnet_lite_tiny', efficientnetPytorch.efficientNetLite()],
] as const)('%s goes back to PyTorch with 2D kernels, bit by bit', async (network, names) => {
  const model = createNetwork(network, {weightless: true});
  const shapes = model.weights.map(({originalName, shape}) => {
    const {name, axes} = names.toTorch(originalName)!;
    const frame = shape.length === 5 ? shape.slice(1) : shape;
    return [name, axes.map((axis) => frame[axis]!)] as const;
  });
  inflate(renamed(filled(Object.fromEntries(shapes)), names), model, {rule: 'center'});
  const state = await toTorch(model, names);
  model.dispose();
  expect(state.names().filter((key) => !names.isLeftAside(key)).length).toBe(shapes.length);
  for (const [key, shape] of shapes) {
    expect(state.get(key).shape).toEqual(shape);
    expect(state.get(key).toFloat32()).toEqual(fill(key, shape));
  }
});

it('counts what the packages publish', () => {
  expect(Object.fromEntries(CASES.map(([key]) => [key, golden[key]!.parameters]))).toMatchObject({
    resnet34: 21_797_672,
    resnet50: 25_557_032,
    mobilenet_v2: 3_504_872,
    efficientnet_lite0: 4_652_008,
  });
});
