/** `tf.maxPool3d` on the tensorflow backend, with any padding, in the place of the host's kernel. The result has the type of the input. */
import * as tf from '@tensorflow/tfjs-core';
import {poolInfo} from '../../pool_info';
import {type Given, poolAttrsOf} from '../../stock_kernels';
import {tensorFlowOf} from '../backend';
import {maxPool} from './pool_ops';

export const maxPool3DConfig: tf.KernelConfig = {
  kernelName: tf.MaxPool3D,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {x} = inputs as Given<tf.MaxPool3DInputs>;
    const info = poolInfo(x.shape, poolAttrsOf(attrs));
    // The host hands a kernel tensors, though it types them as TensorInfo.
    const given = x as tf.Tensor;
    return tf.tidy(() => {
      const numbers = given.dtype === 'bool' ? tf.cast(given, 'int32') : given;
      const y = maxPool(tensorFlowOf(backend), numbers, info);
      if (given.dtype === 'bool') return tf.cast(y, 'bool');
      // A window of single positions changes nothing, and a kernel returns a tensor of its own.
      return y.dataId === given.dataId ? tf.clone(y) : y;
    });
  },
};
