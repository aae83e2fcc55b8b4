/** `tf.avgPool3d` on the webgl backend, with the windows of TensorFlow: means of the inputs inside the window. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {AvgPool3D, type AvgPool3DInputs, type KernelConfig, type TensorInfo} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {type Given, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

export const avgPool3DConfig: KernelConfig = {
  kernelName: AvgPool3D,
  backendName: 'webgl',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<AvgPool3DInputs>;
    return runPooling(backend as MathBackendWebGL, 'average', poolInfo(x.shape, poolAttrsOf(attrs)), [x]);
  },
};
