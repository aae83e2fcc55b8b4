/** `tf.maxPool3d` on the webgpu backend, with the windows of TensorFlow. A NaN is passed over; int32 and bool are the host's. */
import type {WebGPUBackend} from '@tensorflow/tfjs-backend-webgpu';
import {MaxPool3D, type MaxPool3DInputs, type TensorInfo} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import type {StockReplacement} from '../../registry';
import {type Given, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

export const maxPool3DConfig: StockReplacement = {
  kernelName: MaxPool3D,
  backendName: 'webgpu',
  takes: ({inputs}) => (inputs as Given<MaxPool3DInputs>).x.dtype === 'float32',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<MaxPool3DInputs>;
    return runPooling(backend as WebGPUBackend, 'max', poolInfo(x.shape, poolAttrsOf(attrs)), [x]);
  },
};
