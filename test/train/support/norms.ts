/** A network of two batch normalizations, the batches that a run was given, and what a norm should make of them, in float64. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as sts from '../../../src/entries/index';
import type {Batches} from '../../../src/entries/train';

/** A convolution with a bias, then two norms with a ReLU between them and a classifier. */
export function twoNorms(className: string): tfl.LayersModel {
  const norm = (name: string, seed: number) => {
    const drawn = (i: number) => tfl.initializers.randomUniform({minval: 0.5, maxval: 1.5, seed: seed + i});
    const args = {momentum: 0.9, betaInitializer: drawn(0), gammaInitializer: drawn(1), name};
    const all = {...args, movingMeanInitializer: drawn(2), movingVarianceInitializer: drawn(3)};
    return className === 'BatchNorm3D' ? sts.layers.batchNorm3d(all) : tfl.layers.batchNormalization(all);
  };
  const glorot = (seed: number) => tfl.initializers.glorotUniform({seed});
  const clip = tfl.input({shape: [4, 6, 6, 2]});
  const args = {
    filters: 5,
    kernelSize: 3,
    padding: 'same',
    kernelInitializer: glorot(1),
    name: 'conv',
  } as const;
  let x = sts.layers.conv3d(args).apply(clip);
  x = norm('first', 10).apply(x);
  x = tfl.layers.reLU({}).apply(x);
  x = norm('second', 20).apply(x);
  x = sts.layers.globalAveragePooling3d({}).apply(x);
  x = tfl.layers.dense({units: 3, kernelInitializer: glorot(2), name: 'classifier'}).apply(x);
  return tfl.model({inputs: clip, outputs: x as tfl.SymbolicTensor});
}

/** Data that keeps what it gave in `seen`, which is the caller's to dispose. */
export function withSeen(given: Batches): {seen: tf.Tensor[]; spied: Batches} {
  const seen: tf.Tensor[] = [];
  const spied: Batches = {
    ...given,
    async *batches(epoch, options) {
      for await (const batch of given.batches(epoch, options)) {
        seen.push(tf.clone(batch.x));
        yield batch;
      }
    },
  };
  return {seen, spied};
}

/** Mean and variance by channel of what a layer answers, in float64. */
export function channelStatistics(model: tfl.LayersModel, layer: string, x: tf.Tensor) {
  const {output} = model.getLayer(layer);
  const part = tfl.model({inputs: model.inputs, outputs: output as tfl.SymbolicTensor});
  const answer = part.predict(x) as tf.Tensor;
  const channels = answer.shape.at(-1)!;
  const values = [...answer.dataSync()];
  answer.dispose();
  const meanOf = (column: number[]) => column.reduce((sum, value) => sum + value, 0) / column.length;
  const columns = Array.from({length: channels}, (_, c) => values.filter((_, i) => i % channels === c));
  const mean = columns.map(meanOf);
  const variance = columns.map((column, c) => meanOf(column.map((value) => (value - mean[c]!) ** 2)));
  return {mean, variance};
}
