/**
 * The gradient of `tf.maxPool3d` on the cpu backend: all of it to the input that is the largest, and to the last of
 * several equal ones, as the host's kernel has it. The host's takes the wrong input where a window is not square.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {
  type KernelConfig,
  MaxPool3DGrad,
  type MaxPool3DGradInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import {type PoolInfo, poolInfo} from '../pool_info';
import {checkShape, type Given, poolAttrsOf} from '../stock_kernels';
import {roundedTensor, valuesOf} from './each_tap';
import {forEachInput} from './each_window';

/** For each output the flat index of its largest input, or -1 where every input of its window is NaN or there is none. */
function largestInputs(x: ArrayLike<number>, info: PoolInfo): Int32Array {
  const size = sizeOf(info.outputShape);
  const found = new Int32Array(size).fill(-1);
  // In double precision, which holds all of int32.
  const most = new Float64Array(size).fill(-Infinity);
  const channels = info.inputShape[4];
  forEachInput(info, (output, input) => {
    for (let c = 0; c < channels; c++) {
      const value = x[input + c]!;
      if (!(value >= most[output + c]!)) continue;
      most[output + c] = value;
      found[output + c] = input + c;
    }
  });
  return found;
}

export const maxPool3DGradConfig: KernelConfig = {
  kernelName: MaxPool3DGrad,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, input} = inputs as Given<MaxPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(MaxPool3DGrad, 'dy', dy, info.outputShape);
    const cpu = backend as MathBackendCPU;
    const gradients = valuesOf(cpu, dy);
    const dx = new Float64Array(sizeOf(info.inputShape));
    largestInputs(valuesOf(cpu, input), info).forEach((from, output) => {
      if (from >= 0) dx[from]! += gradients[output]!;
    });
    return roundedTensor(cpu, info.inputShape, dx);
  },
};
