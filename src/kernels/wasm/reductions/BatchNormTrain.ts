/** Batch normalization by the statistics of the batch, on the wasm backend: two passes over x, one over y. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {BatchNormTrain, type BatchNormTrainInputs, epsilonOf} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runNorm} from './norm_call';

function normalize(
  runtime: WasmRuntime,
  {x, gamma, beta}: BatchNormTrainInputs,
  epsilon: number,
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
  runNorm(runtime, 'normScale', [rows, channels], {x, to: y, mean}, {deviation, shift});
  return [y, mean, variance];
}

export const batchNormTrainConfig: KernelConfig = wasmKernel(BatchNormTrain, ({inputs, attrs}, runtime) =>
  normalize(runtime, inputs as BatchNormTrainInputs, epsilonOf(attrs)),
);
