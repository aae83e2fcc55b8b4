// Drop-in: an STS layer in the place of tf.layers.conv3d, in a new model and in an existing one.
// The task: does a dot on a 10 x 10 screen move to the right or to the left? No single frame tells.
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as sts from 'tfjs-sts';

const [frames, size] = [4, 10];

/** Every clip of a dot that moves along one of `rows`: `[count, frames, size, size, 1]` and directions `[count, 2]`. */
function movingDots(rows) {
  const moves = [];
  for (let start = 0; start <= size - frames; start++) {
    for (const row of rows) moves.push([row, start, 1], [row, start + frames - 1, -1]);
  }
  const clips = tf.buffer([moves.length, frames, size, size, 1]);
  const directions = tf.buffer([moves.length, 2]);
  moves.forEach(([row, start, step], i) => {
    for (let t = 0; t < frames; t++) clips.set(1, i, t, row, start + step * t, 0);
    directions.set(1, i, step > 0 ? 0 : 1);
  });
  return {clips: clips.toTensor(), directions: directions.toTensor()};
}

/** A small video network; `temporal` makes its 3 x 1 x 1 convolution. Seeds make every run the same. */
function network(temporal) {
  const kernelInitializer = tfl.initializers.glorotNormal({seed: 1});
  return tfl.sequential({
    layers: [
      tfl.layers.conv3d({
        filters: 8,
        kernelSize: [1, 3, 3],
        padding: 'same',
        kernelInitializer,
        inputShape: [frames, size, size, 1],
      }),
      temporal({filters: 12, kernelSize: [3, 1, 1], padding: 'same', kernelInitializer, name: 'temporal'}),
      sts.layers.batchNorm3d({momentum: 0.5}),
      tfl.layers.reLU(),
      sts.layers.conv3d({filters: 16, kernelSize: [2, 3, 3], activation: 'relu', kernelInitializer}),
      sts.layers.globalAveragePooling3d(),
      tfl.layers.dense({units: 2, activation: 'softmax', kernelInitializer}),
    ],
  });
}

await tf.setBackend('wasm');

// 1. A new model: the factory changes, nothing else does. It trains on wasm too.
const model = network(sts.layers.stsConv3d);
model.compile({optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy', metrics: ['accuracy']});
const {clips, directions} = movingDots([0, 2, 4, 6, 8]);
await model.fit(clips, directions, {
  epochs: 6,
  batchSize: 14,
  shuffle: false,
  verbose: 0,
  callbacks: {
    onEpochEnd: (epoch, {loss, acc}) =>
      console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(3)}, accuracy ${acc.toFixed(2)}`),
  },
});
const test = movingDots([1, 3, 5, 7, 9]);
const [, accuracy] = model.evaluate(test.clips, test.directions);
console.log(`rows it has not seen: accuracy ${accuracy.dataSync()[0].toFixed(2)}`);

// 2. An existing model: its temporal convolutions become STS, all weights are kept.
const existing = network(tfl.layers.conv3d);
const replaced = sts.replaceConv3d(existing);
for (const [name, {layers}] of Object.entries({existing, replaced})) {
  console.log(`${name}: ${layers.map((layer) => layer.getClassName()).join(' > ')}`);
}
const [before, after] = [existing, replaced].map((m) => m.getLayer('temporal').getWeights()[0]);
console.log('the same kernel:', tf.all(tf.equal(before, after)).dataSync()[0] === 1, before.shape);
