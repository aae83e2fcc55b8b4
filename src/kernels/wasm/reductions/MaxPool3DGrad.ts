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
  // A number for each output value fits where a float32 would.
  const tensor = runtime.makeOutput(info.outputShape);
  const taps = runtime.addressOf(tensor);
  try {
    const find = input.dtype === 'int32' ? 'maxPoolTapsOfWholes' : 'maxPoolTaps';
    runPool(runtime, find, info, {x: runtime.addressOf(input), taps});
    runPool(runtime, 'maxPoolGradient', info, {y: runtime.addressOf(dy), dx: runtime.addressOf(dx), taps});
  } finally {
    runtime.dispose(tensor);
  }
  return dx;
});

export const maxPool3DGradConfig: KernelConfig = takingWholes(ofNumbers, ['input']);
