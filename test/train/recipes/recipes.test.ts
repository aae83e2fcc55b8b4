/** The paper's recipes against the authors' files, read off by hand, and how they are scaled; groups of weights; networks from a seed. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, expect, it} from 'vitest';
import {createNetwork} from '../../../src/entries/networks';
import {recipes} from '../../../src/entries/train';
import {
  fits,
  frozenLayers,
  type GroupConfig,
  namedWeights,
  parametersOf,
} from '../../../src/train/optimization/parameters';
import {learningRateAt} from '../../../src/train/optimization/schedules';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it.each([
  // Network, rate, samples, epochs, batches of precise batch norm, decay of norms.
  ['slowfast_r50_4x16_sts', 0.01, 128, 50, 200, true],
  ['slowonly_r50_8x8', 0.02, 128, 50, 200, true],
  ['r2plus1d_r34_8x8_sts', 0.01, 128, 50, 200, true],
  ['ircsn_r50_sts', 0.01, 128, 50, undefined, true],
  ['x3d_s_sts', 0.02, 256, 100, 200, false],
] as const)('Kinetics, %s', (network, learningRate, batchSize, epochs, preciseBatchNorm, decays) => {
  const recipe = recipes.finetuneKinetics(network);
  expect(recipe).toMatchObject({learningRate, batchSize, epochs, weightDecay: 1e-4, clip: {norm: 40}});
  expect(recipe.preciseBatchNorm).toBe(preciseBatchNorm);
  expect([recipe.decayNorms ?? true, recipe.decayBiases ?? true]).toEqual([decays, decays]);
  expect(recipe.optimizer).toEqual({name: 'sgd', momentum: 0.9});
});

it('the other stages', () => {
  const something = recipes.finetuneSomething('x3d_s_sts');
  expect(something).toMatchObject({learningRate: 0.1, batchSize: 64, epochs: 50, weightDecay: 1e-4});
  expect(something.decayNorms ?? true).toBe(true);
  const image = recipes.imagePretraining('slowfast_r50_8x8_image');
  expect(image).toMatchObject({learningRate: 5e-3, batchSize: 2048, epochs: 300, weightDecay: 0.02});
  expect(image).toMatchObject({loss: {name: 'binary'}, decayNorms: false, decayBiases: false});
  const run = {learningRate: image.learningRate, epochs: 300, iterationsPerEpoch: 10};
  expect(learningRateAt(image.schedule!, run, 0)).toBeCloseTo(5e-6, 12);
});

it('mixing, RandAugment and repeats belong to the stage of images alone', () => {
  expect(recipes.imagePretraining('x3d')).toMatchObject({
    augmentation: {randAugment: {}},
    mix: {mixup: 0.1, cutmix: 1},
    repeats: 3,
  });
  for (const recipe of [recipes.finetuneKinetics('x3d'), recipes.finetuneSomething('x3d')]) {
    expect(recipe.augmentation).toBeDefined();
    expect(recipe.augmentation).not.toHaveProperty('randAugment');
    expect(recipe).not.toHaveProperty('mix');
    expect(recipe).not.toHaveProperty('repeats');
  }
  // A clip of Something-Something must not be flipped.
  expect(recipes.finetuneKinetics('x3d').augmentation).not.toHaveProperty('flip');
  expect(recipes.finetuneSomething('x3d').augmentation).toMatchObject({flip: 0});
  const wrong = {augmentation: {flips: 0}} as never;
  expect(() => recipes.finetuneKinetics('x3d', wrong)).toThrow(/recipe.augmentation.*did you mean flip/);
});

it('rates go with the batch: in proportion, of LAMB with its root; one that is given stays', () => {
  expect(recipes.finetuneKinetics('x3d', {batchSize: 64}).learningRate).toBeCloseTo(0.02 / 4, 12);
  expect(recipes.imagePretraining('x3d', {batchSize: 512}).learningRate).toBeCloseTo(5e-3 / 2, 12);
  expect(recipes.finetuneKinetics('x3d', {batchSize: 64, learningRate: 0.3}).learningRate).toBe(0.3);
  expect(() => recipes.finetuneKinetics('resnet50')).toThrow('the authors have no recipe for "resnet50"');
});

it('weights are treated by their groups', () => {
  const model = createNetwork('slowonly_tiny', {seed: 1});
  const groups: GroupConfig = {
    ...{weightDecay: 0.1, decayNorms: false, decayBiases: false, frozen: ['layer1_*']},
    batchNorms: 'partial',
    layerRates: [
      {layers: '*', factor: 2},
      {layers: 'classifier', factor: 10},
    ],
  };
  const weights = namedWeights(model, 'test');
  const parameters = parametersOf(weights, frozenLayers(model, groups, 'test'), groups);
  const of = (name: string) => parameters.find((parameter) => parameter.name === name);
  expect(of('conv1/kernel')).toMatchObject({rateFactor: 2, weightDecay: 0.1});
  expect(of('conv1_bn/gamma')).toMatchObject({rateFactor: 2, weightDecay: 0});
  expect(of('classifier/kernel')).toMatchObject({rateFactor: 10, weightDecay: 0.1});
  expect(of('classifier/bias')).toMatchObject({rateFactor: 10, weightDecay: 0});
  // Of the norms only the first learns, of stage 1 nothing.
  const norms = parameters.filter(({layer}) => layer.getClassName() === 'BatchNorm3D');
  expect(norms.map(({name}) => name)).toEqual(['conv1_bn/gamma', 'conv1_bn/beta']);
  expect(parameters.some(({name}) => name.startsWith('layer1_'))).toBe(false);
  expect(parameters.some(({name}) => name.startsWith('layer2_'))).toBe(true);
  model.dispose();
});

it('patterns are of whole names, in which * stands for any letters', () => {
  expect(['layer1_0', 'layer10_0', 'xlayer1_0'].map((name) => fits('layer1_*', name))).toEqual([
    true,
    false,
    false,
  ]);
  expect(fits('a.b', 'axb')).toBe(false);
});

it('createNetwork with a seed makes the same weights again, and others with another', () => {
  const own = Math.random;
  const [a, b, c] = [7, 7, 8].map((seed) => {
    const model = createNetwork('x3d_tiny_sts', {seed});
    const values = model.getWeights().map((weight) => [...weight.dataSync()]);
    model.dispose();
    return values;
  });
  expect(b).toEqual(a);
  expect(c).not.toEqual(a);
  expect(Math.random).toBe(own);
  // Layers of one shape differ from one another.
  expect(new Set(a!.map(String)).size).toBeGreaterThan(10);
  expect(() => createNetwork('x3d_tiny', {seed: -1})).toThrow('seed is -1');
});
