/** `tf.stridedSlice` on the wasm backend. The host walks value by value, and takes int32 and bool for float32. */
import {
  StridedSlice,
  type StridedSliceAttrs,
  type StridedSliceInputs,
  slice_util,
} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../registry';
import type {Given} from '../stock_kernels';
import {wasmKernel} from './config';
import {isNumeric} from './copy_call';
import {sliceOf} from './slices';

export const stridedSliceConfig: StockReplacement = {
  ...wasmKernel(StridedSlice, ({inputs, attrs}, host) => {
    const {x} = inputs as Given<StridedSliceInputs>;
    const given = attrs as unknown as StridedSliceAttrs;
    const {finalShape, begin, end, strides} = slice_util.sliceInfo(
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
    const size = slice_util.computeOutShape(begin, end, strides);
    return {...sliceOf(host, x, begin, size, strides), shape: finalShape};
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
