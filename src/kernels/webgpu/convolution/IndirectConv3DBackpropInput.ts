/** Gradient of the indirect convolution by its input, on the webgpu backend: the product with its rules read backward. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../../geometry/kernel_names';
import {productOf} from './product';
import {runProduct} from './run_product';

export const indirectConv3DBackpropInputConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropInput,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, filter} = inputs as IndirectConv3DBackpropInputInputs;
    const product = productOf(convInfoOf(attrs), 'backward');
    return runProduct(backend as WebGPUBackend, product, {source: dy, weights: filter});
  },
};
