/** Drop-path against its definition, sample by sample, and where the networks have it. */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../src/inference/freeze';
import {registerLayers, layers as sts} from '../../src/layers';
import {createNetwork, listNetworks} from '../../src/networks';
import {derivedSeed, withSeededRandom} from '../../src/util/seeded_random';
import {startBackend} from '../support/backends';

beforeAll(async () => {
  await startBackend('cpu');
  registerLayers();
});

const rate = 0.3;
const samples = 2000;
const factorsOf = (y: tf.Tensor, x: tf.Tensor) =>
  tf.tidy(() => tf.reshape(tf.div(y, x), [samples, -1]).arraySync()) as number[][];

describe('the layer', () => {
  // Values without a zero, so that each tells its factor.
  const values = () => tf.randomUniform([samples, 2, 1, 2, 3], 1, 2, 'float32', 1);

  it('drops whole samples in training and divides the others by 1 - rate', () => {
    const x = values();
    const layer = sts.dropPath({rate});
    const factors = factorsOf(layer.apply(x, {training: true}) as tf.Tensor, x);
    for (const sample of factors) {
      const expected = sample[0] === 0 ? 0 : 1 / (1 - rate);
      for (const factor of sample) expect(factor).toBeCloseTo(expected, 5);
    }
    const dropped = factors.filter(([first]) => first === 0).length;
    // Five standard deviations of a binomial distribution.
    expect(Math.abs(dropped - rate * samples)).toBeLessThan(5 * Math.sqrt(samples * rate * (1 - rate)));
    const again = factorsOf(layer.apply(x, {training: true}) as tf.Tensor, x);
    expect(again).not.toEqual(factors);
  });

  it('drops the same samples with a seed, and lets gradients pass where it drops nothing', () => {
    const x = values();
    const layer = sts.dropPath({rate, seed: 7});
    const run = (y: tf.Tensor) => layer.apply(y, {training: true}) as tf.Tensor;
    const factors = factorsOf(run(x), x);
    expect(factorsOf(run(x), x)).toEqual(factors);
    const gradient = tf.grad((y) => tf.sum(tf.square(run(y))))(x);
    // d(f x)^2 = 2 f^2 x dx
    const passed = factorsOf(gradient, x);
    expect(passed.length).toBe(samples);
    for (const [i, sample] of passed.entries())
      for (const [k, value] of sample.entries()) expect(value).toBeCloseTo(2 * factors[i]![k]! ** 2, 4);
  });

  it('draws for each sample, block and step of a run by itself', () => {
    const rates = [0.2, 0.5, 0.35];
    const blocks = rates.map((rate) => sts.dropPath({rate}));
    const [steps, batch] = [1500, 4];
    const x = tf.ones([batch, 1, 1]);
    // As a run draws: step by step from seeds of one.
    const draws = blocks.flatMap(() => Array.from({length: batch}, () => [] as number[]));
    for (let step = 0; step < steps; step++) {
      withSeededRandom(derivedSeed(3, step), () => {
        blocks.forEach((block, b) => {
          const y = tf.tidy(() => (block.apply(x, {training: true}) as tf.Tensor).dataSync());
          y.forEach((value, i) => void draws[b * batch + i]!.push(value === 0 ? 1 : 0));
        });
      });
    }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const rateOf = (row: number) => rates[Math.floor(row / batch)]!;
    const bound = 5 / Math.sqrt(steps);
    const deviation = (row: number) => Math.sqrt(rateOf(row) * (1 - rateOf(row)));
    draws.forEach((one, i) => {
      expect(Math.abs(mean(one) - rateOf(i))).toBeLessThan(bound * deviation(i));
      draws.forEach((other, j) => {
        for (const lag of i > j ? [0, 1] : [1]) {
          const products = other
            .slice(lag)
            .map((value, step) => (value - rateOf(j)) * (one[step]! - rateOf(i)));
          expect(Math.abs(mean(products))).toBeLessThan(bound * deviation(i) * deviation(j));
        }
      });
    });
    x.dispose();
  });

  it('does nothing outside training', () => {
    const x = values();
    const y = sts.dropPath({rate}).apply(x) as tf.Tensor;
    expect(y.dataSync()).toEqual(x.dataSync());
  });

  it('refuses a rate that is no chance', () => {
    for (const wrong of [1, -0.1, Number.NaN, '0.5', undefined]) {
      expect(() => sts.dropPath({rate: wrong as number})).toThrow(/rate must be from 0 to below 1/);
    }
  });
});

