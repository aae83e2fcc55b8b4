/**
 * Recomputed activations against the plain step: the same bits in loss, gradients and what layers keep of a batch, with less memory. The
 * gradients themselves are held to finite differences and to formulas by the tests of ops and of the loop.
 */
import {createHash} from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import * as sts from '../../../src/entries/index';
import {createNetwork} from '../../../src/entries/networks';
import {type Recipe, train} from '../../../src/entries/train';
import {divided, type Segment, wholeSegment} from '../../../src/layers';
import {batchStep} from '../../../src/train/loop/batch_step';
import {frozenLayers, namedWeights, parametersOf} from '../../../src/train/optimization/parameters';
import {backendNames, startBackend} from '../../support/backends';
import {smallData} from '../support/small_run.mjs';

type Symbolic = tfl.SymbolicTensor;
const CLIP = [4, 6, 6, 2];
const CLASSES = 3;

/**
 * Blocks of convolution, norm, ReLU or swish and dropout with a shortcut, and of convolution and norm alone, between two branches: one
 * value is used three times, in different segments, one branch drops too, one block has a gate, and there are regularizers and a norm of
 * the host's.
 */
function branchedModel(): tfl.LayersModel {
  let seed = 40;
  const regularized = {kernelRegularizer: tfl.regularizers.l2({l2: 0.01})};
  const convolve = (x: Symbolic, name: string, args: object = {}) =>
    sts.layers
      .conv3d({
        ...{filters: 4, kernelSize: 3, padding: 'same', useBias: false, name},
        kernelInitializer: tfl.initializers.glorotUniform({seed: seed++}),
        ...args,
      })
      .apply(x) as Symbolic;
  const norm = (x: Symbolic, name: string) =>
    sts.layers.batchNorm3d({momentum: 0.9, name}).apply(x) as Symbolic;
  const drop = (x: Symbolic) => tfl.layers.dropout({rate: 0.3}).apply(x) as Symbolic;
  const swish = (x: Symbolic) => tfl.layers.activation({activation: 'swish'}).apply(x) as Symbolic;
  const relu = (x: Symbolic) => tfl.layers.reLU().apply(x) as Symbolic;
  // Behind a swish, which is another kernel in training, a norm that keeps what it makes of the batch.
  const block = (x: Symbolic, name: string, args?: object, activate = relu) =>
    drop(activate(norm(swish(convolve(x, name, args)), `${name}_norm`)));
  const add = (...values: Symbolic[]) => tfl.layers.add().apply(values) as Symbolic;
  const clip = tfl.input({shape: CLIP});
  const stem = block(clip, 'stem', regularized);
  const second = block(stem, 'second', {}, swish);
  const third = add(stem, block(second, 'third', regularized));
  const sum = relu(add(norm(convolve(third, 'sum'), 'sum_norm'), third));
  const fourth = add(block(sum, 'fourth'), drop(stem));
  const gate = sts.layers.globalAveragePooling3d({keepDims: true}).apply(fourth) as Symbolic;
  const gated = swish(tfl.layers.multiply().apply([fourth, gate]) as Symbolic);
  const pooled = sts.layers.globalAveragePooling3d().apply(add(gated, second, stem)) as Symbolic;
  const scaled = tfl.layers.batchNormalization({name: 'host_norm'}).apply(drop(pooled)) as Symbolic;
  const dense = tfl.layers.dense({
    units: CLASSES,
    name: 'classifier',
    kernelInitializer: tfl.initializers.glorotUniform({seed}),
    ...regularized,
  });
  return tfl.model({inputs: clip, outputs: dense.apply(scaled) as Symbolic});
}

async function firstBatch(size: number) {
  for await (const batch of smallData(tf, size).batches(0, {batchSize: size, seed: 1})) return batch;
  throw new Error('no data');
}

