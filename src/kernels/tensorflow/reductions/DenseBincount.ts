/** `tf.denseBincount`, which the host's tensorflow backend lacks, by TensorFlow's op of that name: `layers.colorHistogram` counts with it. */
import * as tf from '@tensorflow/tfjs-core';
import {tensorFlowOf, typeAttribute} from '../backend';

export const denseBincountConfig: tf.KernelConfig = {
  kernelName: tf.DenseBincount,
  backendName: 'tensorflow',
  kernelFunc: ({inputs, attrs, backend}) => {
    const {x, weights} = inputs as Record<string, tf.Tensor>;
    const {size, binaryOutput} = attrs as unknown as tf.DenseBincountAttrs;
    const tensorflow = tensorFlowOf(backend);
    const how = [
      typeAttribute(tensorflow, 'Tidx', 'int32'),
      typeAttribute(tensorflow, 'T', weights!.dtype),
      {name: 'binary_output', type: tensorflow.binding.TF_ATTR_BOOL, value: binaryOutput ?? false},
    ];
    return tf.tidy(() =>
      tensorflow.executeSingleOutput('DenseBincount', how, [x!, tf.scalar(size, 'int32'), weights!]),
    );
  },
};
