/** What the tests of threads share: threads for work of any size, and the workers that Node starts. */
import * as tf from '@tensorflow/tfjs-core';
import {setThreads} from '../../../../src/entries/backends/wasm';
import type {RowFunction} from '../../../../src/kernels/wasm/module/instantiate';
import {connect, type WasmRuntime} from '../../../../src/kernels/wasm/runtime/wasm_runtime';
import {liveBackend} from '../wasm_host';

/** The runtime of the live wasm backend. */
export function liveRuntime(): WasmRuntime {
  return connect(liveBackend())!;
}

/**
 * Starts threads of which the calling one waits before each of its ranges, so that the workers compute most of them.
 *
 * @returns how many rows the calling thread has computed since
 */
export async function startBehindWorkers(runtime: WasmRuntime, threads: number): Promise<() => number> {
  const {module} = runtime;
  let rows = 0;
  const slowly = (work: RowFunction) => (call: number, first: number, end: number) => {
    // Not a sleep, which the main thread of a page is not allowed.
    for (const start = performance.now(); performance.now() < start + 2; );
    rows += end - first;
    work(call, first, end);
  };
  const entries = Object.entries(module).map(([name, work]) => [name, slowly(work as RowFunction)]);
  Object.assign(runtime, {module: Object.fromEntries(entries)});
  await runtime.setThreads(threads, 0);
  Object.assign(runtime, {module});
  return () => rows;
}

/** Starts wasm in Node on `threads` threads, which the smallest convolution uses too, from a named .wasm file. */
export async function startThreads(threads: number): Promise<void> {
  await import('@tensorflow/tfjs-layers');
  await import('@tensorflow/tfjs-backend-wasm');
  const {wasmPaths} = await import('../../../support/wasm_paths_node');
  const build = 'tfjs-backend-wasm-simd.wasm';
  await setThreads(threads, {wasmPaths: {[build]: wasmPaths + build}});
  await tf.setBackend('wasm');
  await liveRuntime().setThreads(threads, 0);
}
