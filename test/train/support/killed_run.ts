/** A program that tests start and kill: `BACKEND DIRECTORY`. Takes up the run in the directory and says every update. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import '../../../src/entries/backends/cpu';
import '../../../src/entries/backends/wasm';
import {layers} from '../../../src/entries/index';
import {train} from '../../../src/entries/train';
import {smallData, smallModel, smallRecipe} from './small_run.mjs';

const [backend, directory] = process.argv.slice(2) as [string, string];
await tf.setBackend(backend);
let updates = 0;
await train(smallModel(tfl, layers, 11), smallData(tf, 24), {
  recipe: smallRecipe,
  validation: smallData(tf, 9),
  directory,
  resume: true,
  checkpointEvery: 1,
  onProgress: () => process.stdout.write(`${++updates}\n`),
});
