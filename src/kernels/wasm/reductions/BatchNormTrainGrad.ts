/**
 * Gradients of batch normalization by the statistics of the batch, on the wasm backend: one pass for the sums of each
 * channel, one for dx. The formulas are those of src/ops/compose/batch_norm.ts.
 */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  ACTIVATES,
  type BatchNormTrainAttrs,
  BatchNormTrainGrad,
  type BatchNormTrainGradInputs,
} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runNorm} from './norm_call';

function backprop(
  runtime: WasmRuntime,
  {dy, x, gamma, beta, mean, variance}: BatchNormTrainGradInputs,
  {epsilon, activation}: BatchNormTrainAttrs,
): TensorInfo[] {
  const [rows, channels] = x.shape as [number, number];
  const [dx, dgamma, dbeta] = [x.shape, gamma.shape, gamma.shape].map((shape) =>
    runtime.makeOutput(shape),
  ) as [TensorInfo, TensorInfo, TensorInfo];
  runtime.write(dgamma, 0);
  runtime.write(dbeta, 0);
  const [scales, variances] = [gamma, variance].map((tensor) => runtime.read(tensor)) as [
    Float32Array,
    Float32Array,
  ];
  // As forward, to the bit: an activation is found to be where it was.
  const scale = variances.map((value, i) => scales[i]! / Math.sqrt(value + epsilon));
  const forward = activation === 'linear' ? {} : {scale, offset: runtime.read(beta!)};
  const tensors = {x, dy, mean, sums: dbeta, products: dgamma};
  runNorm(runtime, 'normSums', [rows, channels], tensors, forward, activation);
  const [sums, products] = [dbeta, dgamma].map((tensor) => runtime.read(tensor)) as [
    Float32Array,
    Float32Array,
  ];
  const inverse = Float64Array.from(variances, (value) => 1 / Math.sqrt(value + epsilon));
  const gradient = Float32Array.from(scales, (scale, i) => scale * inverse[i]!);
  const deviation = gradient.map((factor, i) => (-factor * inverse[i]! ** 2 * products[i]!) / rows);
  const shift = gradient.map((factor, i) => (-factor * sums[i]!) / rows);
  runtime.write(
    dgamma,
    products.map((product, i) => product * inverse[i]!),
  );
  const factors = {gradient, deviation, shift, ...forward};
  runNorm(runtime, 'normBackprop', [rows, channels], {x, dy, to: dx, mean}, factors, activation);
  return [dx, dgamma, dbeta];
}

export const batchNormTrainGradConfig: KernelConfig & {[ACTIVATES]: true} = {
  ...wasmKernel(BatchNormTrainGrad, ({inputs, attrs}, runtime) =>
    backprop(runtime, inputs as BatchNormTrainGradInputs, attrs as BatchNormTrainAttrs),
  ),
  [ACTIVATES]: true,
};
