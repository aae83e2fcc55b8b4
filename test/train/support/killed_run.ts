/**
 * A program that tests start and kill: `BACKEND DIRECTORY [UPDATES]`. Takes up the run in the directory and says every update; after as
 * many as are given it waits to be killed, so that it is not done before, however busy the machine.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import {layers} from '../../../src/entries/index';
import {train} from '../../../src/entries/train';
import {smallData, smallModel, smallRecipe} from './small_run.mjs';

const [backend, directory, most] = process.argv.slice(2) as [string, string, string?];
await tf.setBackend(backend);
let updates = 0;
const untilKilled = () => new Promise<void>(() => setInterval(() => {}, 1000));
const wait = async () => (updates === Number(most) ? untilKilled() : undefined);
await train(smallModel(tfl, layers, 11), smallData(tf, 24, wait), {
  recipe: smallRecipe,
  validation: smallData(tf, 9),
  directory,
  resume: true,
  checkpointEvery: 1,
  onProgress: () => process.stdout.write(`${++updates}\n`),
});
