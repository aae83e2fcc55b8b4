/**
 * `tf.maxPool3d` on the wasm backend, in the place of the host's kernel, which begins at 1.2e-38 instead of -Infinity. The
 * result has the type of the input, as on the host's webgl backend.
 */
import {
  cast,
  engine,
  type KernelConfig,
  MaxPool3D,
  type MaxPool3DInputs,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {type Given, poolAttrsOf} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runPool} from './pool_call';

/** Of float32 and int32. */
const ofNumbers = wasmKernel(MaxPool3D, ({inputs, attrs}, runtime) => {
  const {x} = inputs as Given<MaxPool3DInputs>;
  const dtype = x.dtype === 'int32' ? 'int32' : 'float32';
  const info = poolInfo(x.shape, poolAttrsOf(attrs));
  const y = runtime.makeOutput(info.outputShape, dtype);
  const run = dtype === 'int32' ? 'maxPoolWholes' : 'maxPool';
  runPool(runtime, run, info, {x: runtime.addressOf(x), y: runtime.addressOf(y)});
  return y;
});

export const maxPool3DConfig: KernelConfig = {
  ...ofNumbers,
  kernelFunc: (args) => {
    const {x} = args.inputs as Given<MaxPool3DInputs>;
    if (x.dtype !== 'bool') return ofNumbers.kernelFunc(args);
    return tidy(() => {
      // The host hands a kernel tensors, though it types them as TensorInfo.
      const numbers = {x: cast(x as Tensor, 'int32')};
      return cast(engine().runKernel(MaxPool3D, numbers, args.attrs) as Tensor, 'bool');
    });
  },
};
