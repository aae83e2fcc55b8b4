/** The gradient of `tf.avgPool3d` on the webgl backend: each output's, shared out among the inputs that it averaged. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {
  AvgPool3DGrad,
  type AvgPool3DGradInputs,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

export const avgPool3DGradConfig: KernelConfig = {
  kernelName: AvgPool3DGrad,
  backendName: 'webgl',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {dy, input} = inputs as Given<AvgPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(AvgPool3DGrad, 'dy', dy, info.outputShape);
    return runPooling(backend as MathBackendWebGL, 'averageGradient', info, [dy]);
  },
};
