/** `tf.reverse` on the wasm backend. The host goes value by value, and reads and writes beyond a bool tensor. */
import {Reverse, type ReverseAttrs, type ReverseInputs, util} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {sliceOf} from './slicing/slices';

export const reverseConfig: StockReplacement = {
  ...wasmKernel(Reverse, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<ReverseInputs>;
    const reversed = util.parseAxisParam((attrs as unknown as ReverseAttrs).dims, x.shape);
    const begin = x.shape.map((length, axis) => (reversed.includes(axis) ? length - 1 : 0));
    const steps = x.shape.map((_, axis) => (reversed.includes(axis) ? -1 : 1));
    return sliceOf(runtime, x, begin, x.shape, steps);
  }),
  takes: ({inputs}) => isNumeric(inputs.x!),
};
