/** The gradient of `tf.avgPool3d` on the tensorflow backend. */
import * as tf from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {isEmpty, tensorFlowOf} from '../backend';
import {avgPoolBack} from './pool_ops';

export const avgPool3DGradConfig: tf.KernelConfig = takingWholes({
  kernelName: tf.AvgPool3DGrad,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {dy, input} = inputs as Given<tf.AvgPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(tf.AvgPool3DGrad, 'dy', dy, info.outputShape);
    if (isEmpty(dy as tf.Tensor)) return tf.zeros(info.inputShape);
    return tf.tidy(() => avgPoolBack(tensorFlowOf(backend), dy as tf.Tensor5D, info));
  },
});
