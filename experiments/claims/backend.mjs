/** Starts the wasm backend on one thread, and says what computes, for the table of runs. */
import os from 'node:os';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import 'tfjs-sts';
import 'tfjs-sts/wasm';

export async function startBackend() {
  await tf.setBackend('wasm');
  return {node: process.version, processor: os.cpus()[0]?.model ?? 'unknown'};
}
