/**
 * Gradients of the host's own gradients of 3D convolution, which it has none for: of that by the input, which is
 * `tf.conv3dTranspose`, and of that by the filter. They are kernels of ours, which differentiate further.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  IndirectConv3D,
  IndirectConv3DBackpropFilter,
  IndirectConv3DBackpropInput,
} from '../../geometry/kernel_names';
import {conv3dInfo} from '../../geometry/ordinary_info';
import {runKernel} from '../run_kernel';

/** Of `Conv3DBackpropInputV2`, which is linear in dy and in the filter. */
const backpropInputGradient: tf.GradConfig = {
  kernelName: tf.Conv3DBackpropInputV2,
  inputsToSave: ['dy', 'filter'],
  gradFunc: (gradient, saved, attrs) => {
    const {inputShape, strides, pad} = attrs as unknown as tf.Conv3DBackpropInputV2Attrs;
    const [x, dy, filter] = [gradient, ...saved] as [tf.Tensor, tf.Tensor, tf.Tensor];
    const info = conv3dInfo(inputShape, filter.shape, {strides, pad});
    return {
      dy: () => runKernel(IndirectConv3D, {x, filter}, info),
      filter: () => runKernel(IndirectConv3DBackpropFilter, {x, dy}, info),
    };
  },
};

/** Of `Conv3DBackpropFilterV2`, which is linear in x and in dy. */
const backpropFilterGradient: tf.GradConfig = {
  kernelName: tf.Conv3DBackpropFilterV2,
  inputsToSave: ['x', 'dy'],
  gradFunc: (gradient, saved, attrs) => {
    const {filterShape, strides, pad} = attrs as unknown as tf.Conv3DBackpropFilterV2Attrs;
    const [filter, x, dy] = [gradient, ...saved] as [tf.Tensor, tf.Tensor, tf.Tensor];
    const info = conv3dInfo(x.shape, filterShape, {strides, pad});
    return {
      x: () => runKernel(IndirectConv3DBackpropInput, {dy, filter}, info),
      dy: () => runKernel(IndirectConv3D, {x, filter}, info),
    };
  },
};

export const hostConvolutionGradients: readonly tf.GradConfig[] = [
  backpropInputGradient,
  backpropFilterGradient,
];
