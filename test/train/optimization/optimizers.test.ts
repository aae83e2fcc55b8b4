/**
 * 200 steps of every optimizer, and of averages of weights, against PyTorch's and timm's on the same gradients. Their float64 run is the truth; ours may be off
 * by a few times what their own float32 run is, since both round at other places.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {
  type ClipConfig,
  type OptimizerConfig,
  WeightAverages,
  WeightUpdater,
} from '../../../src/train/optimization/optimizers';
import {type NamedWeight, namedWeights, type Parameter} from '../../../src/train/optimization/parameters';
import {startBackend} from '../../support/backends';
import {conformingImplementations, implementations} from '../../support/implementations';
import {expectAsGiven, noise, readTrainingVectors, type TrainingVectors} from '../support/vectors';

const SHAPES = {'conv/kernel': [6, 5], 'conv/bias': [5], 'norm/gamma': [5], 'head/kernel': [5, 3]};
const STEPS = 200;

interface Case {
  optimizer: OptimizerConfig;
  learningRate: number;
  weightDecay: number;
  clip?: ClipConfig;
  /** No decay on biases and norms, the head ten times as fast. */
  groups?: boolean;
}

const lamb = {optimizer: {name: 'lamb'}, clip: {norm: 1, epsilon: 0}, weightDecay: 0.02} as const;
const CASES: Record<string, Case> = {
  sgd: {optimizer: {name: 'sgd'}, learningRate: 0.05, weightDecay: 1e-2},
  sgd_momentum: {
    optimizer: {name: 'sgd', momentum: 0.9},
    learningRate: 0.02,
    weightDecay: 1e-2,
    clip: {norm: 2},
  },
  sgd_nesterov: {
    optimizer: {name: 'sgd', momentum: 0.9, nesterov: true},
    learningRate: 0.02,
    weightDecay: 1e-2,
  },
  sgd_groups: {optimizer: {name: 'sgd', momentum: 0.9}, learningRate: 0.005, weightDecay: 1e-2, groups: true},
  adamw: {optimizer: {name: 'adamw'}, learningRate: 0.01, weightDecay: 0.05},
  lamb: {...lamb, learningRate: 0.01},
  lamb_groups: {...lamb, learningRate: 0.005, groups: true},
};

const elements = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);

function makeWeights(): NamedWeight[] {
  return Object.entries(SHAPES).map(([name, shape]) => {
    const variable = tf.tidy(() => tf.variable(tf.tensor(noise(name, elements(shape)), shape)));
    const weight = {
      read: () => variable,
      assign: (value: tf.Tensor) => variable.assign(value),
      write: (value: tf.Tensor) => variable.assign(value),
      trainable: true,
      isConstrained: false,
    };
    return {name, layer: undefined as never, weight};
  });
}

function parameters(weights: NamedWeight[], {groups = false, weightDecay}: Case): Parameter[] {
  return weights.map((named) => ({
    ...named,
    rateFactor: groups && named.name.startsWith('head') ? 10 : 1,
    weightDecay: groups && !named.name.endsWith('kernel') ? 0 : weightDecay,
  }));
}

async function step(updater: WeightUpdater, weights: NamedWeight[], learningRate: number): Promise<void> {
  const number = updater.steps + 1;
  const gradients = new Map(
    weights.map(({name, weight}): [string, tf.Tensor] => {
      const {shape} = weight.read();
      const random = noise(`${name}@${number}`, elements(shape));
      return [name, tf.tidy(() => tf.add(tf.mul(weight.read(), 0.5), tf.tensor(random, shape)))];
    }),
  );
  updater.apply(gradients, learningRate, await updater.norm(gradients));
  tf.dispose([...gradients.values()]);
}

let vectors: TrainingVectors;
beforeAll(async () => {
  vectors = await readTrainingVectors();
});

// On tensorflow too, where updates have kernels.
const onTensorFlow = conformingImplementations.filter(({backend}) => backend === 'tensorflow');

