/** `tf.maxPool3d` on the cpu backend, with the windows of TensorFlow. A NaN is passed over, as by the host's kernel. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {type KernelConfig, MaxPool3D, type MaxPool3DInputs, type TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import {poolInfo} from '../pool_info';
import {type Given, poolAttrsOf} from '../stock_kernels';
import {valuesOf} from './taps_walk';
import {forEachInput} from './windows_walk';

export const maxPool3DConfig: KernelConfig = {
  kernelName: MaxPool3D,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<MaxPool3DInputs>;
    const info = poolInfo(x.shape, poolAttrsOf(attrs));
    const cpu = backend as MathBackendCPU;
    const values = valuesOf(cpu, x);
    const most = new Float32Array(sizeOf(info.outputShape)).fill(-Infinity);
    const channels = info.inputShape[4];
    forEachInput(info, (output, input) => {
      for (let c = 0; c < channels; c++) {
        const value = values[input + c]!;
        if (value > most[output + c]!) most[output + c] = value;
      }
    });
    return cpu.makeTensorInfo(info.outputShape, 'float32', most);
  },
};
