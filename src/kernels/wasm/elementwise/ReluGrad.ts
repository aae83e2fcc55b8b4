/** The gradient of a ReLU on the wasm backend, in one pass; stock ops make two. A NaN has the slope 0. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {ReluGrad, type ReluGradInputs} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runElementwise} from './elementwise_call';

export const reluGradConfig: KernelConfig = wasmKernel(ReluGrad, ({inputs}, runtime) => {
  const {dy, saved} = inputs as ReluGradInputs;
  return runElementwise(runtime, 'reluGradient', dy, {other: saved});
});
