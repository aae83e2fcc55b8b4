/**
 * The gradient of `tf.avgPool3d` on the cpu backend: each output's gradient, shared out among the inputs that it
 * averaged. The host's kernel divides by the size of the whole window at the borders, too.
 */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import {
  AvgPool3DGrad,
  type AvgPool3DGradInputs,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../util/shapes';
import {poolInfo} from '../pool_info';
import {checkShape, type Given, poolAttrsOf} from '../stock_kernels';
import {roundedTensor, valuesOf} from './each_tap';
import {forEachInput, inputCounts} from './each_window';

export const avgPool3DGradConfig: KernelConfig = {
  kernelName: AvgPool3DGrad,
  backendName: 'cpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, input} = inputs as Given<AvgPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(AvgPool3DGrad, 'dy', dy, info.outputShape);
    const cpu = backend as MathBackendCPU;
    const gradients = valuesOf(cpu, dy);
    const channels = info.inputShape[4];
    const counts = inputCounts(info);
    const dx = new Float64Array(sizeOf(info.inputShape));
    forEachInput(info, (output, at) => {
      const count = counts[output / channels]!;
      for (let c = 0; c < channels; c++) dx[at + c]! += gradients[output + c]! / count;
    });
    return roundedTensor(cpu, info.inputShape, dx);
  },
};
