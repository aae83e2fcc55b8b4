/** Gradient of the indirect convolution by its input, on the webgl backend: the product with its rules read backward. */
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../../geometry/kernel_names';
import {productOf} from '../../../geometry/products';
import {KeptPlans} from '../../kept_plans';
import {webglKernel} from '../webgl_kernel';
import {planProduct, runProduct} from './run_product';

const plans = new KeptPlans((info) =>
  planProduct(productOf(info, 'backward'), {bias: false, residual: false}),
);

export const indirectConv3DBackpropInputConfig = webglKernel(
  IndirectConv3DBackpropInput,
  ({inputs, attrs}, backend) => {
    const {dy, filter} = inputs as IndirectConv3DBackpropInputInputs;
    const plan = plans.of(convInfoOf(attrs));
    return runProduct(backend, plan, {source: dy, weights: filter});
  },
);
