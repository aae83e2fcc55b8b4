/** The worker: makes the model of its data, then answers clips. In a page: `onmessage` and `postMessage` of the worker itself. */
import {parentPort} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {FrozenModel} from 'tfjs-sts';
import 'tfjs-sts/wasm';

// Messages that come before the backend has started wait for it.
const starting = tf.setBackend('wasm');
let frozen;

parentPort.on('message', async ({model, frames, shape}) => {
  await starting;
  if (model !== undefined) {
    frozen = FrozenModel.fromData(model);
    return;
  }
  const logits = tf.tidy(() => frozen.predict(tf.tensor(frames, shape)));
  parentPort.postMessage(await logits.data());
  logits.dispose();
});
