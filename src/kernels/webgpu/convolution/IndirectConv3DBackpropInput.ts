/** Gradient of the indirect convolution by its input, on the webgpu backend: the product with its rules read backward. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../../geometry/kernel_names';
import {productOf} from '../../../geometry/products';
import {KeptPlans} from '../../kept_plans';
import {planProduct, runProduct} from './run_product';

const plans = new KeptPlans((info) =>
  planProduct(productOf(info, 'backward'), {bias: false, residual: false}),
);

export const indirectConv3DBackpropInputConfig: KernelConfig = {
  kernelName: IndirectConv3DBackpropInput,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, filter} = inputs as IndirectConv3DBackpropInputInputs;
    const plan = plans.of(convInfoOf(attrs));
    return runProduct(backend as WebGPUBackend, plan, {source: dy, weights: filter});
  },
};
