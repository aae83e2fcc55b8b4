/** Batch normalization by the statistics of the batch, on the wasm backend: two passes over x, one over y, which may be activated. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  ACTIVATES,
  BatchNormTrain,
  type BatchNormTrainAttrs,
  type BatchNormTrainInputs,
} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runNorm} from './norm_call';

function normalize(
  runtime: WasmRuntime,
  {x, gamma, beta}: BatchNormTrainInputs,
  {epsilon, activation}: BatchNormTrainAttrs,
): TensorInfo[] {
  const [rows, channels] = x.shape as [number, number];
  const [y, mean, variance] = [x.shape, gamma.shape, gamma.shape].map((shape) =>
    runtime.makeOutput(shape),
  ) as [TensorInfo, TensorInfo, TensorInfo];
  runtime.write(variance, 0);
  runtime.write(mean, 0);
  runNorm(runtime, 'normStatistics', [rows, channels], {x, sums: mean, products: variance});
  const scale = runtime.read(gamma);
  const deviation = runtime.read(variance).map((value, i) => scale[i]! / Math.sqrt(value + epsilon));
  const shift = runtime.read(beta);
  runNorm(runtime, 'normScale', [rows, channels], {x, to: y, mean}, {deviation, shift}, activation);
  return [y, mean, variance];
}

export const batchNormTrainConfig: KernelConfig & {[ACTIVATES]: true} = {
  ...wasmKernel(BatchNormTrain, ({inputs, attrs}, runtime) =>
    normalize(runtime, inputs as BatchNormTrainInputs, attrs as BatchNormTrainAttrs),
  ),
  [ACTIVATES]: true,
};
