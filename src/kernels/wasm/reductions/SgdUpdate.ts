/** A step of stochastic gradient descent on the wasm backend, in one pass. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {SgdUpdate, type SgdUpdateAttrs, type SgdUpdateInputs} from '../../../geometry/update_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runUpdate} from './update_call';

function update(
  runtime: WasmRuntime,
  {value, gradient, momentum}: SgdUpdateInputs,
  {gradientFactor, weightDecay, learningRate, momentumFactor, nesterov}: SgdUpdateAttrs,
): TensorInfo[] {
  const factors = [gradientFactor, weightDecay, learningRate, momentumFactor, nesterov ? 1 : 0];
  const to = runtime.makeOutput(value.shape);
  // Not given is undefined or null.
  if (momentum == null) {
    runUpdate(runtime, 'sgdUpdate', {value, gradient, to}, factors);
    return [to];
  }
  const toMean = runtime.makeOutput(value.shape);
  runUpdate(runtime, 'sgdUpdate', {value, gradient, mean: momentum, to, toMean}, factors);
  return [to, toMean];
}

export const sgdUpdateConfig: KernelConfig = wasmKernel(SgdUpdate, ({inputs, attrs}, runtime) =>
  update(runtime, inputs as SgdUpdateInputs, attrs as SgdUpdateAttrs),
);
