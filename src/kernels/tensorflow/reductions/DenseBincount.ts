/** `tf.denseBincount`, which the host's tensorflow backend lacks, by TensorFlow's op of that name: `layers.colorHistogram` counts with it. */
import * as tf from '@tensorflow/tfjs-core';
import {tensorFlowOf} from '../backend';

export const denseBincountConfig: tf.KernelConfig = {
  kernelName: tf.DenseBincount,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {x, weights} = inputs as Record<string, tf.Tensor>;
    const {size, binaryOutput} = attrs as unknown as tf.DenseBincountAttrs;
    const {binding, getDTypeInteger, executeSingleOutput} = tensorFlowOf(backend);
    const type = (name: string, dtype: tf.DataType) => ({
      name,
      type: binding.TF_ATTR_TYPE,
      value: getDTypeInteger.call(backend, dtype),
    });
    const how = [
      type('Tidx', 'int32'),
      type('T', weights!.dtype),
      {name: 'binary_output', type: binding.TF_ATTR_BOOL, value: binaryOutput ?? false},
    ];
    return tf.tidy(() =>
      executeSingleOutput.call(backend, 'DenseBincount', how, [x!, tf.scalar(size, 'int32'), weights!]),
    );
  },
};
