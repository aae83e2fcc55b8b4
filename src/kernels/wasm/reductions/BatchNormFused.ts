/** Batch normalization in training with what is behind it, a sum or swish, on the wasm backend. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {
  BatchNormFused,
  type BatchNormFusedAttrs,
  type BatchNormFusedInputs,
} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {normalize} from './norm_call';

export const batchNormFusedConfig: KernelConfig = wasmKernel(BatchNormFused, ({inputs, attrs}, runtime) =>
  normalize(runtime, inputs as BatchNormFusedInputs, attrs as BatchNormFusedAttrs),
);
