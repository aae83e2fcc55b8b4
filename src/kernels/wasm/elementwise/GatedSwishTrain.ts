/** The swish of gated clips in training, on the wasm backend: one pass for its result and its sigmoid. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {GatedSwishTrain, type GatedSwishTrainInputs} from '../../../geometry/kernel_names';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runChannelwise} from './channelwise_call';

export const gatedSwishTrainConfig: KernelConfig = wasmKernel(GatedSwishTrain, ({inputs}, runtime) => {
  const {x, gate} = inputs as GatedSwishTrainInputs;
  const s = runtime.makeOutput(x.shape);
  return [runChannelwise(runtime, 'swishOfProduct', {x, values: gate, sigmoid: s}), s];
});
