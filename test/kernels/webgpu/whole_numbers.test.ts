/**
 * Whole numbers and truth values on webgpu, where the host's `tf.cast` to float32 changes the type and leaves the data: all kernels of ours
 * read them as what they are, and what fails leaves nothing behind. Expected values are counted by hand.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/webgpu';
import {conv3d, freeze, layers} from '../../../src/entries';
import {replaceStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/webgpu';
import {batchNormTrain} from '../../../src/ops/batch_norm_train';
import {OutOfMemoryError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';

beforeAll(async () => {
  await startBackend('webgpu');
  replaceStockKernels(stockReplacements);
});

const held = () => [tf.memory().numTensors, (tf.backend() as unknown as {numDataIds(): number}).numDataIds()];

/** 1, 2, 3, 4 as the type says, in two clips of one row. */
const wholes: Record<string, () => tf.Tensor5D> = {
  int32: () => tf.tensor5d([1, 2, 3, 4], [2, 1, 1, 2, 1], 'int32'),
  'float32 by tf.cast': () => tf.cast(tf.tensor5d([1, 2, 3, 4], [2, 1, 1, 2, 1], 'int32'), 'float32'),
};

const pair = tf.tensor.bind(null, [10, 100]);
const runs: Record<string, [(x: tf.Tensor5D) => tf.Tensor, number[]]> = {
  'sts.conv3d': [(x) => conv3d(x, pair([1, 1, 2, 1, 1]) as tf.Tensor5D, 1, 'valid'), [210, 430]],
  'tf.conv3d': [(x) => tf.conv3d(x, pair([1, 1, 2, 1, 1]) as tf.Tensor5D, 1, 'valid'), [210, 430]],
  'tf.maxPool3d': [(x) => tf.maxPool3d(x, [1, 1, 2], 1, 'valid'), [2, 4]],
  'tf.avgPool3d': [(x) => tf.avgPool3d(tf.cast(x, 'float32'), [1, 1, 2], 1, 'valid'), [1.5, 3.5]],
  'tf.mean': [(x) => tf.mean(tf.cast(x, 'float32'), [1, 2, 3]), [1.5, 3.5]],
  'the gradient by the filter': [
    (x) =>
      tf.grad((w: tf.Tensor) => conv3d(x, w as tf.Tensor5D, 1, 'valid'))(
        tf.zeros([1, 1, 1, 1, 1]),
        tf.tensor([1, 10, 100, 1000], [2, 1, 1, 2, 1]),
      ),
    [4321],
  ],
  'the mean of batch normalization': [
    (x) => batchNormTrain(tf.reshape(tf.cast(x, 'float32'), [4, 1]), tf.ones([1]), tf.zeros([1]), 1e-3).mean,
    [2.5],
  ],
};

describe.each(Object.entries(wholes))('%s', (_, whole) => {
  it.each(Object.entries(runs))('in %s', async (__, [run, expected]) => {
    const before = held();
    const y = tf.tidy(() => run(whole()));
    expect(Array.from(await y.data())).toEqual(expected);
    y.dispose();
    expect(held()).toEqual(before);
  });
});

it('truth values count as 0 and 1', async () => {
  const y = tf.tidy(() => {
    const x = tf.greater(tf.tensor([0, 1, 2, 3], [1, 1, 1, 4, 1]), 1);
    return conv3d(x as tf.Tensor5D, tf.ones([1, 1, 4, 1, 1]), 1, 'valid');
  });
  expect(Array.from(await y.data())).toEqual([2]);
  y.dispose();
});

it('a model, frozen too, takes frames of bytes', async () => {
  const clip = tfl.input({shape: [2, 4, 4, 3], dtype: 'int32'});
  const outputs = layers
    .conv3d({filters: 2, kernelSize: 1, kernelInitializer: 'ones'})
    .apply(clip) as tfl.SymbolicTensor;
  const model = tfl.model({inputs: clip, outputs});
  const frozen = freeze(model);
  const x = tf.fill([1, 2, 4, 4, 3], 85, 'int32');
  for (const one of [model, frozen]) {
    const y = one.predict(x) as tf.Tensor;
    expect(Array.from(await y.data())).toEqual(Array.from({length: 64}, () => 255));
    y.dispose();
  }
  frozen.dispose();
});

it('what the device cannot bind leaves nothing behind', () => {
  const before = held();
  // 1.1 GB.
  const [x, w] = [tf.zeros([1, 1, 1, 70000, 1]), tf.zeros([1, 1, 1, 1, 4000])] as [tf.Tensor5D, tf.Tensor5D];
  expect(() => conv3d(x, w, 1, 'same')).toThrow(OutOfMemoryError);
  tf.dispose([x, w]);
  expect(held()).toEqual(before);
});
