/** `tf.slice` on the wasm backend. The host copies its whole input out of the memory, then from rank 5 on value by value. */
import {Slice, type SliceAttrs, type SliceInputs, slice_util} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../../registry';
import {type Given, isNumeric} from '../../../stock_kernels';
import {wasmKernel} from '../../runtime/wasm_kernel';
import {sliceOf} from './slices';

export const sliceConfig: StockReplacement = {
  ...wasmKernel(Slice, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<SliceInputs>;
    const {begin, size} = attrs as unknown as SliceAttrs;
    const [first, lengths] = slice_util.parseSliceParams(x, begin, size);
    slice_util.assertParamsValid(x, first!, lengths!);
    return sliceOf(runtime, x, first!, lengths!);
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
