/**
 * A model in a worker: frozen here, sent as data, asked over messages. The program itself goes on meanwhile, as a page would.
 * `node examples/worker/main.mjs`
 */
import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {freeze} from 'tfjs-sts';
import {createNetwork} from 'tfjs-sts/networks';
import 'tfjs-sts/wasm';

await tf.setBackend('wasm');
const network = createNetwork('x3d_tiny_sts');
const frozen = freeze(network);
network.dispose();

// The arrays of the data are handed over, not copied once more.
const data = await frozen.toData();
const worker = new Worker(new URL('worker.mjs', import.meta.url));
worker.postMessage(
  {model: data},
  Object.values(data.tensors).map(({values}) => values.buffer),
);

const [input] = frozen.inputs;
const clip = tf.randomNormal([1, ...input.shape.slice(1)]);
const frames = await clip.data();
let turns = 0;
const busy = setInterval(() => turns++, 1);
worker.postMessage({frames: frames.slice(), shape: clip.shape});
const [answer] = await once(worker, 'message');
clearInterval(busy);

const expected = await frozen.predict(clip).data();
console.log(`${frozen.stepCount} steps, ${Object.keys(data.tensors).length} tensors sent`);
console.log(`${answer.length} logits came back; this program went on meanwhile: ${turns > 0}`);
console.log(`the same bits as here: ${answer.every((logit, i) => logit === expected[i])}`);
await worker.terminate();
