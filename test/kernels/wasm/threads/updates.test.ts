/**
 * The kernels of optimizers on wasm: bit for bit what stock ops make of the same rule, norms of LAMB's aside; the same bits on every
 * number of threads; norms against float64.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it, vi} from 'vitest';
import {SgdUpdate} from '../../../../src/geometry/update_kernels';
import {kernelConfigs} from '../../../../src/kernels/wasm';
import {runUpdateKernel} from '../../../../src/ops/update_kernels';
import {traceKernels} from '../../../../src/train/loop/traced/kernel_trace';
import {globalNorm} from '../../../../src/train/optimization/optimizers/clip';
import {optimizerRule, type Updated} from '../../../../src/train/optimization/optimizers/rules';
import {expectAsStockOps, RULES, updated} from '../../update_cases';
import {valuesOf} from '../wasm_host';
import {liveRuntime, startBehindWorkers, startThreads} from './start_threads';

/** Chunks are of 1024 values; vectors of 4. */
const SIZES = [1, 7, 0, 1024, 5003, 1025];

beforeAll(() => startThreads(2));

it.each(Object.keys(RULES))('%s is what stock ops make of it', (name) =>
  expectAsStockOps(name, 'wasm', kernelConfigs, SIZES),
);

it('LAMB moves a weight of zeros, whose norm says nothing, as far as its direction', () => {
  const [zeros, ones] = [tf.zeros([7]), tf.ones([7])];
  const args = {
    ...{value: zeros, gradient: ones, state: {mean: zeros, square: zeros}},
    ...{gradientFactor: 1, learningRate: 0.25, weightDecay: 0},
  };
  const [{value}] = tf.tidy(() => optimizerRule({name: 'lamb'}).update([args], 1)) as [Updated];
  // The first direction of Adam is the gradient over its own size.
  for (const one of value.dataSync()) expect(one).toBeCloseTo(-0.25, 5);
});

it('gives the same bits on 1 and 3 threads', async () => {
  const everything = () => {
    const tensors = SIZES.map((size) => tf.tensor1d(valuesOf([size], size)));
    const norm = tf.tidy(() => globalNorm(tensors).dataSync());
    tf.dispose(tensors);
    return [norm, ...Object.values(RULES).flatMap((rule) => updated(rule, [20_011, ...SIZES]))];
  };
  await liveRuntime().setThreads(1);
  const expected = everything();
  await startBehindWorkers(liveRuntime(), 3);
  expect(everything()).toEqual(expected);
});

it.each([1, 3])(
  'steps of gradient descent in a recording are those steps, on %i threads',
  async (threads) => {
    await liveRuntime().setThreads(threads, 0);
    const weights = SIZES.map((_, i) => ({gradientFactor: 0.5, weightDecay: 0.1 * i, learningRate: 0.2}));
    const attrs = {weights, momentumFactor: 0.9, nesterov: false, overwrites: false};
    const step = (values: tf.Tensor[], gradients: readonly tf.Tensor[], momenta: tf.Tensor[]) => {
      const inputs = values.flatMap((value, i) => [value, gradients[i]!, momenta[i]!]);
      const made = runUpdateKernel(SgdUpdate, inputs, attrs)!;
      return [0, 1].map((result) => made.filter((_, i) => i % 2 === result)) as [tf.Tensor[], tf.Tensor[]];
    };
    const tensors = (seed: number) => SIZES.map((size) => tf.tensor1d(valuesOf([size], seed)));
    const given = (seed: number) => [tensors(seed), tensors(seed + 1), tensors(seed + 2)] as const;
    const twice = ([values, gradients, momenta]: ReturnType<typeof given>) => {
      const [moved, momentum] = step(values, gradients, momenta);
      return step(moved, gradients, momentum).flat();
    };
    const [first, other] = [given(1), given(4)];
    const {result, program} = traceKernels(
      first.flat(),
      () => tf.tidy(() => twice(first)),
      (made) => made,
    );
    tf.dispose(program!.run(first.flat()));
    const run = vi.spyOn(liveRuntime(), 'run');
    const again = program!.run(other.flat());
    // Both as one.
    expect(run).toHaveBeenCalledTimes(1);
    run.mockRestore();
    const expected = tf.tidy(() => twice(other));
    expect(again.map((tensor) => tensor.dataSync())).toEqual(expected.map((tensor) => tensor.dataSync()));
    program!.dispose();
    tf.dispose([...first.flat(), ...other.flat(), ...result, ...again, ...expected]);
  },
);

it('sums the norm as float64 does', () => {
  const values = SIZES.map((size) => valuesOf([size], size));
  const expected = Math.sqrt(values.flatMap((one) => [...one]).reduce((sum, x) => sum + x * x, 0));
  const [found] = tf.tidy(() => globalNorm(values.map((one) => tf.tensor1d(one))).dataSync());
  // Chunks are sums of 8 lanes, 128 terms each and 8 after that; errors of squares count half in the root.
  expect(Math.abs(found! - expected)).toBeLessThan(expected * 70 * 2 ** -24);
});
