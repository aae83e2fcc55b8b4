/**
 * `tf.clone` on the wasm backend, in the place of the host's kernel, which copies: training saves a clone of nearly every
 * tensor. As on the other backends the clone shares the values, which nobody changes.
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import {Identity, type IdentityInputs, type KernelConfig} from '@tensorflow/tfjs-core';
import type {Given} from '../../stock_kernels';

export const identityConfig: KernelConfig = {
  kernelName: Identity,
  backendName: 'wasm',
  kernelFunc: ({inputs, backend}) => {
    const {x} = inputs as Given<IdentityInputs>;
    (backend as BackendWasm).incRef(x.dataId);
    return {dataId: x.dataId, shape: x.shape, dtype: x.dtype};
  },
};