describe.each([...implementations, ...onTensorFlow])('on $name', ({name: implementation, use}) => {
  beforeAll(use);

  // Stock operations are the same everywhere: but on cpu two cases, of which LAMB has them all, for fewer steps.
  const isWhole = ['cpu, composed', 'cpu, kernels', 'wasm, kernels'].includes(implementation);
  const cases = Object.entries(CASES).filter(
    ([name]) => isWhole || ['sgd_momentum', 'lamb_groups'].includes(name),
  );
  it.each(cases)('%s is as PyTorch and timm have it', async (name, given) => {
    const before = tf.memory().numTensors;
    const weights = makeWeights();
    const updater = new WeightUpdater(parameters(weights, given), given.optimizer, given.clip);
    for (let i = 1; i <= (isWhole ? STEPS : 50); i++) {
      await step(updater, weights, given.learningRate);
      const values = new Map(weights.map((one) => [one.name, one.weight.read().dataSync()]));
      expectAsGiven(vectors.optimizers[name]!, i, values);
    }
    updater.dispose();
    tf.dispose(weights.map(({weight}) => weight.read()));
    expect(tf.memory().numTensors).toBe(before);
  });

  if (isWhole)
    it("averages of weights are those of timm's ModelEmaV2", async () => {
      const weights = makeWeights();
      const given = CASES.sgd_nesterov!;
      const updater = new WeightUpdater(parameters(weights, given), given.optimizer);
      const averages = new WeightAverages(weights, 0.98);
      for (let i = 1; i <= STEPS; i++) {
        await step(updater, weights, given.learningRate);
        averages.update();
        const values = [...averages.tensors()].map(([name, tensor]) => [name, tensor.dataSync()] as const);
        expectAsGiven(vectors.averages, i, new Map(values));
      }
      updater.dispose();
      averages.dispose();
      tf.dispose(weights.map(({weight}) => weight.read()));
    });

  it('takes up where another stood, bit for bit', async () => {
    const given = CASES.lamb!;
    const [whole, begun] = [makeWeights(), makeWeights()];
    const updaterOf = (weights: NamedWeight[]) =>
      new WeightUpdater(parameters(weights, given), given.optimizer, given.clip);
    const [one, two] = [updaterOf(whole), updaterOf(begun)];
    for (let i = 0; i < 10; i++) await step(one, whole, 0.01);
    for (let i = 0; i < 4; i++) await step(two, begun, 0.01);
    const three = updaterOf(begun);
    three.restore(two.tensors(), two.steps);
    two.dispose();
    for (let i = 0; i < 6; i++) await step(three, begun, 0.01);
    const valuesOf = (weights: NamedWeight[]) => weights.map(({weight}) => [...weight.read().dataSync()]);
    expect(valuesOf(begun)).toEqual(valuesOf(whole));
    tf.dispose([...whole, ...begun].map(({weight}) => weight.read()));
    one.dispose();
    three.dispose();
  });
});

it('keeps a weight to its constraint, of which nothing is left behind', async () => {
  await startBackend('cpu');
  const kernelConstraint = tfl.constraints.maxNorm({maxValue: 0.5});
  const layer = tfl.layers.dense({units: 2, inputShape: [3], useBias: false, kernelConstraint});
  const model = tfl.sequential({layers: [layer]});
  const parameter = {...namedWeights(model, 'test')[0]!, rateFactor: 1, weightDecay: 0};
  const updater = new WeightUpdater([parameter], {name: 'sgd', momentum: 0.9});
  const gradients = new Map([[parameter.name, tf.ones([3, 2])]]);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) updater.apply(gradients, 1);
  expect(tf.memory().numTensors).toBe(before);
  // A step of ones would make each column longer.
  const lengths = tf.tidy(() => tf.norm(parameter.weight.read(), 'euclidean', 0).dataSync());
  for (const length of lengths) expect(length).toBeCloseTo(0.5, 5);
  updater.dispose();
  model.dispose();
});

it('averages weights by the formula, and swaps them in and out', async () => {
  await startBackend('cpu');
  const weights = makeWeights();
  const averages = new WeightAverages(weights, 0.9);
  const start = noise('conv/bias', 5);
  const bias = weights.find(({name}) => name === 'conv/bias')!.weight;
  for (const shift of [1, 2, 3]) {
    tf.tidy(() => bias.assign(tf.add(tf.tensor1d(start), shift)));
    averages.update();
  }
  // Shifts 1, 2, 3 after a start at shift 0.
  const shift = 0.9 ** 2 * 0.1 * 1 + 0.9 * 0.1 * 2 + 0.1 * 3;
  averages.swap();
  expect([...bias.read().dataSync()].map((value, i) => value - start[i]!)).toEqual(
    start.map(() => expect.closeTo(shift, 6)),
  );
  averages.swap();
  expect([...bias.read().dataSync()].map((value, i) => value - start[i]!)).toEqual(
    start.map(() => expect.closeTo(3, 6)),
  );
  averages.dispose();
  tf.dispose(weights.map(({weight}) => weight.read()));
});
