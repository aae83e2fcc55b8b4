/**
 * `tf.gather` on the wasm backend, where much is taken by each index: a slice for each. The host copies value by value; it
 * keeps batches and small pieces, but not results of no values, to which it gives another shape.
 */
import {
  GatherV2,
  type GatherV2Attrs,
  type GatherV2Inputs,
  type NumericDataType,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../../util/errors';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {runCopy} from './copy_call';

/** Values by an index from which on a copy of its own pays. */
const LEAST_VALUES = 256;

interface Pieces {
  /** x as `[outer, length, inner]`, of which the middle axis is indexed. */
  outer: number;
  length: number;
  inner: number;
  shape: number[];
}

function piecesOf(x: TensorInfo, indices: TensorInfo, axis: number): Pieces {
  const along = util.parseAxisParam(axis, x.shape)[0]!;
  return {
    outer: sizeOf(x.shape.slice(0, along)),
    length: x.shape[along]!,
    inner: sizeOf(x.shape.slice(along + 1)),
    shape: [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)],
  };
}

export const gatherV2Config: StockReplacement = {
  ...wasmKernel(GatherV2, ({inputs, attrs}, runtime) => {
    const {x, indices} = inputs as Given<GatherV2Inputs>;
    const {outer, length, inner, shape} = piecesOf(x, indices, (attrs as unknown as GatherV2Attrs).axis);
    const all = runtime.read(indices);
    const wrong = all.find((index) => index < 0 || index >= length);
    if (wrong !== undefined) {
      throw new InvalidArgumentError(`GatherV2: the index value ${wrong} is not in [0, ${length - 1}].`);
    }
    const y = runtime.makeOutput(shape, x.dtype as NumericDataType);
    all.forEach((index, i) => {
      const axes = [
        {length: outer, from: length * inner, to: all.length * inner},
        {length: inner, from: 1, to: 1},
      ];
      runCopy(runtime, {from: {tensor: x, first: index * inner}, to: {tensor: y, first: i * inner}, axes});
    });
    return y;
  }),
  takes: ({inputs, attrs}) => {
    const {x, indices} = inputs as Given<GatherV2Inputs>;
    const {axis, batchDims} = attrs as unknown as GatherV2Attrs;
    const {outer, inner, shape} = piecesOf(x, indices, axis);
    const isOurs = outer * inner >= LEAST_VALUES || sizeOf(shape) === 0;
    return isNumeric(x) && indices.dtype === 'int32' && batchDims === 0 && isOurs;
  },
};
