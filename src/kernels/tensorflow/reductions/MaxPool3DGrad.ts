/** The gradient of `tf.maxPool3d` on the tensorflow backend. Of equal largest values the first has it; the host gives it to each. */
import * as tf from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {checkShape, type Given, poolAttrsOf, takingWholes} from '../../stock_kernels';
import {isEmpty, tensorFlowOf} from '../backend';
import {maxPoolBack} from './pool_ops';

export const maxPool3DGradConfig: tf.KernelConfig = takingWholes({
  kernelName: tf.MaxPool3DGrad,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {dy, input} = inputs as Given<tf.MaxPool3DGradInputs>;
    const info = poolInfo(input.shape, poolAttrsOf(attrs));
    checkShape(tf.MaxPool3DGrad, 'dy', dy, info.outputShape);
    if (isEmpty(dy as tf.Tensor)) return tf.zeros(info.inputShape);
    return tf.tidy(() => {
      const dx = maxPoolBack(tensorFlowOf(backend), input as tf.Tensor, dy as tf.Tensor, info);
      return dx.dataId === dy.dataId ? tf.clone(dx) : dx;
    });
  },
});
