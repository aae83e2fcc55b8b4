/** The gradient of `tf.maxPool3d` on the wasm backend. Of equal largest values the last has it, as on the cpu backend. */
import {type KernelConfig, MaxPool3DGrad, type MaxPool3DGradInputs} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runPool} from './pool_call';

const ofNumbers = wasmKernel(MaxPool3DGrad, ({inputs, attrs}, host) => {
  const {dy, input} = inputs as Given<MaxPool3DGradInputs>;
  const info = poolInfo(input.shape, poolAttrsOf(attrs));
  checkShape(MaxPool3DGrad, 'dy', dy, info.outputShape);
  const dx = host.makeOutput(info.inputShape);
  // A number for each output value fits where a float32 would.
  const tensor = host.makeOutput(info.outputShape);
  const taps = host.addressOf(tensor);
  try {
    const find = input.dtype === 'int32' ? 'maxPoolTapsOfWholes' : 'maxPoolTaps';
    runPool(host, find, info, {x: host.addressOf(input), taps});
    runPool(host, 'maxPoolGradient', info, {y: host.addressOf(dy), dx: host.addressOf(dx), taps});
  } finally {
    host.dispose(tensor);
  }
  return dx;
});

export const maxPool3DGradConfig: KernelConfig = takingWholes(ofNumbers, ['input']);
