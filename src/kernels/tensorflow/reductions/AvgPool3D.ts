/** `tf.avgPool3d` on the tensorflow backend, with any padding: means of the inputs inside the window. */
import * as tf from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {tensorFlowOf} from '../backend';
import {avgPool} from './pool_ops';

export const avgPool3DConfig: tf.KernelConfig = takingWholes({
  kernelName: tf.AvgPool3D,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {x} = inputs as Given<tf.AvgPool3DInputs>;
    const info = poolInfo(x.shape, poolAttrsOf(attrs));
    return tf.tidy(() => avgPool(tensorFlowOf(backend), x as tf.Tensor5D, info));
  },
});
