/**
 * A program that tests start and kill: `BACKEND THREADS CHECKPOINT_EVERY DIRECTORY [UPDATES]`. Takes up the run in the directory and says
 * every update; after as many as are given it waits to be killed, so that it is not done before, however busy the machine.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-wasm';
import '../../../src/entries/backends/cpu';
import {setThreads} from '../../../src/entries/backends/wasm';
import {layers} from '../../../src/entries/index';
import {train} from '../../../src/entries/train';
import {connect} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {smallData, smallModel, smallRecipe} from './small_run.mjs';

const [backend, threads, every, directory, most] = process.argv.slice(2) as [
  ...[string, string, string, string],
  string?,
];
if (threads !== '1') {
  await setThreads(Number(threads));
  // Also for work that is too small to be worth it.
  await connect(tf.backend() as BackendWasm)!.setThreads(Number(threads), 0);
}
await tf.setBackend(backend);
let updates = 0;
const untilKilled = () => new Promise<void>(() => setInterval(() => {}, 1000));
const wait = async () => (updates === Number(most) ? untilKilled() : undefined);
await train(smallModel(tfl, layers, 11), smallData(tf, 40, wait), {
  recipe: smallRecipe,
  validation: smallData(tf, 9),
  directory,
  resume: true,
  checkpointEvery: Number(every),
  onProgress: () => process.stdout.write(`${++updates}\n`),
});
