/** Batch normalization in training with what is behind it, a sum or swish, on the wasm backend. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {
  BatchNormFused,
  type BatchNormFusedAttrs,
  type BatchNormFusedInputs,
} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runNorm} from './norm_call';

export const batchNormFusedConfig: KernelConfig = wasmKernel(BatchNormFused, ({inputs, attrs}, runtime) => {
  const {x, gamma, beta, residual} = inputs as BatchNormFusedInputs;
  const settings = attrs as BatchNormFusedAttrs;
  const to = runtime.makeOutput(x.shape);
  const mean = runtime.makeOutput(gamma.shape);
  const variance = runtime.makeOutput(gamma.shape);
  const sigmoid = settings.activation === 'swish' ? runtime.makeOutput(x.shape) : undefined;
  runNorm(runtime, 'forward', {x, gamma, beta, residual, to, mean, variance, sigmoid}, settings);
  return [to, mean, variance, ...(sigmoid ? [sigmoid] : [])];
});
