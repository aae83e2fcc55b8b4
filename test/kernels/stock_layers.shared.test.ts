/**
 * Models of the host's own layers, predicted and trained through our kernels on cpu, wasm and webgl, as the host's cpu
 * kernels train them. Their geometries are of those that the host's cpu kernels get right.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {replaceStockKernels, restoreStockKernels} from '../../src/kernels/registry';
import {numbers} from '../layers/contract';
import {startBackend, useFewPrograms} from '../support/backends';
import {replacements} from './replacements';

const {layers} = tfl;

const IMAGES = 'convolutions of images';

const models: Record<string, () => tfl.Sequential> = {
  'convolutions and poolings of clips': () =>
    tfl.sequential({
      layers: [
        layers.conv3d({
          inputShape: [5, 8, 9, 2],
          filters: 6,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
        }),
        layers.maxPooling3d({poolSize: [1, 2, 2], strides: [1, 2, 2]}),
        layers.conv3d({filters: 5, kernelSize: [3, 2, 2], strides: [2, 1, 1], activation: 'tanh'}),
        layers.averagePooling3d({poolSize: [2, 2, 2], strides: [1, 1, 1]}),
        layers.flatten(),
        layers.dense({units: 3}),
      ],
    }),
  [IMAGES]: () =>
    tfl.sequential({
      layers: [
        layers.conv2d({inputShape: [9, 10, 2], filters: 6, kernelSize: 3, strides: 2, padding: 'same'}),
        layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, padding: 'same', activation: 'tanh'}),
        layers.separableConv2d({filters: 4, kernelSize: 2}),
        layers.flatten(),
        layers.dense({units: 3}),
      ],
    }),
};

interface Trained {
  predicted: Float32Array;
  losses: number[];
  weights: Float32Array[];
}

/** Five steps of plain descent from weights that are the same on every backend. */
async function train(create: () => tfl.Sequential): Promise<Trained> {
  const model = create();
  model.setWeights(model.getWeights().map(({shape}, i) => tf.mul(numbers(shape, i + 1), 0.2)));
  const x = numbers([4, ...(model.inputs[0]!.shape.slice(1) as number[])], 50);
  const y = numbers([4, 3], 60);
  const predicted = Float32Array.from(await (model.predict(x) as tf.Tensor).data());
  model.compile({optimizer: tf.train.sgd(0.005), loss: 'meanSquaredError'});
  const {history} = await model.fit(x, y, {epochs: 5, shuffle: false, verbose: 0});
  const weights = await Promise.all(
    model.getWeights().map(async (weight) => Float32Array.from(await weight.data())),
  );
  model.dispose();
  return {predicted, losses: history.loss as number[], weights};
}

/** Sums of some hundred float32 products a layer, a few layers and steps deep. */
function expectClose(given: ArrayLike<number>, right: ArrayLike<number>, what: string): void {
  const scale = Array.from(right).reduce((most, value) => Math.max(most, Math.abs(value)), 0.1);
  const worst = Array.from(right).reduce((most, value, i) => Math.max(most, Math.abs(given[i]! - value)), 0);
  expect(given.length, what).toBe(right.length);
  expect(worst / scale, what).toBeLessThan(2e-5);
}

describe.each(Object.entries(models))('%s', (name, create) => {
  // Of images there is no kernel of ours on webgl.
  const trained = replacements.filter(({backendName}) => backendName !== 'webgl' || name !== IMAGES);
  let right: Trained;
  beforeAll(async () => {
    await startBackend('cpu');
    restoreStockKernels();
    right = await train(create);
    expect(right.losses[4]).toBeLessThan(right.losses[0]! * 0.95);
  });
  afterAll(() => restoreStockKernels());

  it.each(trained)('train on $backendName', async (replacement) => {
    await startBackend(replacement.backendName);
    replaceStockKernels(replacement);
    useFewPrograms(replacement.backendName);
    const given = await train(create);
    expectClose(given.predicted, right.predicted, 'prediction');
    expectClose(given.losses, right.losses, 'losses');
    given.weights.forEach((weight, i) => {
      expectClose(weight, right.weights[i]!, `weight ${i}`);
    });
  });
});
