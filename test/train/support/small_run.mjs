/**
 * A small network and data set for runs that are interrupted, in plain JavaScript: tests run it in their own process and in child
 * processes, which the tests kill. Whoever calls it brings the packages.
 */

/** Convolution, batch norm, dropout and a classifier of three classes on clips `[4, 6, 6, 2]`: all that has a state in training. */
export function smallModel(tfl, layers, seed) {
  const initializer = (i) => tfl.initializers.glorotUniform({seed: seed + i});
  const clip = tfl.input({shape: [4, 6, 6, 2]});
  let x = layers
    .conv3d({filters: 5, kernelSize: 3, padding: 'same', kernelInitializer: initializer(1), name: 'conv'})
    .apply(clip);
  x = layers.batchNorm3d({momentum: 0.9, name: 'norm'}).apply(x);
  x = tfl.layers.reLU({name: 'relu'}).apply(x);
  x = layers.globalAveragePooling3d({name: 'pool'}).apply(x);
  x = tfl.layers.dropout({rate: 0.3, name: 'dropout'}).apply(x);
  x = tfl.layers.dense({units: 3, kernelInitializer: initializer(2), name: 'classifier'}).apply(x);
  return tfl.model({inputs: clip, outputs: x});
}

/** 32 bits that seed and place decide. */
function bits(seed, i) {
  let x = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Noise around a level of each class, in an order of each epoch's own. */
export function smallData(tf, size, wait = async () => {}) {
  const length = 4 * 6 * 6 * 2;
  const sample = (i) =>
    Array.from({length}, (_, k) => ((i % 3) - 1) * 0.4 + bits(7, i * length + k) / 2 ** 31 - 1);
  return {
    size,
    classes: ['low', 'middle', 'high'],
    async *batches(epoch, {batchSize, seed, from = 0}) {
      const order = Array.from({length: size}, (_, i) => i).sort(
        (a, b) => bits(seed + epoch, a) - bits(seed + epoch, b),
      );
      for (let begin = from * batchSize; begin < size; begin += batchSize) {
        await wait();
        const chosen = order.slice(begin, begin + batchSize);
        const labels = chosen.flatMap((i) => [0, 1, 2].map((c) => (i % 3 === c ? 1 : 0)));
        yield {
          x: tf.tensor(chosen.flatMap(sample), [chosen.length, 4, 6, 6, 2]),
          y: tf.tensor2d(labels, [chosen.length, 3]),
        };
      }
    },
  };
}

/** Everything that a checkpoint has to hold: momentum, averages, accumulation, precise batch norm, dropout, a schedule. */
export const smallRecipe = {
  epochs: 3,
  batchSize: 8,
  microBatchSize: 5,
  learningRate: 0.1,
  optimizer: {name: 'sgd', momentum: 0.9, nesterov: true},
  weightDecay: 1e-3,
  clip: {norm: 1},
  schedule: {name: 'cosine', per: 'iteration', warmup: {epochs: 1}},
  averageDecay: 0.9,
  preciseBatchNorm: 2,
  seed: 3,
};
