/** A step of Adam with decoupled decay, or of LAMB, on the wasm backend: one pass; of LAMB two more for norms and one for the step. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  type AdamUpdateInputs,
  adamFactors,
  trustRatio,
} from '../../../geometry/update_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runUpdate, sumOfSquares} from './update_call';

function update(
  runtime: WasmRuntime,
  {value, gradient, mean, square}: AdamUpdateInputs,
  attrs: AdamUpdateAttrs,
): TensorInfo[] {
  const [to, toMean, toSquare] = [0, 1, 2].map(() => runtime.makeOutput(value.shape)) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
  const {beta1, beta2, epsilon, meanBias, rootBias, valueFactor, directionFactor} = adamFactors(attrs);
  const factors = [attrs.gradientFactor, beta1, beta2, 1 - beta1, 1 - beta2, meanBias, rootBias, epsilon];
  runUpdate(runtime, 'adamUpdate', {value, gradient, mean, square, to, toMean, toSquare}, [
    ...factors,
    valueFactor,
    directionFactor,
  ]);
  if (attrs.trusts) {
    const ratio = trustRatio(sumOfSquares(runtime, value), sumOfSquares(runtime, to));
    // The direction is where the result goes, value by value.
    runUpdate(runtime, 'sgdUpdate', {value, gradient: to, to}, [ratio, 0, attrs.learningRate, 0, 0]);
  }
  return [to, toMean, toSquare];
}

export const adamUpdateConfig: KernelConfig = wasmKernel(AdamUpdate, ({inputs, attrs}, runtime) =>
  update(runtime, inputs as AdamUpdateInputs, attrs as AdamUpdateAttrs),
);
