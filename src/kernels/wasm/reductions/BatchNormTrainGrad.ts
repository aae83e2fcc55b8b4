/**
 * Gradients of batch normalization by the statistics of the batch, on the wasm backend: one pass for the sums of each
 * channel, one for dx. The formulas are those of src/ops/compose/batch_norm.ts.
 */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {BatchNormTrainGrad, type BatchNormTrainGradInputs, epsilonOf} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runNorm} from './norm_call';

function backprop(
  runtime: WasmRuntime,
  {dy, x, gamma, mean, variance}: BatchNormTrainGradInputs,
  epsilon: number,
): TensorInfo[] {
  const [rows, channels] = x.shape as [number, number];
  const [dx, dgamma, dbeta] = [x.shape, gamma.shape, gamma.shape].map((shape) =>
    runtime.makeOutput(shape),
  ) as [TensorInfo, TensorInfo, TensorInfo];
  runtime.write(dgamma, 0);
  runtime.write(dbeta, 0);
  runNorm(runtime, 'normSums', [rows, channels], {x, dy, mean, sums: dbeta, products: dgamma});
  const [sums, products, scales, variances] = [dbeta, dgamma, gamma, variance].map((tensor) =>
    runtime.read(tensor),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const inverse = Float64Array.from(variances, (value) => 1 / Math.sqrt(value + epsilon));
  const gradient = Float32Array.from(scales, (scale, i) => scale * inverse[i]!);
  const deviation = gradient.map((factor, i) => (-factor * inverse[i]! ** 2 * products[i]!) / rows);
  const shift = gradient.map((factor, i) => (-factor * sums[i]!) / rows);
  runtime.write(
    dgamma,
    products.map((product, i) => product * inverse[i]!),
  );
  runNorm(runtime, 'normBackprop', [rows, channels], {x, dy, to: dx, mean}, {gradient, deviation, shift});
  return [dx, dgamma, dbeta];
}

export const batchNormTrainGradConfig: KernelConfig = wasmKernel(
  BatchNormTrainGrad,
  ({inputs, attrs}, runtime) => backprop(runtime, inputs as BatchNormTrainGradInputs, epsilonOf(attrs)),
);
