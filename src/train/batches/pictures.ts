/** Pictures for networks on clips: those of one frame take them as clips of that length. */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import type {Batch, Batches} from './batches';

async function* asClips(
  caller: string,
  frames: number | null | undefined,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<Batch, void, void> {
  for await (const batch of batches) {
    const {x, y} = batch;
    if (x.rank !== 4) yield batch;
    else if (frames === 1) {
      const clips = tf.expandDims(x, 1);
      x.dispose();
      yield {...batch, x: clips};
    } else {
      tf.dispose([x, y]);
      throw new InvalidArgumentError(
        `${caller}: the data are pictures, the model takes clips of ${frames ?? 'several'} frames; give clips, or a model of one frame.`,
      );
    }
  }
}

/**
 * Data whose pictures `[batch, height, width, channels]` have a time axis for a model of clips of one frame.
 *
 * @param caller the function that reads: begins the error of pictures for a model of longer clips
 */
export function forModel(caller: string, model: LayersModel, data: Batches): Batches {
  const {shape} = model.inputs[0]!;
  if (shape.length !== 5) return data;
  const clips = (batches: AsyncIterable<Batch>) => asClips(caller, shape[1], batches);
  return {
    size: data.size,
    classes: data.classes,
    ...(data.normalization && {normalization: data.normalization}),
    batches: (epoch, options) => clips(data.batches(epoch, options)),
    ...(data.begin && {
      async begin(epoch, options, room) {
        const begun = await data.begin!(epoch, options, room);
        return {batches: () => clips(begun.batches()), close: () => begun.close()};
      },
    }),
  };
}