describe('networks', () => {
  const ratesOf = (name: string, options: object = {}) => {
    const model = createNetwork(name, {height: 64, width: 64, weightless: true, ...options});
    const layers = model.layers.filter((layer) => layer.getClassName() === 'DropPath');
    const rates = new Map(layers.map((layer) => [layer.name, layer.getConfig().rate as number]));
    model.dispose();
    return rates;
  };

  /** timm's rule over blocks of 3, 4, 6 and 3: rate * block / 15, and nothing in the first. */
  const evenly = (rate: number) => {
    const names = [3, 4, 6, 3].flatMap((count, stage) =>
      Array.from({length: count}, (_, index) => `layer${stage + 1}_${index}_drop_path`),
    );
    return new Map(names.map((name, i) => [name, (rate * i) / 15] as const).slice(1));
  };

  it.each(['slowonly_r50_8x8_image', 'r2plus1d_r34_8x8_image', 'ircsn_r50_image'])(
    '%s drops as the authors say, the video network nothing',
    (name) => {
      const rates = ratesOf(name);
      expect([...rates.keys()]).toEqual([...evenly(0.05).keys()]);
      for (const [block, expected] of evenly(0.05)) expect(rates.get(block)).toBeCloseTo(expected, 12);
      expect(ratesOf(name.replace('_image', ''))).toEqual(new Map());
    },
  );

  it('of SlowFast and X3D, whose authors drop nothing, do so when asked, in each path', () => {
    expect(ratesOf('slowfast_r50_4x16_image')).toEqual(new Map());
    expect(ratesOf('x3d_s_image')).toEqual(new Map());
    const asked = ratesOf('slowfast_r50_4x16_image', {dropPath: 0.15});
    expect(asked.size).toBe(30);
    expect(asked.get('fast_layer4_2_drop_path')).toBeCloseTo(0.15, 12);
    expect(ratesOf('x3d_s_image', {dropPath: 0.25}).size).toBe(25);
  });

  it('of inverted bottlenecks drop branches that have a shortcut', () => {
    const rates = ratesOf('efficientnet_lite0', {frames: 1, dropPath: 0.2});
    expect([...rates.keys()]).toEqual([2, 4, 6, 7, 9, 10, 12, 13, 14].map((i) => `blocks_${i}_drop_path`));
    expect(rates.get('blocks_6_drop_path')).toBeCloseTo((0.2 * 6) / 15, 12);
  });

  it('drop the branch, which ends in a norm, and not the shortcut', () => {
    for (const [name, branch] of [
      ['slowonly_r50_8x8_image', /^layer\d_\d_conv3_bn$/],
      ['r2plus1d_r34_8x8_image', /^layer\d_\d_conv2_bn$/],
      ['efficientnet_lite0', /^blocks_\d+_project_bn$/],
    ] as const) {
      const model = createNetwork(name, {height: 64, width: 64, frames: 1, dropPath: 0.1, weightless: true});
      const read = model.layers
        .filter((layer) => layer.getClassName() === 'DropPath')
        .map((layer) => (layer.input as tfl.SymbolicTensor).sourceLayer.name);
      expect(read.length).toBeGreaterThan(8);
      for (const source of read) expect(source).toMatch(branch);
      model.dispose();
    }
  });

  it('of images have no dropout before the classifier either', () => {
    for (const {name} of listNetworks().filter((network) => network.name.endsWith('_image'))) {
      const model = createNetwork(name, {height: 64, width: 64, weightless: true});
      expect(model.getLayer('dropout').getConfig().rate).toBe(0);
      model.dispose();
    }
  });

  it('refuse a chance of 1', () => {
    for (const name of ['slowonly_tiny', 'efficientnet_lite_tiny', 'x3d_tiny'])
      expect(() => createNetwork(name, {dropPath: 1})).toThrow(/dropPath must be at least 0 and less than 1/);
  });

  it('frozen have no step for it, and the answer of the network', async () => {
    const stepsOf = async (dropPath: number) => {
      const model = createNetwork('slowonly_tiny', {dropPath, seed: 3});
      const frozen = freeze(model);
      const x = tf.randomUniform([1, 4, 32, 48, 3], -1, 1, 'float32', 2);
      const [expected, got] = [model.predict(x), frozen.predict(x)] as tf.Tensor[];
      const apart = tf.max(tf.abs(tf.sub(expected!, got!))).dataSync()[0]!;
      const largest = tf.max(tf.abs(expected!)).dataSync()[0]!;
      // A few roundings of each of 17 layers.
      expect(apart).toBeLessThan(1e-5 * largest);
      const {steps} = await frozen.toData();
      frozen.dispose();
      model.dispose();
      return steps.length;
    };
    expect(await stepsOf(0.5)).toBe(await stepsOf(0));
  });
});
