/** `tf.concat` on the wasm backend. The host copies piece by piece in JavaScript. */
import {backend_util, Concat, type ConcatAttrs, type TensorInfo, util} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../../registry';
import {wasmKernel} from '../../runtime/wasm_kernel';
import {areAlike, concatOf} from './concatenation';

export const concatConfig: StockReplacement = {
  ...wasmKernel(Concat, ({inputs, attrs}, runtime) => {
    const tensors = Object.values(inputs) as TensorInfo[];
    const shapes = tensors.map(({shape}) => shape);
    const axis = util.parseAxisParam((attrs as unknown as ConcatAttrs).axis, shapes[0]!)[0]!;
    backend_util.assertParamsConsistent(shapes, axis);
    return concatOf(runtime, tensors, axis);
  }),
  takes: ({inputs}) => areAlike(Object.values(inputs) as TensorInfo[]),
};
