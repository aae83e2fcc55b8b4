/**
 * Transposed 3D convolution as Keras' Conv3DTranspose computes it: the gradient of a convolution by its input, with
 * Keras' lengths. For layers.conv3dTranspose; not part of the public API, which has the host's `tf.conv3dTranspose`.
 */
import {add, reshape, type Tensor1D, type Tensor5D} from '@tensorflow/tfjs-core';
import {IndirectConv3DBackpropInput} from '../geometry/kernel_names';
import {conv3dTransposeInfo, type TransposedOptions} from '../geometry/transposed_info';
import {runKernel} from './run_kernel';

/** x `[batch, time, height, width, channels]` by a filter `[kt, kh, kw, filters, channels]`, with gradients. */
export function conv3dTranspose(
  x: Tensor5D,
  filter: Tensor5D,
  options: TransposedOptions,
  bias?: Tensor1D,
): Tensor5D {
  const info = conv3dTransposeInfo(x.shape, filter.shape, options);
  const y = runKernel(IndirectConv3DBackpropInput, {dy: x, filter}, info) as Tensor5D;
  // A sum of rank 5 with rank 1 is an invalid shader of the host on webgpu (4.22).
  return bias === undefined ? y : reshape(add(reshape(y, [-1, bias.size]), bias), y.shape);
}
