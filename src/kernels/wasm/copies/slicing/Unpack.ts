/** `tf.unstack` on the wasm backend: slices of length 1 along an axis, without that axis. */
import {Unpack, type UnpackAttrs, type UnpackInputs, util} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../../registry';
import {type Given, isNumeric} from '../../../stock_kernels';
import {wasmKernel} from '../../runtime/wasm_kernel';
import {sliceOf} from './slices';

export const unpackConfig: StockReplacement = {
  ...wasmKernel(Unpack, ({inputs, attrs}, runtime) => {
    const {value} = inputs as Given<UnpackInputs>;
    const along = util.parseAxisParam((attrs as unknown as UnpackAttrs).axis, value.shape)[0]!;
    const size = value.shape.map((length, i) => (i === along ? 1 : length));
    const shape = value.shape.filter((_, i) => i !== along);
    return Array.from({length: value.shape[along]!}, (_, at) => {
      const begin = value.shape.map((_, i) => (i === along ? at : 0));
      return {...sliceOf(runtime, value, begin, size), shape};
    });
  }),
  takes: ({inputs}) => isNumeric(inputs.value!),
};
