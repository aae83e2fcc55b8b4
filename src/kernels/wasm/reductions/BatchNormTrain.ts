/** Batch normalization by the statistics of the batch, on the wasm backend: two passes over x, one over y. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {BatchNormTrain, type BatchNormTrainInputs, epsilonOf} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmHost} from '../runtime/wasm_runtime';
import {runNorm} from './norm_call';

function normalize(host: WasmHost, {x, gamma, beta}: BatchNormTrainInputs, epsilon: number): TensorInfo[] {
  const [rows, channels] = x.shape as [number, number];
  const [y, mean, variance] = [x.shape, gamma.shape, gamma.shape].map((shape) => host.makeOutput(shape)) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
  host.write(variance, 0);
  host.write(mean, 0);
  runNorm(host, 'normStatistics', [rows, channels], {x, sums: mean, products: variance});
  const scale = host.read(gamma);
  const deviation = host.read(variance).map((value, i) => scale[i]! / Math.sqrt(value + epsilon));
  const shift = host.read(beta);
  runNorm(host, 'normScale', [rows, channels], {x, to: y, mean}, {deviation, shift});
  return [y, mean, variance];
}

export const batchNormTrainConfig: KernelConfig = wasmKernel(BatchNormTrain, ({inputs, attrs}, host) =>
  normalize(host, inputs as BatchNormTrainInputs, epsilonOf(attrs)),
);
