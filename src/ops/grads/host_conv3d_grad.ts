/**
 * Gradients of the host's own 3D convolutions where it has none: of `tf.conv3dTranspose`, which is a kernel that the
 * host uses as a gradient alone, of the gradient by the filter, and of `tf.conv3d` with dilation. They are kernels of
 * ours, which differentiate further. What the host can differentiate stays its own.
 */
import * as tf from '@tensorflow/tfjs-core';
import {conv3dInfo} from '../conv_info';
import {IndirectConv3D, IndirectConv3DBackpropFilter, IndirectConv3DBackpropInput} from '../kernel_names';
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

/** On a gradient of Conv3D that knows dilation: both builds of the package may be loaded. */
const DILATED = Symbol.for('tfjs-sts.dilated');

/** Of `Conv3D`: that of the host, and with dilation, which it refuses, ours. */
function convolutionGradient(stock: tf.GradConfig): tf.GradConfig {
  const gradFunc: tf.GradFunc = (dyOrMany, saved, attrs) => {
    const {strides, pad, dilations} = attrs as unknown as tf.Conv3DAttrs;
    if ([dilations].flat().every((dilation) => dilation === 1)) return stock.gradFunc(dyOrMany, saved, attrs);
    const [dy, x, filter] = [dyOrMany, ...saved] as [tf.Tensor, tf.Tensor, tf.Tensor];
    const info = conv3dInfo(x.shape, filter.shape, {strides, pad, dilations});
    return {
      x: () => runKernel(IndirectConv3DBackpropInput, {dy, filter}, info),
      filter: () => runKernel(IndirectConv3DBackpropFilter, {x, dy}, info),
    };
  };
  return Object.assign({...stock, gradFunc}, {[DILATED]: true});
}

export const hostConvolutionGradients: readonly tf.GradConfig[] = [
  backpropInputGradient,
  backpropFilterGradient,
];

/** Puts the gradient of Conv3D in the place of the host's, once. */
export function extendConvolutionGradient(): void {
  const stock = tf.getGradient(tf.Conv3D);
  if (stock == null || DILATED in stock) return;
  tf.unregisterGradient(tf.Conv3D);
  tf.registerGradient(convolutionGradient(stock));
}
