/**
 * The same network on libtensorflow: on a GPU through @tensorflow/tfjs-node-gpu, on the processor through @tensorflow/tfjs-node,
 * whichever is installed. `node examples/node_gpu/main.mjs`
 */
import * as tf from '@tensorflow/tfjs-core';
import {freeze} from 'tfjs-sts';
import {createNetwork} from 'tfjs-sts/networks';
// Before tfjs-node: on Node 23 and newer it puts back functions of Node that tfjs-node calls.
import 'tfjs-sts/node';

/** The build for GPUs first: nobody has it by chance. */
async function importTfjsNode() {
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      await import(name);
      return name;
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error('Neither is installed: npm install @tensorflow/tfjs-node-gpu, or @tensorflow/tfjs-node');
}

const name = await importTfjsNode();
await tf.setBackend('tensorflow');
// With tfjs-node-gpu it is the processor, too, where there is no GPU or CUDA's libraries are not found.
const device = tf.backend().isUsingGpuDevice ? 'a GPU' : 'the processor';
console.log(`${name}: the work is done by ${device}`);

// One step of training, and a prediction of what it has made.
const model = createNetwork('x3d_tiny_sts', {frames: 4, height: 32, width: 32, classes: 5, dropout: 0});
const clip = tf.randomUniform([2, 4, 32, 32, 3], -1, 1, 'float32', 1);
const labels = tf.cast(tf.oneHot(tf.tensor1d([1, 3], 'int32'), 5), 'float32');
const optimizer = tf.train.sgd(0.05);
const step = () =>
  optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, model.apply(clip, {training: true})), true);
const losses = [];
for (let i = 0; i < 5; i++) losses.push((await step().data())[0]);
console.log(
  `loss ${losses[0].toFixed(3)} before training, ${losses.at(-1).toFixed(3)} after ${losses.length - 1} steps`,
);

const frozen = freeze(model);
const expected = tf.tidy(() => model.predict(clip)).dataSync();
const answer = frozen.predict(clip).dataSync();
const worst = Math.max(...answer.map((logit, i) => Math.abs(logit - expected[i])));
console.log(`frozen: the same logits to ${worst.toExponential(0)}`);
