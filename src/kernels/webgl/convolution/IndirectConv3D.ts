/** Indirect convolution on the webgl backend: one program for all its parts. */
import {
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
} from '../../../geometry/kernel_names';
import {productOf} from '../../../geometry/products';
import {KeptPlans} from '../../kept_plans';
import {webglKernel} from '../webgl_kernel';
import {planProduct, runProduct} from './run_product';

const plans = new KeptPlans((info, variant) =>
  planProduct(productOf(info, 'forward'), {bias: variant % 2 === 1, residual: variant >= 2}),
);

export const indirectConv3DConfig = webglKernel(IndirectConv3D, ({inputs, attrs}, backend) => {
  const {x, filter, bias, residual} = inputs as IndirectConv3DInputs;
  const variant = (bias === undefined ? 0 : 1) + (residual === undefined ? 0 : 2);
  const operands = {source: x, weights: filter, bias, residual};
  const plan = plans.of(convInfoOf(attrs), variant);
  return runProduct(backend, plan, operands, activationOf(attrs));
});
