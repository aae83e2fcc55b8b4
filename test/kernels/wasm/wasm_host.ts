/** What the tests of the wasm kernels share: the live backend's inside, and tensors with values of their own. */

import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** The parts of Emscripten's module object that the tests watch or replace. */
export interface Heap {
  _malloc(bytes: number): number;
  _free(address: number): void;
  HEAPU8: Uint8Array;
}

export function liveBackend(): BackendWasm {
  return tf.backend() as BackendWasm;
}

export function heapOf(backend: BackendWasm): Heap {
  return backend.wasm as unknown as Heap;
}

/** Registers the wasm backend anew, so that `change` sees it when it starts, before any kernel. */
export async function changeBackend(change: (backend: BackendWasm) => void): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  const factory = tf.findBackendFactory('wasm')!;
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', async () => {
    const backend = (await factory()) as BackendWasm;
    change(backend);
    return backend;
  });
}

/** Values in (-0.5, 0.5) from a Lehmer generator. */
export function valuesOf(shape: readonly number[], seed: number): Float32Array {
  let state = seed * 7919 + 1;
  const size = shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({length: size}, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  });
}

/** Whole numbers from -3 to 3. */
export function wholesOf(shape: readonly number[], seed: number): Float32Array {
  return valuesOf(shape, seed).map((value) => Math.round(6 * value));
}

export function tensorOf(shape: number[], seed: number): tf.Tensor5D {
  return tf.tensor<tf.Rank.R5>(valuesOf(shape, seed), shape as [number, number, number, number, number]);
}
