/** A step of stochastic gradient descent on the wasm backend: all weights in one order, each in one pass. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {inputsByWeight, SgdUpdate, type SgdUpdateAttrs} from '../../../geometry/update_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runUpdate, UpdateResults} from './update_call';

export const sgdUpdateConfig: KernelConfig = wasmKernel(SgdUpdate, ({inputs, attrs}, runtime) => {
  const {weights, momentumFactor, nesterov, overwrites} = attrs as SgdUpdateAttrs;
  const given = inputsByWeight(inputs, weights);
  const results = new UpdateResults(runtime, given, overwrites);
  const updates = given.map(([value, gradient, momentum], i) => {
    const step = weights[i]!;
    // Written out: V8 before 12 takes many times as long to spread several objects into one, and there are hundreds.
    return {
      value: value!,
      gradient: gradient!,
      mean: momentum,
      to: results.of(value!),
      toMean: momentum && results.of(momentum),
      gradientFactor: step.gradientFactor,
      valueFactor: step.weightDecay,
      directionFactor: step.learningRate,
    };
  });
  runUpdate(runtime, 'sgdUpdate', updates, [momentumFactor, nesterov ? 1 : 0]);
  return results.made;
});
