/**
 * `tf.maxPool3d` on the cpu backend, with the windows of TensorFlow. A NaN is passed over, as by the host's kernel. The
 * result has the type of the input, as on the host's webgl backend.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {type KernelConfig, MaxPool3D, type MaxPool3DInputs, type TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import {poolInfo} from '../pool_info';
import {type Given, poolAttrsOf} from '../stock_kernels';
import {type Values, valuesOf} from './each_tap';
import {forEachInput} from './each_window';

/** Values of the type of `x`, none of them larger than any other. */
function leastValues({dtype}: TensorInfo, size: number): Values {
  if (dtype === 'int32') return new Int32Array(size).fill(-(2 ** 31));
  return dtype === 'bool' ? new Uint8Array(size) : new Float32Array(size).fill(-Infinity);
}

export const maxPool3DConfig: KernelConfig = {
  kernelName: MaxPool3D,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<MaxPool3DInputs>;
    const info = poolInfo(x.shape, poolAttrsOf(attrs));
    const cpu = backend as MathBackendCPU;
    const values = valuesOf(cpu, x);
    const most = leastValues(x, sizeOf(info.outputShape));
    const channels = info.inputShape[4];
    forEachInput(info, (output, input) => {
      for (let c = 0; c < channels; c++) {
        const value = values[input + c]!;
        if (value > most[output + c]!) most[output + c] = value;
      }
    });
    return cpu.makeTensorInfo(info.outputShape, x.dtype, most);
  },
};
