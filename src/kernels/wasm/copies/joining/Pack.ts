/** `tf.stack` on the wasm backend: tensors side by side along an axis of their own. */
import {Pack, type PackAttrs, type TensorInfo, util} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../../../registry';
import {wasmKernel} from '../../runtime/wasm_kernel';
import {areAlike, concatOf} from './concatenation';

export const packConfig: StockReplacement = {
  ...wasmKernel(Pack, ({inputs, attrs}, runtime) => {
    const tensors = Object.values(inputs) as TensorInfo[];
    const {shape} = tensors[0]!;
    for (const x of tensors) {
      util.assertShapesMatch(shape, x.shape, 'All tensors passed to stack must have matching shapes');
    }
    const axis = (attrs as unknown as PackAttrs).axis;
    const along = axis < 0 ? axis + shape.length + 1 : axis;
    const expanded = [...shape.slice(0, along), 1, ...shape.slice(along)];
    return concatOf(
      runtime,
      tensors.map((x) => ({...x, shape: expanded})),
      along,
    );
  }),
  takes: ({inputs}) => areAlike(Object.values(inputs) as TensorInfo[]),
};
