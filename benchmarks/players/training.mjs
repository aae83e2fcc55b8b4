/**
 * Training steps of the package, for ../training.mjs and ../training_parts.mjs, which tell when: a line on stdin is one update by `train`. The
 * argument is JSON: backend, threads, name of the network, config (what is other than its own), clip (time, height and width with x between),
 * batch, classes, and whether parts of a step are wanted. Says lines of JSON: when it is ready, then for each step its processor time, its time and its
 * parts, in milliseconds.
 */
import {createInterface} from 'node:readline';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import {createNetwork} from 'tfjs-sts/networks';
import {train} from 'tfjs-sts/train';
import {resnet3d18} from '../networks.mjs';
import {loadBackend} from './backends.mjs';
import {clockModule} from './clocks.mjs';

const {backend, threads, name, config, clip, batch, classes, parts} = JSON.parse(process.argv[2]);
const [frames, height, width] = clip.split('x').map(Number);
const names = Array.from({length: classes}, (_, i) => `class ${i}`);

const takeParts = parts ? clockModule() : () => undefined;
await loadBackend({backend, kernels: true, threads});
await tf.setBackend(backend);

const model =
  name === 'resnet3d18'
    ? resnet3d18({frames, size: height, classes: names.length})
    : createNetwork(name, {...config, frames, height, width, classes: names.length, seed: 1});
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
say({
  ready: process.version,
  weights: model.trainableWeights.reduce((sum, {shape}) => sum + tf.util.sizeFromShape(shape), 0),
});

let begun;
const data = {
  size: 1_000_000,
  classes: names,
  async *batches() {
    for await (const _ of createInterface({input: process.stdin})) {
      const samples = {
        x: tf.randomUniform([batch, frames, height, width, 3], -1, 1, 'float32', 1),
        y: tf.tidy(() => tf.cast(tf.oneHot(tf.fill([batch], 3, 'int32'), names.length), 'float32')),
      };
      takeParts();
      begun = {cpu: process.cpuUsage(), wall: performance.now()};
      yield samples;
    }
  },
};

const recipe = {
  ...{epochs: 1, batchSize: batch, learningRate: 1e-4, weightDecay: 1e-4},
  ...{optimizer: {name: 'sgd', momentum: 0.9}, preciseBatchNorm: 0},
};
await train(model, data, {
  recipe,
  onProgress: () => {
    const {user, system} = process.cpuUsage(begun.cpu);
    say({cpu: (user + system) / 1000, wall: performance.now() - begun.wall, parts: takeParts()});
  },
});
process.exit(0);
