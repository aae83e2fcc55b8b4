/** `tf.avgPool3d` on the cpu backend, with the windows of TensorFlow: means of the inputs inside the window. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {AvgPool3D, type AvgPool3DInputs, type KernelConfig, type TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import {poolInfo} from '../pool_info';
import {type Given, poolAttrsOf} from '../stock_kernels';
import {roundedTensor, valuesOf} from './each_tap';
import {forEachInput, inputCounts} from './each_window';

export const avgPool3DConfig: KernelConfig = {
  kernelName: AvgPool3D,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<AvgPool3DInputs>;
    const info = poolInfo(x.shape, poolAttrsOf(attrs));
    const cpu = backend as MathBackendCPU;
    const values = valuesOf(cpu, x);
    const channels = info.inputShape[4];
    const sums = new Float64Array(sizeOf(info.outputShape));
    forEachInput(info, (output, input) => {
      for (let c = 0; c < channels; c++) sums[output + c]! += values[input + c]!;
    });
    const counts = inputCounts(info);
    const means = sums.map((sum, i) => sum / Math.max(1, counts[Math.floor(i / channels)]!));
    return roundedTensor(cpu, info.outputShape, means);
  },
};
