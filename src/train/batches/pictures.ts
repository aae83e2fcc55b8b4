/** Pictures for networks on clips: those of one frame take them as clips of that length. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batches} from './batches';

/** Data whose pictures `[batch, height, width, channels]` have a time axis if the model wants one of length 1. */
export function forModel(model: LayersModel, data: Batches): Batches {
  const {shape} = model.inputs[0]!;
  if (shape.length !== 5 || shape[1] !== 1) return data;
  return {
    size: data.size,
    classes: data.classes,
    ...(data.normalization && {normalization: data.normalization}),
    async *batches(epoch, options) {
      for await (const batch of data.batches(epoch, options)) {
        const {x} = batch;
        if (x.rank === 4) {
          const clips = tf.expandDims(x, 1);
          x.dispose();
          yield {...batch, x: clips};
        } else yield batch;
      }
    },
  };
}
