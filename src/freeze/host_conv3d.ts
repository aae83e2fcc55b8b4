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
import {REPLACED} from '../geometry/kernel_names';
import type {Layer} from '../layers/models/graph';

type Triple = [number, number, number];

/** Whether `tf.conv3d` runs a kernel of the host on the live backend. */
export function isHostConv3D(): boolean {
  const kernel = getKernel(Conv3D, getBackend());
  return kernel != null && !(REPLACED in kernel);
}

/** What the host's layer does with these weights, before its activation. */
export function runHostConv3D(
  layer: Layer,
  x: Tensor5D,
  filter: Tensor5D,
  bias: Tensor1D | undefined,
): Tensor5D {
  const {strides, padding, dilationRate} = layer.getConfig();
  const y = conv3d(x, filter, strides as Triple, padding as 'same', 'NDHWC', dilationRate as Triple);
  // At rank 5, for webgpu as in foldWeights.
  return bias === undefined ? y : add(y, reshape(bias, [1, 1, 1, 1, bias.size]));
}
