/** The gradients of gated clips on the wasm backend, with that of a swish behind the gate: one pass for both. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {GateGrad, type GateGradInputs} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runChannelwiseGradients} from './channelwise_call';

export const gateGradConfig: KernelConfig = wasmKernel(GateGrad, ({inputs}, runtime) => {
  const {dy, x, gate, s} = inputs as GateGradInputs;
  return runChannelwiseGradients(runtime, {dy, x, values: gate, sigmoid: s});
});
