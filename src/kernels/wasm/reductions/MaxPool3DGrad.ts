/** The gradient of `tf.maxPool3d` on the wasm backend. Of equal largest values the last has it, as on the cpu backend. */
import {type KernelConfig, MaxPool3DGrad, type MaxPool3DGradInputs} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runPool} from './pool_call';

const ofNumbers = wasmKernel(MaxPool3DGrad, ({inputs, attrs}, runtime) => {
  const {dy, input} = inputs as Given<MaxPool3DGradInputs>;
  const info = poolInfo(input.shape, poolAttrsOf(attrs));
  checkShape(MaxPool3DGrad, 'dy', dy, info.outputShape);
  const dx = runtime.makeOutput(info.inputShape);
  const run = input.dtype === 'int32' ? 'maxPoolGradientOfWholes' : 'maxPoolGradient';
  const [x, y] = [runtime.addressOf(input), runtime.addressOf(dy)];
  runPool(runtime, run, info, {x, y, dx: runtime.addressOf(dx)});
  return dx;
});

export const maxPool3DGradConfig: KernelConfig = takingWholes(ofNumbers, ['input']);
