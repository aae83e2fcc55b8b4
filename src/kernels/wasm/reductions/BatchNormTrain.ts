/** Batch normalization by the statistics of the batch, on the wasm backend: one pass over x for these, one for y, which may be activated. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {
  ACTIVATES,
  BatchNormTrain,
  type BatchNormTrainAttrs,
  type BatchNormTrainInputs,
} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {normalize} from './norm_call';

export const batchNormTrainConfig: KernelConfig & {[ACTIVATES]: true} = {
  ...wasmKernel(BatchNormTrain, ({inputs, attrs}, runtime) =>
    normalize(runtime, inputs as BatchNormTrainInputs, attrs as BatchNormTrainAttrs),
  ),
  [ACTIVATES]: true,
};
