/** Pooling of random geometries: the same bits on one thread and on three, which begin and end within windows. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {beforeAll, expect, it} from 'vitest';
import {pools, wholeNumbers} from '../../random_pools';
import {liveRuntime, startBehindWorkers, startThreads} from './start_threads';

type Axes = [number, number, number];

beforeAll(() => startThreads(2));

it('is the same on 1 and 3 threads, forward and back', async () => {
  const cases = fc.sample(pools, {numRuns: 60, seed: 7});
  const everything = () =>
    cases.map(({xShape, window, strides, pad}, seed) =>
      tf.tidy(() => {
        const x = tf.tensor(wholeNumbers(xShape, seed + 1), xShape as tf.Tensor5D['shape']);
        const run = (t: tf.Tensor) => tf.maxPool3d(t as tf.Tensor5D, window as Axes, strides as Axes, pad);
        const y = run(x);
        const dy = tf.tensor(wholeNumbers(y.shape, seed + 2), y.shape);
        return [y, tf.grad(run)(x, dy)].map((tensor) => tensor.dataSync() as Float32Array) as never;
      }),
    );
  await liveRuntime().setThreads(1);
  const expected = everything();
  await startBehindWorkers(liveRuntime(), 3);
  expect(everything()).toEqual(expected);
});
