/** The Euclidean norm of many tensors as one vector, on the wasm backend: each is read once, where it lies. */
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {GlobalNorm} from '../../../geometry/update_kernels';
import {wasmKernel} from '../runtime/wasm_kernel';
import {sumOfSquares} from './update_call';

export const globalNormConfig: KernelConfig = wasmKernel(GlobalNorm, ({inputs}, runtime) => {
  const squares = Object.values(inputs).map((tensor) => sumOfSquares(runtime, tensor!));
  const norm = runtime.makeOutput([]);
  runtime.write(norm, Math.sqrt(squares.reduce((total, square) => total + square, 0)));
  return norm;
});
