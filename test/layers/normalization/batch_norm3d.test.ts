/** BatchNorm3D: the rules of its updates. Its values: golden_batch_norm.shared.test.ts. */
import * as tf from '@tensorflow/tfjs-core';
import {layers as host, sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../../src/layers';
import {backendNames} from '../../support/backends';
import {numbers, startLayers} from '../contract';

describe.each(backendNames)('batchNorm3d on %s', (backend) => {
  beforeAll(() => startLayers(backend));

  it('moves its averages as the host does at rank 4, and by n - 1 on demand', () => {
    const x4 = numbers([2, 3, 4, 5]);
    const x5 = tf.reshape(x4, [2, 1, 3, 4, 5]);
    const theirs = host.batchNormalization({momentum: 0.7});
    const [ours, unbiased] = [
      sts.batchNorm3d({momentum: 0.7}),
      sts.batchNorm3d({momentum: 0.7, unbiasedMovingVariance: true}),
    ];
    const expected = theirs.apply(x4, {training: true}) as tf.Tensor;
    const actual = ours.apply(x5, {training: true}) as tf.Tensor;
    unbiased.apply(x5, {training: true});
    const close = (a: tf.Tensor, b: tf.Tensor, scale = 1) =>
      a.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(b.dataSync()[i]! * scale, 5);
      });
    close(actual, expected);
    for (const i of [2, 3]) close(ours.getWeights()[i]!, theirs.getWeights()[i]!);
    // From variance 1: 0.7 + 0.3 v and 0.7 + 0.3 v n / (n - 1), n = 24.
    const [v, u] = [ours, unbiased].map((layer) => tf.sub(layer.getWeights()[3]!, 0.7));
    close(u!, v!, 24 / 23);
    const inference = ours.apply(x5) as tf.Tensor;
    close(inference, theirs.apply(x4) as tf.Tensor);
  });

  it('keeps its averages when frozen, and uses them in training', () => {
    const x = numbers([2, 2, 3, 3, 4]);
    const layer = sts.batchNorm3d({trainable: false});
    const inference = layer.apply(x) as tf.Tensor;
    const training = layer.apply(x, {training: true}) as tf.Tensor;
    expect(training.dataSync()).toEqual(inference.dataSync());
    expect([...layer.getWeights()[2]!.dataSync()]).toEqual([0, 0, 0, 0]);
    expect(layer.trainableWeights).toHaveLength(0);
  });

  it('takes the weights that the host saved for a rank-4 layer of the same name', () => {
    const theirs = host.batchNormalization({inputShape: [2, 2, 3], name: 'bn'});
    const ours = sts.batchNorm3d({inputShape: [1, 2, 2, 3], name: 'bn'});
    sequential({layers: [theirs]});
    sequential({layers: [ours]});
    expect(ours.weights.map(({originalName}) => originalName)).toEqual(
      theirs.weights.map(({originalName}) => originalName),
    );
  });
});
