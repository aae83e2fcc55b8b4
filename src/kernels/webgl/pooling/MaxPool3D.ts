/** `tf.maxPool3d` on the webgl backend, with the windows of TensorFlow. A NaN is passed over; int32 and bool stay what they are. */
import type {MathBackendWebGL} from '@tensorflow/tfjs-backend-webgl';
import {type KernelConfig, MaxPool3D, type MaxPool3DInputs, type TensorInfo} from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {type Given, poolAttrsOf} from '../../stock_kernels';
import {runPooling} from './pool_programs';

export const maxPool3DConfig: KernelConfig = {
  kernelName: MaxPool3D,
  backendName: 'webgl',
  kernelFunc: ({inputs, attrs, backend}): TensorInfo => {
    const {x} = inputs as Given<MaxPool3DInputs>;
    return runPooling(
      backend as MathBackendWebGL,
      'max',
      poolInfo(x.shape, poolAttrsOf(attrs)),
      [x],
      x.dtype,
    );
  },
};
