/** `tf.stridedSlice` on the wasm backend. The host goes value by value, and takes int32 and bool for float32. */
import {
  StridedSlice,
  type StridedSliceAttrs,
  type StridedSliceInputs,
  slice_util,
} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../../../util/errors';
import {sizeOf} from '../../../../util/shapes';
import type {StockReplacement} from '../../../registry';
import {type Given, isNumeric} from '../../../stock_kernels';
import {wasmKernel} from '../../runtime/wasm_kernel';
import {sliceOf} from './slices';

type Ranges = Pick<ReturnType<typeof slice_util.sliceInfo>, 'begin' | 'end' | 'strides' | 'finalShape'>;

/**
 * How many values along each axis of x. The host counts below zero where a range ends before it begins, and takes fractions
 * and lists that are too short as they come.
 */
function sizesOf(shape: readonly number[], {begin, end, strides, finalShape}: Ranges): number[] {
  const sizes = slice_util.computeOutShape(begin, end, strides).map((size) => Math.max(size, 0));
  const isInside = (index: number, axis: number) =>
    Number.isInteger(index) && index >= 0 && index < shape[axis]!;
  const lieInside = sizes.every(
    (size, axis) =>
      size === 0 ||
      (isInside(begin[axis]!, axis) && isInside(begin[axis]! + (size - 1) * strides[axis]!, axis)),
  );
  if (lieInside && sizeOf(sizes) === sizeOf(finalShape)) return sizes;
  throw new InvalidArgumentError(
    `StridedSlice: a slice from [${begin.join(', ')}] to [${end.join(', ')}] in steps of [${strides.join(', ')}] is no ` +
      `part of a tensor of shape [${shape.join(', ')}]; needed are a whole begin, end and stride for each axis.`,
  );
}

export const stridedSliceConfig: StockReplacement = {
  ...wasmKernel(StridedSlice, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<StridedSliceInputs>;
    const given = attrs as unknown as StridedSliceAttrs;
    const ranges = slice_util.sliceInfo(
      x.shape,
      given.begin,
      given.end,
      given.strides,
      given.beginMask,
      given.endMask,
      given.ellipsisMask,
      given.newAxisMask,
      given.shrinkAxisMask,
    );
    const {begin, strides, finalShape: shape} = ranges;
    return {...sliceOf(runtime, x, begin, sizesOf(x.shape, ranges), strides), shape};
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
