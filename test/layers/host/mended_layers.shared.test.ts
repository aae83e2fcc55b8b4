/**
 * Normalization of rank 5 in the host's own layers, on every backend: outputs and gradients against plain loops and
 * differences in double precision, the moving averages, frozen layers, and that lower ranks stay the host's.
 */
import * as tf from '@tensorflow/tfjs-core';
import {layers as host, type layers} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {mendStockLayers} from '../../../src/layers';
import {registerGradients} from '../../../src/ops/grads/register';
import {backendNames, startBackend} from '../../support/backends';

const shape = [2, 2, 3, 2, 3];
const size = 72;
const epsilon = 1e-3;

const wave = (count: number, seed: number) =>
  Float32Array.from({length: count}, (_, i) => Math.sin(i * 12.9898 + seed) * 1.3);

/** The index of each value of x along its axes. */
const indexOf = (at: number) => {
  const index: number[] = [];
  for (let axis = 4; axis >= 0; axis--) {
    index.unshift(at % shape[axis]!);
    at = Math.floor(at / shape[axis]!);
  }
  return index;
};

/** Normalized over all values that agree in the axes `same`; gamma and beta by the axes `weighted`. */
function normalized(
  x: ArrayLike<number>,
  same: number[],
  weighted: number[],
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
) {
  const keyOf = (at: number) => String(same.map((axis) => indexOf(at)[axis]));
  const weightOf = (at: number) =>
    weighted.reduce((flat, axis) => flat * shape[axis]! + indexOf(at)[axis]!, 0);
  const groups = new Map<string, number[]>();
  for (let at = 0; at < size; at++) groups.set(keyOf(at), [...(groups.get(keyOf(at)) ?? []), x[at]!]);
  const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const statistics = new Map(
    [...groups].map(([key, values]) => {
      const mean = average(values);
      return [key, {mean, variance: average(values.map((value) => (value - mean) ** 2))}];
    }),
  );
  const y = Array.from({length: size}, (_, at) => {
    const {mean, variance} = statistics.get(keyOf(at))!;
    return ((x[at]! - mean) / Math.sqrt(variance + epsilon)) * gamma[weightOf(at)]! + beta[weightOf(at)]!;
  });
  return {y, statistics: [...statistics.values()]};
}

interface Case {
  layer: () => layers.Layer;
  same: number[];
  weighted: number[];
}

const cases: Record<string, Case> = {
  'batchNormalization of the last axis': {
    layer: () => host.batchNormalization({epsilon}),
    same: [4],
    weighted: [4],
  },
  'batchNormalization of axis 1': {
    layer: () => host.batchNormalization({epsilon, axis: 1}),
    same: [1],
    weighted: [1],
  },
  'layerNormalization of the last axis': {
    layer: () => host.layerNormalization({epsilon}),
    same: [0, 1, 2, 3],
    weighted: [4],
  },
  'layerNormalization of two axes': {
    layer: () => host.layerNormalization({epsilon, axis: [1, 3]}),
    same: [0, 2, 4],
    weighted: [1, 3],
  },
};

async function expectClose(actual: tf.Tensor, expected: ArrayLike<number>, tolerance = 1e-5): Promise<void> {
  const apart = [...(await actual.data())].map((value, i) => Math.abs(value - expected[i]!));
  expect(apart.length).toBe(expected.length);
  expect(Math.max(...apart)).toBeLessThan(tolerance);
}

describe.each(backendNames)("the host's layers on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    registerGradients();
    mendStockLayers();
  });

  it.each(Object.keys(cases))('%s, training', async (name) => {
    const {layer: make, same, weighted} = cases[name]!;
    const layer = make();
    layer.build(shape);
    const count = weighted.reduce((product, axis) => product * shape[axis]!, 1);
    const [gamma, beta] = [wave(count, 3), wave(count, 4)];
    layer.weights[0]!.write(tf.tensor(gamma, layer.weights[0]!.shape as number[]));
    layer.weights[1]!.write(tf.tensor(beta, layer.weights[1]!.shape as number[]));
    const [x, dy] = [wave(size, 1), wave(size, 2)];
    const run = (input: tf.Tensor) => layer.apply(input, {training: true}) as tf.Tensor;
    await expectClose(run(tf.tensor(x, shape)), normalized(x, same, weighted, gamma, beta).y);
    const loss = (values: ArrayLike<number>) =>
      normalized(values, same, weighted, gamma, beta).y.reduce((sum, value, i) => sum + value * dy[i]!, 0);
    const step = 1e-4;
    const slopes = Array.from(x, (_, i) => {
      const moved = (by: number) => Float64Array.from(x, (value, j) => (j === i ? value + by : value));
      return (loss(moved(step)) - loss(moved(-step))) / (2 * step);
    });
    await expectClose(tf.grad(run)(tf.tensor(x, shape), tf.tensor(dy, shape)), slopes, 1e-4);
  });

  it('batchNormalization moves its averages, and uses them in prediction and when frozen', async () => {
    const layer = host.batchNormalization({epsilon, momentum: 0.7, scale: false, center: false});
    const x = tf.tensor(wave(size, 1), shape);
    layer.apply(x, {training: true});
    const {statistics} = normalized(wave(size, 1), [4], [4], [1, 1, 1], [0, 0, 0]);
    const [mean, variance] = layer.getWeights() as [tf.Tensor, tf.Tensor];
    await expectClose(
      mean,
      statistics.map((one) => one.mean * 0.3),
    );
    await expectClose(
      variance,
      statistics.map((one) => 0.7 + one.variance * 0.3),
    );
    const predicted = Array.from(wave(size, 1), (value, at) => {
      const {mean, variance} = statistics[at % 3]!;
      return (value - mean * 0.3) / Math.sqrt(0.7 + variance * 0.3 + epsilon);
    });
    await expectClose(layer.apply(x) as tf.Tensor, predicted);
    layer.trainable = false;
    await expectClose(layer.apply(x, {training: true}) as tf.Tensor, predicted);
  });
});
