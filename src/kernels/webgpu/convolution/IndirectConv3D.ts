/** Indirect convolution on the webgpu backend: one program for all its parts. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {
  activationOf,
  type BeginRecycling,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
  RECYCLER,
} from '../../../geometry/kernel_names';
import {productOf} from '../../../geometry/products';
import {KeptPlans} from '../../kept_plans';
import {beginRecycling} from '../recycling';
import {planProduct, runProduct} from './run_product';

const plans = new KeptPlans((info, variant) =>
  planProduct(productOf(info, 'forward'), {bias: variant % 2 === 1, residual: variant >= 2}),
);

export const indirectConv3DConfig: KernelConfig & {[RECYCLER]: BeginRecycling} = {
  kernelName: IndirectConv3D,
  backendName: 'webgpu',
  [RECYCLER]: beginRecycling,
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x, filter, bias, residual} = inputs as IndirectConv3DInputs;
    const variant = (bias === undefined ? 0 : 1) + (residual === undefined ? 0 : 2);
    const operands = {source: x, weights: filter, bias, residual};
    const plan = plans.of(convInfoOf(attrs), variant);
    return runProduct(backend as WebGPUBackend, plan, operands, activationOf(attrs));
  },
};
