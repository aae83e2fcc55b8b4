/** The gradient of `tf.avgPool3d` on the wasm backend: each output's gradient, shared out among what it averaged. */
import {AvgPool3DGrad, type AvgPool3DGradInputs, type KernelConfig} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runPool} from './pool_call';

const ofFloats = wasmKernel(AvgPool3DGrad, ({inputs, attrs}, runtime) => {
  const {dy, input} = inputs as Given<AvgPool3DGradInputs>;
  const info = poolInfo(input.shape, poolAttrsOf(attrs));
  checkShape(AvgPool3DGrad, 'dy', dy, info.outputShape);
  const dx = runtime.makeOutput(info.inputShape);
  runPool(runtime, 'averagePoolGradient', info, {y: runtime.addressOf(dy), dx: runtime.addressOf(dx)});
  return dx;
});

export const avgPool3DGradConfig: KernelConfig = takingWholes(ofFloats, ['input']);
