/** Indirect convolution on the webgpu backend: one program for all its parts. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
} from '../../../geometry/kernel_names';
import {productOf} from './product';
import {runProduct} from './run_product';

export const indirectConv3DConfig: KernelConfig = {
  kernelName: IndirectConv3D,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, filter, bias, residual} = inputs as IndirectConv3DInputs;
    const product = productOf(convInfoOf(attrs), 'forward');
    const operands = {source: x, weights: filter, bias, residual};
    return runProduct(backend as WebGPUBackend, product, operands, activationOf(attrs));
  },
};
