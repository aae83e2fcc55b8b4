/**
 * The gradient of `tf.maxPool3d` on the webgpu backend: all of it to the largest input, of equal ones the last. Which one that is
 * is found first, once for each output.
 */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {
  type KernelConfig,
  MaxPool3DGrad,
  type MaxPool3DGradInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, onFloats, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

export const maxPool3DGradConfig: KernelConfig = {
  kernelName: MaxPool3DGrad,
  backendName: 'webgpu',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, input} = inputs as Given<MaxPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(MaxPool3DGrad, 'dy', dy, info.outputShape);
    const webgpu = backend as WebGPUBackend;
    return onFloats(MaxPool3DGrad, {dy, input}, (floats) => {
      const which = runPooling(webgpu, 'which', info, [floats.input]);
      const dx = runPooling(webgpu, 'maxGradient', info, [floats.dy, which]);
      webgpu.disposeData(which.dataId);
      return dx;
    });
  },
};
