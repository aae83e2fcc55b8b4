/** The activation swish in training, on the wasm backend: one pass for its result and its sigmoid. Stock ops make two, on one thread. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {SwishTrain, type SwishTrainInputs} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runElementwise} from './elementwise_call';

export const swishTrainConfig: KernelConfig = wasmKernel(SwishTrain, ({inputs}, runtime) => {
  const {x} = inputs as SwishTrainInputs;
  const s = runtime.makeOutput(x.shape);
  return [runElementwise(runtime, 'swish', x, {sigmoid: s}), s];
});
