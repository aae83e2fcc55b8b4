/** Batch normalization by the statistics of the batch, on the wasm backend: one pass over x for these, one for y, which may be activated. */
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
  const to = runtime.makeOutput(x.shape);
  const mean = runtime.makeOutput(gamma.shape);
  const variance = runtime.makeOutput(gamma.shape);
  runNorm(runtime, 'forward', {x, gamma, beta, to, mean, variance}, {epsilon, activation});
  return [to, mean, variance];
}

export const batchNormTrainConfig: KernelConfig & {[ACTIVATES]: true} = {
  ...wasmKernel(BatchNormTrain, ({inputs, attrs}, runtime) =>
    normalize(runtime, inputs as BatchNormTrainInputs, attrs as BatchNormTrainAttrs),
  ),
  [ACTIVATES]: true,
};
