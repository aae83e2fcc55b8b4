/** Writes the files of a case that the players outside TensorFlow.js read: the model as ONNX, and the clip, both channels first. */
import {writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import {toOnnx} from 'tfjs-sts/onnx';
import {buildModel, clipValues} from './model.mjs';
import {given} from './serve.mjs';

tf.enableProdMode();
await tf.setBackend('cpu');
writeFileSync(given.model, await toOnnx(buildModel(given.case), {layout: 'channelsFirst'}));
writeFileSync(given.clip, clipValues(given.case));
