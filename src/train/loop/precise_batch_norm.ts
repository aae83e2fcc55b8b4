/**
 * Precise batch norm (Wu and Johnson, 2021) as in mmaction2: the averages of batch normalization made anew of some batches with
 * the weights as they are, plain means of each batch's mean and variance, instead of what moved along while weights changed.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import {derivedSeed, withSeededRandom} from '../../util/seeded_random';
import type {Batch} from '../batches/batches';
import type {NamedWeight, Weight} from '../optimization/parameters';

/** The host and BatchNorm3D keep the momentum where nobody else should write; 0 makes the averages those of the batch. */
interface WithMomentum {
  momentum: number;
}

const isAverage = ({name}: NamedWeight) => /(^|\/)moving_(mean|variance)$/.test(name);

/**
 * @param pass runs the model as in training, for what its layers keep of a batch
 * @param weights of the model; the averages among them are written
 * @param norms the batch normalizations that follow batches
 * @param batches are disposed; the first `count` are taken
 * @param seed dropout is drawn from it, which is on as in training
 * @throws what `batches` throws; the averages are as they were then
 */
export async function preciseBatchNorm(
  pass: (batch: Batch) => void,
  weights: readonly NamedWeight[],
  norms: readonly layers.Layer[],
  batches: AsyncIterable<Batch>,
  {count, seed}: {readonly count: number; readonly seed: number},
): Promise<void> {
  const averages = weights.filter((named) => norms.includes(named.layer) && isAverage(named));
  const layersOf = norms as readonly unknown[] as readonly WithMomentum[];
  const momenta = layersOf.map(({momentum}) => momentum);
  const before = averages.map(({weight}) => tf.keep(tf.clone(weight.read())));
  const sums = averages.map(({weight}) => tf.keep(tf.zerosLike(weight.read())));
  let seen = 0;
  try {
    for (const layer of layersOf) layer.momentum = 0;
    for await (const batch of batches) {
      const drawn = derivedSeed(seed, seen);
      withSeededRandom(drawn, () => pass(batch));
      tf.dispose([batch.x, batch.y]);
      addTo(sums, averages);
      if (++seen === count) break;
    }
    if (seen > 0) {
      for (const [i, {weight}] of averages.entries()) writeMean(weight, sums[i]!, seen);
    }
  } catch (error) {
    for (const [i, {weight}] of averages.entries()) weight.assign(before[i]!);
    throw error;
  } finally {
    layersOf.forEach((layer, i) => {
      layer.momentum = momenta[i]!;
    });
    tf.dispose([before, sums]);
  }
}

function addTo(sums: tf.Tensor[], averages: readonly NamedWeight[]): void {
  averages.forEach(({weight}, i) => {
    const sum = tf.tidy(() => tf.add(sums[i]!, weight.read()));
    sums[i]!.dispose();
    sums[i] = tf.keep(sum);
  });
}

function writeMean(weight: Weight, sum: tf.Tensor, count: number): void {
  const mean = tf.tidy(() => tf.div(sum, count));
  weight.assign(mean);
  mean.dispose();
}
