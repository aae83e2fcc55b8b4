/** Tensors side by side along an axis: `tf.concat` and `tf.stack`. */
import type {NumericDataType, TensorInfo} from '@tensorflow/tfjs-core';
import {isNumeric} from '../../../stock_kernels';
import type {WasmRuntime} from '../../runtime/wasm_runtime';
import {runCopy, stepsOf} from '../copy_call';

/** Whether values can be copied as they are. */
export function areAlike(tensors: readonly TensorInfo[]): boolean {
  return tensors.every((x) => isNumeric(x) && x.dtype === tensors[0]!.dtype);
}

/** @param inputs of the same type and, but for `axis`, of the same shape */
export function concatOf(runtime: WasmRuntime, inputs: readonly TensorInfo[], axis: number): TensorInfo {
  const [first] = inputs as [TensorInfo, ...TensorInfo[]];
  const lengths = inputs.map(({shape}) => shape[axis]!);
  const shape = [...first.shape];
  shape[axis] = lengths.reduce((sum, length) => sum + length, 0);
  const y = runtime.makeOutput(shape, first.dtype as NumericDataType);
  const to = stepsOf(shape);
  let at = 0;
  for (const x of inputs) {
    const from = stepsOf(x.shape);
    runCopy(runtime, {
      from: {tensor: x},
      to: {tensor: y, first: at * to[axis]!},
      axes: x.shape.map((length, i) => ({length, from: from[i]!, to: to[i]!})),
    });
    at += x.shape[axis]!;
  }
  return y;
}
