/** The kernels of optimizers on one weight: every rule with made-up state, for comparison with stock ops. */
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

/** Value and state of a weight of `size` values after a step. */
export function updated(config: OptimizerConfig, size: number): Float32Array[] {
  const [value, gradient, ...slots] = [1, 2, 3, 4, 5].map((seed) =>
    tf.tensor1d(valuesOf([size], seed).map((x) => (seed > 2 ? Math.abs(x) : x))),
  ) as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
  const rule = optimizerRule(config);
  const state = Object.fromEntries(rule.slots.map((slot) => [slot, slots[SLOTS.indexOf(slot)]!]));
  const args = {value, gradient, state, gradientFactor: 0.7, learningRate: 0.1, weightDecay: 0.03, step: 4};
  const result = tf.tidy(() => rule.update(args));
  const tensors = [result.value, ...Object.values(result.state)];
  const arrays = tensors.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose([value, gradient, ...slots, ...tensors]);
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

/** How far a step's results may be off those of stock ops: not at all but for LAMB's value, whose norms are summed in another order. */
function boundOf(name: string, result: number, expected: Float32Array): number {
  // A step keeps a tenth of it.
  return name === 'lamb' && result === 0 ? 2 ** -22 * Math.max(...expected.map(Math.abs)) : 0;
}

/** The kernels of a backend, which is the one in use, take a step as stock ops do, at each size of a weight. */
export function expectAsStockOps(
  name: string,
  backend: string,
  configs: readonly tf.KernelConfig[],
  sizes: readonly number[],
): void {
  for (const size of sizes) {
    const ours = updated(RULES[name]!, size);
    const expected = composed(backend, configs, () => updated(RULES[name]!, size));
    expect(ours.length).toBe(expected.length);
    ours.forEach((values, i) => {
      const off = values.map((value, k) => Math.abs(value - expected[i]![k]!));
      expect(Math.max(...off), `result ${i} of ${size} values`).toBeLessThanOrEqual(
        boundOf(name, i, expected[i]!),
      );
    });
  }
}
