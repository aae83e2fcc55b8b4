/**
 * Updates that may write over weights and state: the same bits as new tensors would have, whoever made something of the weights before, and
 * nothing of what somebody else holds.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import {type OptimizerConfig, optimizerRule} from '../../../../src/train/optimization/optimizers/rules';
import {RULES} from '../../update_cases';
import {valuesOf} from '../wasm_host';
import {liveRuntime, startThreads} from './start_threads';

/** The last one is more than a thread's share. */
const SHAPES = [[1], [7], [0], [1, 3, 3, 4, 8], [40_000]];

beforeAll(() => startThreads(2));

function weightsFor(config: OptimizerConfig) {
  const tensor = (shape: number[], seed: number) => tf.tensor(valuesOf(shape, seed).map(Math.abs), shape);
  return SHAPES.map((shape, i) => ({
    ...{value: tensor(shape, i), gradient: tensor(shape, i + 10)},
    state: Object.fromEntries(
      optimizerRule(config).slots.map((slot, k) => [slot, tensor(shape, i + 20 + k)]),
    ),
    ...{gradientFactor: 0.7, learningRate: 0.1, weightDecay: i === 1 ? 0 : 0.03},
  }));
}

type Weights = ReturnType<typeof weightsFor>;

const kept = (weights: Weights) => weights.flatMap(({value, state}) => [value, ...Object.values(state)]);
const arraysOf = (tensors: readonly tf.Tensor[]) => tensors.map((tensor) => tensor.dataSync());
const update = (config: OptimizerConfig, weights: Weights, overwrites: boolean) =>
  tf.tidy(() => optimizerRule(config).update(weights, 3, overwrites)) as unknown as Weights;

const IN_PLACE = Object.keys(RULES).filter((name) => name !== 'lamb');

it.each(IN_PLACE)('%s gives the bits of new tensors', (name) => {
  const weights = weightsFor(RULES[name]!);
  const made = update(RULES[name]!, weights, false);
  const {numTensors, numBytes} = tf.memory();
  expect(update(RULES[name]!, weights, true)).toEqual([]);
  expect(tf.memory()).toMatchObject({numTensors, numBytes});
  expect(arraysOf(kept(weights))).toEqual(arraysOf(kept(made)));
  tf.dispose([weights, made] as unknown as tf.TensorContainer);
});

it('leaves alone what LAMB still reads, and what somebody else holds', () => {
  for (const name of ['momentum', 'lamb']) {
    const weights = weightsFor(RULES[name]!);
    const held = name === 'lamb' ? [] : [tf.clone(Object.values(weights[3]!.state)[0]!)];
    const before = arraysOf(kept(weights));
    const made = update(RULES[name]!, weights, true);
    expect(made.length).toBe(SHAPES.length);
    expect(arraysOf(kept(weights))).toEqual(before);
    tf.dispose([weights, made, held] as unknown as tf.TensorContainer);
  }
});

it('leaves alone a variable that two weights have, and values that are not float32', () => {
  const [one] = weightsFor(RULES.momentum!).slice(1, 2) as [Weights[number]];
  const momentum = tf.zerosLike(one.value);
  const others = (['int32', 'bool'] as const).map((dtype) => tf.cast(one.value, dtype));
  for (const weights of [[one, {...one, state: {momentum}}], ...others.map((value) => [{...one, value}])]) {
    const before = arraysOf(kept(weights));
    const made = update(RULES.momentum!, weights, true);
    expect(made.length).toBe(weights.length);
    expect(arraysOf(kept(weights))).toEqual(before);
    tf.dispose(made as unknown as tf.TensorContainer);
  }
  tf.dispose([one, momentum, others] as unknown as tf.TensorContainer);
});

it('nobody goes on with what was made of the weights of before', () => {
  const [weight] = weightsFor({name: 'sgd'}).slice(3, 4) as [Weights[number]];
  const [clip, gradient] = [tf.ones<tf.Rank.R5>([1, 1, 5, 5, 4]), weight.gradient];
  const image = tf.ones<tf.Rank.R4>([1, 5, 5, 4]);
  const rows = tf.ones<tf.Rank.R2>([6, 36]);
  // Kernels of ours and of the host, which keep weights in an order of their own.
  const uses = (value: tf.Tensor) =>
    tf.tidy(() => [
      tf.conv3d(clip, value as tf.Tensor5D, 1, 'same').dataSync(),
      tf.conv2d(image, tf.reshape<tf.Rank.R4>(value, [3, 3, 4, 8]), 1, 'same').dataSync(),
      tf.depthwiseConv2d(image, tf.reshape<tf.Rank.R4>(value, [3, 3, 4, 8]), 1, 'same').dataSync(),
      tf.fused.matMul({a: rows, b: tf.reshape<tf.Rank.R2>(value, [36, 8])}).dataSync(),
      tf.prelu(tf.fill(value.shape, -1), value).dataSync(),
    ]);
  uses(weight.value);
  expect(update({name: 'sgd'}, [weight], true)).toEqual([]);
  const fresh = tf.tensor(weight.value.dataSync(), weight.value.shape);
  expect(uses(weight.value)).toEqual(uses(fresh));
  tf.dispose([weight.value, gradient, clip, image, rows, fresh]);
});

it('makes new tensors while it is recorded', () => {
  const tensor = tf.ones([3]);
  const runtime = liveRuntime();
  const notes = {} as Parameters<typeof runtime.noting>[0];
  expect(runtime.takeOver([tensor])).toBe(true);
  expect(runtime.noting(notes, () => runtime.takeOver([tensor]))).toBe(false);
  tensor.dispose();
});
