/** Pictures for networks on clips: those of one frame take them as clips of that length. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch, Batches} from './batches';

async function* asClips(batches: AsyncIterable<Batch>): AsyncGenerator<Batch, void, void> {
  for await (const batch of batches) {
    const {x} = batch;
    if (x.rank === 4) {
      const clips = tf.expandDims(x, 1);
      x.dispose();
      yield {...batch, x: clips};
    } else yield batch;
  }
}

/** Data whose pictures `[batch, height, width, channels]` have a time axis if the model wants one of length 1. */
export function forModel(model: LayersModel, data: Batches): Batches {
  const {shape} = model.inputs[0]!;
  if (shape.length !== 5 || shape[1] !== 1) return data;
  return {
    size: data.size,
    classes: data.classes,
    ...(data.normalization && {normalization: data.normalization}),
    batches: (epoch, options) => asClips(data.batches(epoch, options)),
    ...(data.begin && {
      async begin(epoch, options, room) {
        const begun = await data.begin!(epoch, options, room);
        return {batches: () => asClips(begun.batches()), close: () => begun.close()};
      },
    }),
  };
}
