/**
 * The layers that compare frames, `colorHistogram` and `frameSimilarity`, on every backend against plain loops in float64:
 * counts are equal, cosines to rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../src/layers';
import {InvalidArgumentError} from '../../src/util/errors';
import {backendNames} from '../support/backends';
import {configOf, numbers, saveAndLoad, startLayers} from './contract';

/** Counts of `[frames, pixels, 3]`. */
function countColors(values: ArrayLike<number>, frames: number, levels: number): number[] {
  const pixels = values.length / frames / 3;
  const counts = new Array<number>(frames * levels ** 3).fill(0);
  const level = (i: number) => Math.floor((Math.min(Math.max(values[i]!, 0), 255) * levels) / 256);
  for (let i = 0; i < values.length; i += 3) {
    const color = (level(i) * levels + level(i + 1)) * levels + level(i + 2);
    const at = Math.floor(i / 3 / pixels) * levels ** 3 + color;
    counts[at] = counts[at]! + 1;
  }
  return counts;
}

function cosines(x: ArrayLike<number>, [batch, time, features]: [number, number, number], reach: number) {
  const row = (n: number, t: number) =>
    Array.from({length: features}, (_, f) => x[(n * time + t) * features + f]!);
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const result: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let t = 0; t < time; t++)
      for (let other = t - reach; other <= t + reach; other++) {
        const isThere = other >= 0 && other < time;
        const [a, b] = isThere ? [row(n, t), row(n, other)] : [[0], [0]];
        result.push(dot(a, b) / Math.max(Math.sqrt(dot(a, a) * dot(b, b)), 1e-24));
      }
  return result;
}

const most = (a: ArrayLike<number>, b: readonly number[]) =>
  b.reduce((worst, value, i) => Math.max(worst, Math.abs(value - a[i]!)), a.length === b.length ? 0 : 1 / 0);

const modelOf = (layer: ReturnType<typeof sts.colorHistogram> | ReturnType<typeof sts.frameSimilarity>) =>
  sequential({layers: [layer]});

async function sameAfterSaving(model: LayersModel, x: tf.Tensor): Promise<void> {
  const loaded = await saveAndLoad(model);
  expect(configOf(loaded.layers[0]!)).toEqual(configOf(model.layers[0]!));
  expect(await (loaded.predict(x) as tf.Tensor).data()).toEqual(await (model.predict(x) as tf.Tensor).data());
}

describe.each(backendNames)('on %s', (backend) => {
  beforeAll(() => startLayers(backend));

  it.each([8, 3])(
    'counts colours of %d levels, values out of range and between bytes too',
    async (levels) => {
      const layer = sts.colorHistogram({levels, inputShape: [3, 5, 4, 3]});
      const size = 2 * 3 * 5 * 4 * 3;
      const values = Float32Array.from({length: size}, (_, i) => ((i * 37) % 521) * 0.5 - 2);
      values.set([0, 31.5, 32, 255, 255.5, 224, 63, 64, 128]);
      const x = tf.tensor(values, [2, 3, 5, 4, 3]);
      const before = tf.memory().numTensors;
      const y = layer.apply(x) as tf.Tensor;
      expect(tf.memory().numTensors).toBe(before + 1);
      expect(y.shape).toEqual([2, 3, levels ** 3]);
      expect(Array.from(await y.data())).toEqual(countColors(values, 6, levels));
      await sameAfterSaving(modelOf(layer), x);
    },
  );

  it('counts every pixel of frames that have more of them than colours', async () => {
    const values = Float32Array.from({length: 2 * 12 * 11 * 3}, (_, i) => (i * 89) % 256);
    const y = sts.colorHistogram({levels: 2}).apply(tf.tensor(values, [1, 2, 12, 11, 3])) as tf.Tensor;
    expect(Array.from(await y.data())).toEqual(countColors(values, 2, 2));
  });

  it.each([
    [5, 2],
    [3, 50],
    [1, 3],
    [4, 0],
  ])('compares %d frames with %d on each side', async (time, reach) => {
    const layer = sts.frameSimilarity({reach, inputShape: [time, 6]});
    // The last frame of zeros: it is like none, not even itself.
    const x = tf.tidy(() =>
      tf.mul(numbers([2, time, 6]), tf.less(tf.reshape(tf.range(0, time), [1, time, 1]), 4)),
    );
    const before = tf.memory().numTensors;
    const y = layer.apply(x) as tf.Tensor;
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(y.shape).toEqual([2, time, 2 * reach + 1]);
    // Cosines of 6 products, each rounded at 6e-8, and two lengths.
    expect(most(await y.data(), cosines(await x.data(), [2, time, 6], reach))).toBeLessThan(2e-6);
    await sameAfterSaving(modelOf(layer), x);
  });
});

describe('training', () => {
  beforeAll(() => startLayers('cpu'));

  it('goes through cosines, by finite differences', () => {
    const layer = sts.frameSimilarity({reach: 1, inputShape: [3, 4]});
    const x = numbers([1, 3, 4]);
    const weights = numbers([1, 3, 3], 5);
    const loss = (given: tf.Tensor) => tf.sum(tf.mul(layer.apply(given) as tf.Tensor, weights)) as tf.Scalar;
    const gradient = tf.grad(loss)(x).dataSync();
    const values = Array.from(x.dataSync());
    const exact = (given: number[]) =>
      cosines(given, [1, 3, 4], 1).reduce((sum, value, i) => sum + value * weights.dataSync()[i]!, 0);
    gradient.forEach((slope, i) => {
      const moved = (by: number) => exact(values.map((value, j) => (i === j ? value + by : value)));
      expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
    });
  });

  it('gets nothing through counts, which do not change by degrees', () => {
    const layer = sts.colorHistogram({levels: 2});
    const loss = (x: tf.Tensor) => tf.sum(tf.square(layer.apply(x) as tf.Tensor)) as tf.Scalar;
    const gradient = tf.grad(loss)(numbers([1, 2, 2, 2, 3]));
    expect(Array.from(gradient.dataSync())).toEqual(new Array(24).fill(0));
  });
});

it('refuses arguments and inputs that make no sense', () => {
  expect(() => sts.colorHistogram({levels: 2.5})).toThrow(
    /levels must be a whole number from 1 to 256; got 2.5/,
  );
  expect(() => sts.frameSimilarity({reach: -1})).toThrow(InvalidArgumentError);
  expect(() => sts.colorHistogram({}).computeOutputShape([null, 4, 8, 8, 4])).toThrow(
    /colours are red, green and/,
  );
  expect(() => sts.frameSimilarity({}).computeOutputShape([null, 4, 8, 8, 4])).toThrow(
    /takes one input \[batch/,
  );
});
