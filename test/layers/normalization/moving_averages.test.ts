/** Averages of batch normalization that move together: the same bits as one after the other, and none if a layer fails. */
import * as tf from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {movingTogether} from '../../../src/layers/normalization/moving_averages';
import {implementations} from '../../support/implementations';

const SHAPE = [2, 3, 4, 4, 5];

describe.each(implementations.filter(({backend}) => backend === 'cpu' || backend === 'wasm'))(
  'on $name',
  ({use}) => {
    beforeAll(use);

    const norms = () => [0.9, 0.5].map((momentum) => sts.layers.batchNorm3d({momentum}));
    const averagesOf = (given: readonly layers.Layer[]) =>
      given.flatMap((layer) => layer.nonTrainableWeights.map((weight) => weight.read().dataSync()));
    /** The first one is called again behind the second, as a layer that two paths share. */
    const run = ([first, second]: readonly layers.Layer[], x: tf.Tensor) =>
      tf.tidy(() =>
        [first!, second!, first!].reduce((value, layer, i) => {
          const shifted = tf.add(value, i + 1);
          return layer.apply(shifted, {training: true}) as tf.Tensor;
        }, x),
      );

    it('moves in the order of the calls, also what moves twice', () => {
      const x = tf.randomNormal(SHAPE, 1, 3, 'float32', 1);
      const [one, two] = [norms(), norms()];
      run(one, x).dispose();
      movingTogether(() => run(two, x)).dispose();
      const before = tf.memory().numTensors;
      for (let i = 0; i < 3; i++) {
        run(one, x).dispose();
        movingTogether(() => run(two, x)).dispose();
        expect(averagesOf(two)).toEqual(averagesOf(one));
      }
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([x, ...[...one, ...two].flatMap(({weights}) => weights.map((weight) => weight.read()))]);
    });

    it('moves none when a layer fails, and leaves nothing behind', () => {
      const x = tf.randomNormal(SHAPE, 1, 3, 'float32', 1);
      const given = norms().slice(0, 1);
      given[0]!.build(SHAPE);
      const [before, tensors] = [averagesOf(given), tf.memory().numTensors];
      const failing = () => {
        (given[0]!.apply(x, {training: true}) as tf.Tensor).dispose();
        throw new Error('no more');
      };
      expect(() => movingTogether(failing)).toThrow('no more');
      expect(averagesOf(given)).toEqual(before);
      expect(tf.memory().numTensors).toBe(tensors);
      // From now on at once again.
      (given[0]!.apply(x, {training: true}) as tf.Tensor).dispose();
      expect(averagesOf(given)).not.toEqual(before);
      tf.dispose([x, ...given.flatMap(({weights}) => weights.map((weight) => weight.read()))]);
    });
  },
);
