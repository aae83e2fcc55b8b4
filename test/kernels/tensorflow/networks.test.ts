/**
 * Small networks on the tensorflow backend: frozen, after saving and loading, after steps of training, and what
 * predictions leave behind. That the networks themselves are right there is test/networks/golden_tiny.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import '../../../src/entries/node';
import {createNetwork} from '../../../src/networks';
import {InvalidArgumentError} from '../../../src/util/errors';
import {numbers, saveAndLoad} from '../../layers/contract';
import {startBackend} from '../../support/backends';

beforeAll(() => startBackend('tensorflow'));

const clip = () => numbers([1, 4, 32, 32, 3], 1);

function worst(given: tf.Tensor, right: tf.Tensor): number {
  expect(given.shape).toEqual(right.shape);
  const [difference] = tf.tidy(() => tf.max(tf.abs(tf.sub(given, right)))).dataSync();
  return difference!;
}

describe.each(['slowonly_tiny_sts', 'x3d_tiny_sts', 'ircsn_tiny'])('%s', (name) => {
  const create = () => createNetwork(name, {frames: 4, height: 32, width: 32, classes: 5});

  it('gives the same frozen, and saved and loaded', async () => {
    const [model, input] = [create(), clip()];
    const logits = model.predict(input) as tf.Tensor;
    const frozen = sts.freeze(model);
    // Logits are of the order of one; batch normalization multiplied into the weights rounds otherwise.
    expect(worst(frozen.predict(input) as tf.Tensor, logits)).toBeLessThan(1e-4);
    const loaded = await saveAndLoad(model);
    expect(worst(loaded.predict(input) as tf.Tensor, logits)).toBe(0);
    frozen.dispose();
    loaded.dispose();
    model.dispose();
  });
});

it('trains: the loss of one clip falls', async () => {
  const model = createNetwork('x3d_tiny', {frames: 4, height: 32, width: 32, classes: 5, dropout: 0});
  model.compile({
    optimizer: tf.train.sgd(0.05),
    loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits),
  });
  const [x, y] = [numbers([2, 4, 32, 32, 3], 1), tf.oneHot([1, 3], 5)];
  const losses: number[] = [];
  for (let step = 0; step < 6; step++) losses.push((await model.trainOnBatch(x, y)) as number);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.9);
  model.dispose();
});

it('keeps nothing of predictions', () => {
  const model = sequential({
    layers: [
      sts.layers.stsConv3d({filters: 4, kernelSize: [3, 1, 1], inputShape: [2, 24, 24, 3]}),
      sts.layers.batchNorm3d(),
      sts.layers.depthwiseConv3d({kernelSize: 3, padding: 'same', activation: 'relu'}),
      sts.layers.globalAveragePooling3d(),
    ],
  });
  const frozen = sts.freeze(model);
  model.dispose();
  const input = numbers([1, 2, 24, 24, 3], 1);
  const predict = (times: number) => {
    for (let i = 0; i < times; i++) tf.dispose(frozen.predict(input) as tf.Tensor);
  };
  // oneDNN keeps what it has compiled, and the allocator its pages, from the first ones on.
  predict(50);
  const [tensors, resident] = [tf.memory().numTensors, process.memoryUsage.rss()];
  predict(250);
  expect(tf.memory().numTensors).toBe(tensors);
  // A leak of what one of them makes, 80 kB and more, would be 20 MB.
  expect(process.memoryUsage.rss() - resident).toBeLessThan(12e6);
  frozen.dispose();
});

it('normalizes clips by given statistics, which the host refuses', () => {
  const [x, mean, offset] = [numbers([2, 2, 3, 2, 3], 1), numbers([3], 2), numbers([3], 3)];
  const [variance, scale] = [tf.tensor1d([0.5, 1, 2]), tf.tensor1d([2, -1, 0.5])];
  const normalize = (...[a, m, v, b, g]: tf.Tensor[]) =>
    tf.batchNorm(
      a as tf.Tensor4D,
      m as tf.Tensor1D,
      v as tf.Tensor1D,
      b as tf.Tensor1D,
      g as tf.Tensor1D,
      0.1,
    );
  const written = (...[a, m, v, b, g]: tf.Tensor[]) =>
    tf.add(tf.mul(tf.div(tf.sub(a!, m!), tf.sqrt(tf.add(v!, 0.1))), g!), b!);
  const given = [x, mean, variance, offset, scale];
  // Values of a few, of four roundings.
  expect(worst(normalize(...given), written(...given))).toBeLessThan(4e-6);
  expect(
    worst(normalize(x, mean, variance), written(x, mean, variance, tf.zeros([3]), tf.ones([3]))),
  ).toBeLessThan(4e-6);
});

it('normalizes whole numbers, and by statistics of one value', () => {
  const x = tf.tensor([1, -2, 3, 4, 5, 6], [1, 1, 2, 1, 3], 'int32');
  const [mean, variance] = [tf.tensor1d([1]), tf.tensor1d([3])];
  const normalize = (offset?: tf.Tensor1D, scale?: tf.Tensor1D) =>
    tf.batchNorm(x as tf.Tensor as tf.Tensor4D, mean, variance, offset, scale, 1);
  expect([...normalize().dataSync()]).toEqual([0, -1.5, 1, 1.5, 2, 2.5]);
  expect([...normalize(tf.tensor1d([1]), tf.tensor1d([2, 4, -2])).dataSync()]).toEqual([1, -5, -1, 4, 9, -4]);
});

describe('gradients of no values', () => {
  // What TensorFlow leaves in such a result is what lay in the memory: several calls, so that it is not all zeros.
  const fill = () => tf.dispose(Array.from({length: 8}, () => tf.fill([3, 3, 3, 4, 2], 7)));

  it.each([
    ['strides of 1', {}],
    ['other strides along the axes', {strides: [2, 2, 3]}],
    ['dilation', {dilations: [2, 2, 3]}],
  ] as const)('of a depthwise convolution with %s', (_, options) => {
    const [x, filter] = [tf.zeros([0, 5, 6, 7, 4]), tf.ones([3, 3, 3, 4, 2])];
    const convolve = (a: tf.Tensor, b: tf.Tensor) =>
      sts.fused.depthwiseConv3d({
        x: a as tf.Tensor5D,
        filter: b as tf.Tensor5D,
        strides: 1,
        pad: 'same',
        ...options,
      } as Parameters<typeof sts.fused.depthwiseConv3d>[0]);
    fill();
    const [dx, dfilter] = tf.grads(convolve)([x, filter]);
    expect(dx!.shape).toEqual(x.shape);
    expect([...dfilter!.dataSync()]).toEqual(new Array(216).fill(0));
  });
});

it('refuses what TensorFlow cannot count, which would end the process', () => {
  const x = tf.ones([1, 1, 1, 1, 1]) as tf.Tensor5D;
  const wide = () => sts.fused.conv3d({x, filter: tf.ones([1, 1, 1, 1, 1]), strides: 1, pad: 1000});
  expect(wide).toThrow(InvalidArgumentError);
  expect(wide).toThrow(
    /IndirectConv3D: .*\[1, 2001, 2001, 2001, 1\] has 8012006001 values.*2147483647 at most/,
  );
});
