/**
 * A step of Adam with decoupled decay, or of LAMB, on the wasm backend: all weights in one order, each in one pass; of LAMB two more
 * orders for norms and one for the step.
 */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  adamBiases,
  adamFactors,
  inputsByWeight,
  trustRatio,
} from '../../../geometry/update_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runUpdate, sumsOfSquares, UpdateResults} from './update_call';

export const adamUpdateConfig: KernelConfig = wasmKernel(AdamUpdate, (args, runtime) => {
  const attrs = args.attrs as AdamUpdateAttrs;
  const {weights, beta1, beta2, epsilon} = attrs;
  const given = inputsByWeight(args.inputs, weights);
  // A norm of the value is wanted when a direction stands where the result goes.
  const overwrites = attrs.overwrites && !weights.some(({trusts}) => trusts);
  const results = new UpdateResults(runtime, given, overwrites);
  const updates = given.map(([value, gradient, mean, square], i) => {
    const step = weights[i]!;
    const {valueFactor, directionFactor} = adamFactors(step);
    return {
      value: value!,
      gradient: gradient!,
      mean: mean!,
      square: square!,
      to: results.of(value!),
      toMean: results.of(mean!),
      toSquare: results.of(square!),
      gradientFactor: step.gradientFactor,
      valueFactor,
      directionFactor,
    };
  });
  const {meanBias, rootBias} = adamBiases(attrs);
  const factors = [beta1, beta2, 1 - beta1, 1 - beta2, meanBias, rootBias, epsilon];
  runUpdate(runtime, 'adamUpdate', updates, factors);
  const trusting = updates.flatMap(({value, to}, i) => {
    const {trusts, learningRate} = weights[i]!;
    return trusts ? [{value, to, learningRate}] : [];
  });
  if (trusting.length > 0) {
    const ofValues = sumsOfSquares(
      runtime,
      trusting.map(({value}) => value),
    );
    const ofDirections = sumsOfSquares(
      runtime,
      trusting.map(({to}) => to),
    );
    // The direction is where the result goes, value by value.
    const steps = trusting.map(({value, to, learningRate}, i) => ({
      ...{value, gradient: to, to},
      ...{gradientFactor: trustRatio(ofValues[i]!, ofDirections[i]!), directionFactor: learningRate},
    }));
    runUpdate(runtime, 'sgdUpdate', steps, [0, 0]);
  }
  return results.made;
});
