/** The kernels of optimizers on several weights: every rule with made-up state, for comparison with stock ops. */
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import {KERNEL_NAMES} from '../../src/geometry/kernel_names';
import {registerKernels} from '../../src/kernels/registry';
import {type OptimizerConfig, optimizerRule} from '../../src/train/optimization/optimizers/rules';
import {valuesOf} from './wasm/wasm_host';

export const RULES: Record<string, OptimizerConfig> = {
  sgd: {name: 'sgd'},
  momentum: {name: 'sgd', momentum: 0.9},
  nesterov: {name: 'sgd', momentum: 0.9, nesterov: true},
  adamw: {name: 'adamw'},
  lamb: {name: 'lamb'},
};
const SLOTS = ['momentum', 'mean', 'square'];

/** Values and states of weights of these sizes after a step, each with a rate and a decay of its own; the second does not decay. */
export function updated(config: OptimizerConfig, sizes: readonly number[]): Float32Array[] {
  const rule = optimizerRule(config);
  const weights = sizes.map((size, i) => {
    const [value, gradient, ...slots] = [1, 2, 3, 4, 5].map((seed) =>
      tf.tensor1d(valuesOf([size], seed + 5 * i).map((x) => (seed > 2 ? Math.abs(x) : x))),
    ) as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
    const state = Object.fromEntries(rule.slots.map((slot) => [slot, slots[SLOTS.indexOf(slot)]!]));
    const weightDecay = i === 1 ? 0 : 0.03 * (i + 1);
    return {value, gradient, state, gradientFactor: 0.7, learningRate: 0.1 / (i + 1), weightDecay};
  });
  const results = tf.tidy(() => rule.update(weights, 4));
  const tensors = results.flatMap(({value, state}) => [value, ...Object.values(state)]);
  const arrays = tensors.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose([weights, tensors] as tf.TensorContainer);
  return arrays;
}

/** Runs without the kernels of the package: of stock ops. */
function composed<T>(backend: string, configs: readonly tf.KernelConfig[], run: () => T): T {
  for (const name of KERNEL_NAMES)
    if (tf.getKernel(name, backend) != null) tf.unregisterKernel(name, backend);
  try {
    return run();
  } finally {
    registerKernels(configs);
  }
}

/** How far values may be off those of stock ops: not at all but for LAMB's, whose norms are summed in another order. */
function boundOf(name: string, result: number, expected: Float32Array): number {
  // A step keeps a tenth of it.
  return name === 'lamb' && result % 3 === 0 ? 2 ** -22 * Math.max(0, ...expected.map(Math.abs)) : 0;
}

/** The kernels of a backend, which is the one in use, take a step of weights of these sizes, all at once, as stock ops do. */
export function expectAsStockOps(
  name: string,
  backend: string,
  configs: readonly tf.KernelConfig[],
  sizes: readonly number[],
): void {
  const ours = updated(RULES[name]!, sizes);
  const expected = composed(backend, configs, () => updated(RULES[name]!, sizes));
  expect(ours.length).toBe(expected.length);
  ours.forEach((values, i) => {
    expect(values.length).toBe(expected[i]!.length);
    const off = values.map((value, k) => Math.abs(value - expected[i]![k]!));
    expect(Math.max(0, ...off), `result ${i} of ${values.length} values`).toBeLessThanOrEqual(
      boundOf(name, i, expected[i]!),
    );
  });
}
