/** Batch normalization by the statistics of the batch, on the wasm backend: two passes over x, one over y. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {BatchNormTrain, type BatchNormTrainInputs, epsilonOf} from '../../ops/kernel_names';
import {wasmKernel} from './config';
import type {WasmHost} from './host';
import {channelValues, runNorm} from './norm_call';

function normalize(host: WasmHost, {x, gamma, beta}: BatchNormTrainInputs, epsilon: number): TensorInfo[] {
  const [rows, channels] = x.shape as [number, number];
  const [y, mean, variance] = [x.shape, gamma.shape, gamma.shape].map((shape) => host.makeOutput(shape)) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
  host.clear(variance, gamma.shape);
  host.clear(mean, gamma.shape);
  runNorm(host, 'normStatistics', [rows, channels], {x, sums: mean, products: variance});
  const scale = channelValues(host, gamma, channels);
  const deviation = channelValues(host, variance, channels).map(
    (value, i) => scale[i]! / Math.sqrt(value + epsilon),
  );
  const shift = channelValues(host, beta, channels).slice();
  runNorm(host, 'normScale', [rows, channels], {x, to: y, mean}, {deviation, shift});
  return [y, mean, variance];
}

export const batchNormTrainConfig: KernelConfig = wasmKernel(BatchNormTrain, ({inputs, attrs}, host) =>
  normalize(host, inputs as BatchNormTrainInputs, epsilonOf(attrs)),
);
