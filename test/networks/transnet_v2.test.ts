/**
 * TransNetV2 against the authors' network: every traced point within the rounding that its float32 has, on cpu and wasm, with
 * our kernels and composed, frozen, and exported to ONNX; what it refuses; the names of its state dict.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import {beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../src/inference/freeze';
import {transnetv2Pytorch} from '../../src/models/checkpoints/names';
import {toOnnx} from '../../src/models/onnx';
import {createNetwork} from '../../src/networks';
import {summarize} from '../../src/networks/summary';
import {registerGradients} from '../../src/ops/grads/register';
import {difference, runOnnx} from '../models/onnx/onnx_runtime';
import {readGoldenJson} from '../support/golden';
import {implementations} from '../support/implementations';
import {GoldenTransNetV2, narrowNetwork, outputsOf, tracedModel, trainedNetwork} from './transnet_v2_golden';

const golden = await GoldenTransNetV2.read();
const LOGITS = ['single/logits', 'many_hot/logits'];
const PROBABILITIES = ['single/probabilities', 'many_hot/probabilities'];

const implementation = (name: string) => implementations.find((one) => one.name === name)!;

/** The error of the worst point as a part of what is allowed, and that all points were looked at. */
async function expectWithin(name: string, outputs: ReadonlyMap<string, tf.Tensor>): Promise<void> {
  const errors = await golden.errors(name, outputs);
  tf.dispose([...outputs.values()]);
  expect([...errors.keys()]).toEqual([...outputs.keys()]);
  for (const [point, error] of errors) expect(error, point).toBeLessThan(1);
}

const traced = (name: string) => golden.points(name).filter((point) => !point.endsWith('/probabilities'));

describe.each([
  ['wasm, kernels', 'noise9', trainedNetwork],
  ['wasm, kernels', 'real100', trainedNetwork],
  ['wasm, composed', 'noise9', trainedNetwork],
  ['cpu, kernels', 'narrow9', narrowNetwork],
  ['cpu, composed', 'narrow9', narrowNetwork],
] as const)('%s, %s', (name, clipName, network) => {
  beforeAll(() => implementation(name).use());

  it('has every traced point of the authors', async () => {
    const clip = await golden.clip(clipName);
    const model = await network({frames: clip.shape[1]});
    const points = traced(clipName);
    expect(points.length).toBe(67);
    await expectWithin(clipName, outputsOf(tracedModel(model, points), clip, points));
    clip.dispose();
    model.dispose();
  });
});

describe('answers', () => {
  beforeAll(() => implementation('wasm, kernels').use());

  it.each(['batch2', 'waves1', 'black3'])('%s: as probabilities, and of the frozen model', async (name) => {
    const clip = await golden.clip(name);
    const model = await trainedNetwork({frames: clip.shape[1], activation: 'sigmoid'});
    await expectWithin(name, outputsOf(model, clip, PROBABILITIES));
    const frozen = freeze(model);
    model.dispose();
    await expectWithin(name, outputsOf(frozen, clip, PROBABILITIES));
    frozen.dispose();
    clip.dispose();
  });

  it('are those of a model in ONNX Runtime', async () => {
    const clip = await golden.clip('noise9');
    const model = await trainedNetwork({frames: 9});
    const outputs = await runOnnx(native, await toOnnx(model), [clip]);
    expect(outputs.map(({name}) => name)).toEqual(['single', 'many_hot']);
    const tensors = outputs.map(({shape, values}) => tf.tensor(values, [...shape]));
    await expectWithin('noise9', new Map(LOGITS.map((point, i) => [point, tensors[i]!])));
    const ours = outputsOf(model, clip, LOGITS);
    LOGITS.forEach((point, i) => {
      expect(difference(outputs[i]!.values, ours.get(point)!.dataSync())).toBeLessThan(3e-5);
    });
    tf.dispose([clip, ...ours.values()]);
    model.dispose();
  });
});

describe('the network', () => {
  beforeAll(() => implementation('cpu, kernels').use());

  it('has the parameters and multiply-accumulates of the paper', () => {
    const model = createNetwork('transnet_v2', {weightless: true});
    const {parameters, statistics, macs} = summarize(model);
    expect([parameters, statistics]).toEqual([7_616_258, 1_792]);
    // Without the similarities: 41.600 G with them.
    expect(macs / 1e9).toBeCloseTo(41.594, 2);
    model.dispose();
  });

  it('has a place for every key of the state dict but the counts of batches, and a key for every weight', async () => {
    const keys = await readGoldenJson<Record<string, number[]>>('transnetv2/state_dict.json');
    const names = transnetv2Pytorch.transNetV2();
    const model = createNetwork('transnet_v2', {weightless: true});
    const weights = new Map(model.weights.map(({originalName, shape}) => [originalName, shape as number[]]));
    model.dispose();
    expect(Object.keys(keys).filter(names.isLeftAside).length).toBe(6);
    for (const [key, shape] of Object.entries(keys)) {
      if (names.isLeftAside(key)) continue;
      const {name, axes} = names.fromTorch(key)!;
      expect(
        axes.map((axis) => shape[axis]!),
        key,
      ).toEqual(weights.get(name));
      expect(names.toTorch(name)?.name).toBe(key);
      weights.delete(name);
    }
    expect([...weights.keys()]).toEqual([]);
  });

  it('gives two answers for each frame of any window', () => {
    for (const frames of [1, 100, 137]) {
      const model = createNetwork('transnet_v2', {frames, weightless: true});
      expect(model.outputNames).toEqual(['single', 'many_hot']);
      expect(model.outputs.map(({shape}) => shape)).toEqual([
        [null, frames, 1],
        [null, frames, 1],
      ]);
      model.dispose();
    }
  });

  it('trains, its dropout and its norms too', async () => {
    registerGradients();
    const model = createNetwork('transnet_v2_tiny', {dropout: 0.1, activation: 'sigmoid'});
    model.compile({optimizer: tf.train.sgd(0.5), loss: 'binaryCrossentropy'});
    const clips = tf.floor(tf.randomUniform([2, 6, 9, 12, 3], 0, 256, 'float32', 3));
    const answers = tf.tile(tf.tensor([0, 0, 1, 0, 0, 0], [1, 6, 1]), [2, 1, 1]);
    const {history} = await model.fit(clips, [answers, answers], {epochs: 8, shuffle: false, verbose: 0});
    const losses = history.loss as number[];
    expect(losses.at(-1)!).toBeLessThan(0.9 * losses[0]!);
    tf.dispose([clips, answers]);
    model.dispose();
  });

  it('refuses what it does not have', () => {
    expect(() => createNetwork('transnet_v2', {classes: 5})).toThrow(/unknown option classes/);
    expect(() => createNetwork('transnet_v2', {activation: 'softmax'})).toThrow(/one of linear, sigmoid/);
    expect(() => createNetwork('transnet_v2', {dropout: 1})).toThrow(
      /dropout must be at least 0 and less than 1/,
    );
  });
});
