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
  const to = runtime.makeOutput(x.shape);
  const dgamma = runtime.makeOutput(gamma.shape);
  const dbeta = runtime.makeOutput(gamma.shape);
  const tensors = {x, dy, gamma, ...(beta && {beta}), mean, variance, to, dgamma, dbeta};
  runNorm(runtime, 'backward', tensors, {epsilon, activation});
  return [to, dgamma, dbeta];
}

export const batchNormTrainGradConfig: KernelConfig & {[ACTIVATES]: true} = {
  ...wasmKernel(BatchNormTrainGrad, ({inputs, attrs}, runtime) =>
    backprop(runtime, inputs as BatchNormTrainGradInputs, attrs as BatchNormTrainAttrs),
  ),
  [ACTIVATES]: true,
};
