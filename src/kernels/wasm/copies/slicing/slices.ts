/** Slices of a tensor, which several kernels of the host are made of. */
import type {NumericDataType, TensorInfo} from '@tensorflow/tfjs-core';
import type {WasmRuntime} from '../../runtime/wasm_runtime';
import {runCopy, stepsOf} from '../copy_call';

/**
 * A new tensor of the values at `begin`, `begin + step`, ... along each axis.
 *
 * @param size  how many along each axis
 * @param steps default: 1 each
 */
export function sliceOf(
  runtime: WasmRuntime,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
  steps: readonly number[] = begin.map(() => 1),
): TensorInfo {
  const y = runtime.makeOutput([...size], x.dtype as NumericDataType);
  const [from, to] = [stepsOf(x.shape), stepsOf(size)];
  runCopy(runtime, {
    from: {tensor: x, first: begin.reduce((first, at, axis) => first + at * from[axis]!, 0)},
    to: {tensor: y},
    axes: size.map((length, axis) => ({length, from: steps[axis]! * from[axis]!, to: to[axis]!})),
  });
  return y;
}
