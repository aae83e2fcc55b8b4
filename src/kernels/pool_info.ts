/**
 * The geometry of a 3D pooling as plain numbers, from the attributes of the host's pooling kernels. Output sizes are
 * the host's; where its padding comes out negative ('same' and a window shorter than the stride) it is 0, as in
 * TensorFlow, so that the first window begins at position 0. The host keeps it and samples 1, 3, 5, ...
 */
import {backend_util, type MaxPool3DAttrs} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../util/errors';
import {type Shape5D, sizeOf, type Triple} from '../util/shapes';

export interface PoolInfo {
  /** `[batch, time, height, width, channels]` */
  inputShape: Shape5D;
  /** `[batch, time, height, width, channels]` */
  outputShape: Shape5D;
  /** Time, height, width, as all that follow. */
  window: Triple;
  strides: Triple;
  /** Positions of the first window that lie before the input. */
  padding: Triple;
}

/** What MaxPool3D, AvgPool3D and their gradients have in common; the host passes the data format to the first two. */
export type Pool3DAttrs = Pick<MaxPool3DAttrs, 'filterSize' | 'strides' | 'pad' | 'dimRoundingMode'>;

/** The host takes any numbers, with which sizes are no whole ones and loops do not end. */
function checkAxes(name: string, axes: Triple): Triple {
  if (axes.every((n) => Number.isInteger(n) && n >= 1)) return axes;
  throw new InvalidArgumentError(
    `3D pooling: ${name} must be whole numbers of at least 1; got [${axes.join(', ')}].`,
  );
}

/**
 * @param xShape shape of the pooled tensor, `[batch, time, height, width, channels]`
 * @throws InvalidArgumentError for a window or strides that are no counts
 */
export function poolInfo(xShape: readonly number[], attrs: Pool3DAttrs): PoolInfo {
  const {filterSize, strides, pad, dimRoundingMode} = attrs;
  const inputShape = [...xShape] as Shape5D;
  const info = backend_util.computePool3DInfo(inputShape, filterSize, strides, 1, pad, dimRoundingMode);
  const {front, top, left} = info.padInfo;
  return {
    inputShape,
    outputShape: info.outShape,
    window: checkAxes('filterSize', [info.filterDepth, info.filterHeight, info.filterWidth]),
    strides: checkAxes('strides', [info.strideDepth, info.strideHeight, info.strideWidth]),
    padding: [Math.max(0, front), Math.max(0, top), Math.max(0, left)],
  };
}

/** Positions with all their channels, over the batch. */
export function rowsOf(shape: Shape5D): number {
  return sizeOf(shape.slice(0, 4));
}
