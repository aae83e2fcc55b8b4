/**
 * `tf.transpose` on the wasm backend, where axes that go together leave five of them or more, or the last one stays: there the
 * host goes value by value. And of no values, where it may divide by zero.
 */
import {
  type NumericDataType,
  Transpose,
  type TransposeAttrs,
  type TransposeInputs,
} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import type {StockReplacement} from '../../registry';
import {type Given, isNumeric} from '../../stock_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {type CopyAxis, mergedAxes, runCopy, stepsOf} from './copy_call';

/** The axes of the result. */
function axesOf(shape: readonly number[], perm: readonly number[]): CopyAxis[] {
  const from = stepsOf(shape);
  const to = stepsOf(perm.map((axis) => shape[axis]!));
  return perm.map((axis, i) => ({length: shape[axis]!, from: from[axis]!, to: to[i]!}));
}

export const transposeConfig: StockReplacement = {
  ...wasmKernel(Transpose, ({inputs, attrs}, runtime) => {
    const {x} = inputs as Given<TransposeInputs>;
    const axes = axesOf(x.shape, (attrs as unknown as TransposeAttrs).perm);
    const y = runtime.makeOutput(
      axes.map(({length}) => length),
      x.dtype as NumericDataType,
    );
    runCopy(runtime, {from: {tensor: x}, to: {tensor: y}, axes});
    return y;
  }),
  takes: ({inputs, attrs}) => {
    const {x} = inputs as Given<TransposeInputs>;
    const axes = mergedAxes(axesOf(x.shape, (attrs as unknown as TransposeAttrs).perm));
    const isOurs = axes.length > 4 || axes.at(-1)?.from === 1 || sizeOf(x.shape) === 0;
    return isNumeric(x) && isOurs;
  },
};
