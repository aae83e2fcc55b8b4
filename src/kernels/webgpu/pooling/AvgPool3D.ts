/** `tf.avgPool3d` on the webgpu backend, with the windows of TensorFlow: means of the inputs inside the window. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {AvgPool3D, type AvgPool3DInputs, type TensorInfo} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import type {StockReplacement} from '../../registry';
import {type Given, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

export const avgPool3DConfig: StockReplacement = {
  kernelName: AvgPool3D,
  backendName: 'webgpu',
  takes: ({inputs}) => (inputs as Given<AvgPool3DInputs>).x.dtype === 'float32',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<AvgPool3DInputs>;
    return runPooling(backend as WebGPUBackend, 'average', poolInfo(x.shape, poolAttrsOf(attrs)), [x]);
  },
};
