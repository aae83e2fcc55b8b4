/**
 * The host's own 3D convolution in a frozen model. It runs where it would run in the model itself, so that freezing
 * changes neither what is computed nor how fast: on backends without a kernel of ours (webgl, webgpu), where the composed
 * form takes longer, and after `restoreStockKernels`.
 */
import {
  add,
  Conv3D,
  conv3d,
  getBackend,
  getKernel,
  reshape,
  type Tensor1D,
  type Tensor5D,
} from '@tensorflow/tfjs-core';
import type {ConvSettings} from '../../../geometry/conv_settings';
import {REPLACED} from '../../../geometry/kernel_names';
import type {Triple} from '../../../util/shapes';

/** The weights of a convolution, folded. */
export interface FilterAndBias {
  readonly filter: Tensor5D;
  readonly bias?: Tensor1D;
}

/** Whether `tf.conv3d` runs a kernel of the host on the live backend. */
export function isHostConv3D(): boolean {
  const kernel = getKernel(Conv3D, getBackend());
  return kernel != null && !(REPLACED in kernel);
}

/** What the host's layer does with these weights, before its activation. */
export function runHostConv3D(
  {strides, pad, dilations}: ConvSettings,
  x: Tensor5D,
  {filter, bias}: FilterAndBias,
): Tensor5D {
  const y = conv3d(x, filter, strides as Triple, pad as 'same', 'NDHWC', dilations as Triple);
  // At rank 5: of rank 5 with rank 1 the host makes a webgpu program that the device refuses without an exception.
  return bias === undefined ? y : add(y, reshape(bias, [1, 1, 1, 1, bias.size]));
}
