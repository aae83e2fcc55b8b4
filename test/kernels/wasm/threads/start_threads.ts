/** What the tests of threads share: threads for work of any size, and the workers that Node starts. */
import * as tf from '@tensorflow/tfjs-core';
import {connect, type WasmHost} from '../../../../src/kernels/wasm/host';
import {setThreads} from '../../../../src/wasm';
import {liveBackend} from '../wasm_host';

/** The host of the live wasm backend. */
export function liveHost(): WasmHost {
  return connect(liveBackend())!;
}

/** Starts wasm on `threads` threads, which the smallest convolution uses too. */
export async function startThreads(threads: number): Promise<void> {
  await import('@tensorflow/tfjs-layers');
  await import('@tensorflow/tfjs-backend-wasm');
  await setThreads(threads);
  await tf.setBackend('wasm');
  await liveHost().setThreads(threads, 0);
}
