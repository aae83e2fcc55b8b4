/** The gradient of swish on the wasm backend, in one pass; stock ops make four. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {SwishTrainGrad, type SwishTrainGradInputs} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runElementwise} from './elementwise_call';

export const swishTrainGradConfig: KernelConfig = wasmKernel(SwishTrainGrad, ({inputs}, runtime) => {
  const {dy, y, s} = inputs as SwishTrainGradInputs;
  return runElementwise(runtime, 'swishGradient', dy, {other: y, sigmoid: s});
});
