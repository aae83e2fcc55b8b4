/** The Euclidean norm of many tensors as one vector, on the wasm backend: each is read once, where it lies. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import {GlobalNorm} from '../../../geometry/update_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {sumsOfSquares} from './update_call';

export const globalNormConfig: KernelConfig = wasmKernel(GlobalNorm, ({inputs}, runtime) => {
  const squares = sumsOfSquares(runtime, Object.values(inputs) as TensorInfo[]);
  const norm = runtime.makeOutput([]);
  runtime.write(norm, Math.sqrt(squares.reduce((total, square) => total + square, 0)));
  return norm;
});