/** A digest of a tensor's bytes: comparing long lists of numbers takes seconds. */
function bitsOf(tensor: tf.Tensor): string {
  const {buffer, byteOffset, byteLength} = tensor.dataSync();
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

/** What a step gives, as plain data; the model's weights are as before. */
async function stepOf(
  model: tfl.LayersModel,
  segments: readonly Segment[],
  batch: {x: tf.Tensor; y: tf.Tensor},
  {frozen = [], microBatchSize = 8}: {frozen?: string[]; microBatchSize?: number} = {},
) {
  const before = model.getWeights().map((weight) => tf.clone(weight));
  const still = frozenLayers(model, {frozen}, 'test');
  const parameters = parametersOf(namedWeights(model, 'test'), still, {});
  for (const layer of still) layer.trainable = false;
  const tensors = tf.memory().numTensors;
  const options = {loss: {name: 'softmax'}, microBatchSize, seed: 9} as const;
  let most = 0;
  const engine = tf.engine();
  const track = engine.trackTensor.bind(engine);
  const spy = vi.spyOn(engine, 'trackTensor').mockImplementation((...args) => {
    track(...args);
    most = Math.max(most, tf.memory().numBytes);
  });
  const {gradients, ...sums} = await batchStep(segments, batch, parameters, options);
  spy.mockRestore();
  /** All that was there at once but weights and their gradients. */
  const bytes = most - tf.memory().numBytes;
  // Their order counts too, in which a norm is summed.
  const values = [...gradients].map(([name, gradient]) => [name, bitsOf(gradient)]);
  tf.dispose([...gradients.values()]);
  expect(tf.memory().numTensors).toBe(tensors);
  for (const layer of still) layer.trainable = true;
  const after = model.weights.map((weight) => [weight.originalName, bitsOf(weight.read())]);
  model.setWeights(before);
  tf.dispose(before);
  return {numbers: {...sums, values, after}, bytes};
}

describe.each(backendNames)('on %s', (backend) => {
  beforeAll(() => startBackend(backend));

  it('gives the numbers of the plain step to the bit, with branches, dropout, norms, regularizers and frozen layers', async () => {
    const model = branchedModel();
    const batch = await firstBatch(7);
    const segments = divided('test', model, batch.x.shape);
    expect(segments.length).toBeGreaterThan(2);
    // A value of one path is not all that passes.
    expect(Math.max(...segments.map(({inputs}) => inputs.length))).toBeGreaterThan(1);
    for (const options of [{}, {microBatchSize: 4}, {frozen: ['stem*', 'second*']}]) {
      const plain = await stepOf(model, [wholeSegment(model)], batch, options);
      const recomputed = await stepOf(model, segments, batch, options);
      expect(recomputed.numbers).toEqual(plain.numbers);
      expect(Number.isFinite(plain.numbers.loss)).toBe(true);
    }
    model.dispose();
    tf.dispose([batch.x, batch.y]);
  });
});

describe('SlowFast', () => {
  beforeAll(() => startBackend('wasm'));

  it('is divided across its two paths, and takes less memory', async () => {
    const clip = {frames: 8, height: 32, width: 32, classes: CLASSES};
    const model = createNetwork('slowfast_tiny_sts', {...clip, seed: 5});
    const x = tf.randomUniform([2, 8, 32, 32, 3], -1, 1, 'float32', 3);
    const y = tf.tensor2d([1, 0, 0, 0, 0, 1], [2, CLASSES]);
    const plain = await stepOf(model, [wholeSegment(model)], {x, y});
    const recomputed = await stepOf(model, divided('test', model, x.shape), {x, y});
    expect(recomputed.numbers).toEqual(plain.numbers);
    expect(recomputed.bytes).toBeLessThan(0.5 * plain.bytes);
    model.dispose();
    tf.dispose([x, y]);
  });
});

describe('the recipe', () => {
  beforeAll(() => startBackend('cpu'));
  const recipe: Recipe = {epochs: 1, batchSize: 4, learningRate: 0.1, optimizer: {name: 'sgd'}};

  it('has every layer of the first segments run twice in a step, and once for precise batch norm', async () => {
    const model = branchedModel();
    const calls: string[] = [];
    for (const name of ['stem', 'classifier']) model.getLayer(name).setCallHook(() => calls.push(name));
    await train(model, smallData(tf, 4), {recipe: {...recipe, recompute: true, preciseBatchNorm: 1}});
    expect(calls).toEqual(['stem', 'classifier', 'stem', 'stem', 'classifier']);
    model.dispose();
  });

  it('refuses what it does not know, and models that it cannot divide', async () => {
    const model = branchedModel();
    const wrong = {...recipe, recompute: 'stages'} as unknown as Recipe;
    await expect(train(model, smallData(tf, 4), {recipe: wrong})).rejects.toThrow(
      /recompute is "stages"; it must be one of true, false/,
    );
    const clip = tfl.input({shape: CLIP});
    const nested = tfl.model({inputs: clip, outputs: model.apply(clip) as Symbolic});
    await expect(train(nested, smallData(tf, 4), {recipe: {...recipe, recompute: true}})).rejects.toThrow(
      /recompute finds no place to divide the model of 1 layers at\. Layers within a nested model/,
    );
    const flat = tfl.layers.reshape({targetShape: [4, 72]}).apply(clip) as Symbolic;
    const steps = tfl.layers.masking().apply(flat) as Symbolic;
    const last = tfl.layers.flatten().apply(steps) as Symbolic;
    const masked = tfl.model({
      inputs: clip,
      outputs: tfl.layers.dense({units: CLASSES}).apply(last) as Symbolic,
    });
    await expect(train(masked, smallData(tf, 4), {recipe: {...recipe, recompute: true}})).rejects.toThrow(
      /\(Masking\) makes masks/,
    );
    model.dispose();
    masked.dispose();
  });
});
