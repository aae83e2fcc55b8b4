/** `tf.split` on the wasm backend: slices, one after the other along an axis. */
import {
  backend_util,
  SplitV,
  type SplitVAttrs,
  type SplitVInputs,
  type Tensor,
  util,
} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../../registry';
import {type Given, isNumeric} from '../../../stock_kernels';
import {wasmKernel} from '../../runtime/wasm_kernel';
import {sliceOf} from './slices';

export const splitVConfig: StockReplacement = {
  ...wasmKernel(SplitV, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<SplitVInputs>;
    const {numOrSizeSplits, axis} = attrs as unknown as SplitVAttrs;
    const along = util.parseAxisParam(axis, x.shape)[0]!;
    // The host hands a kernel tensors, though it types them as TensorInfo.
    const lengths = backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits, along);
    let first = 0;
    return lengths.map((length) => {
      const begin = x.shape.map((_, i) => (i === along ? first : 0));
      first += length;
      const size = x.shape.map((all, i) => (i === along ? length : all));
      return sliceOf(runtime, x, begin, size);
    });
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
