/** Means of clips over all positions on every backend, their gradients and gradients of these, against formulas in float64. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {positionMeans} from '../../src/ops/position_means';
import {backendNames, startBackend} from '../support/backends';

const SHAPE = [2, 3, 2, 2, 5];
const [POSITIONS, CHANNELS] = [12, 5];
const x = Array.from({length: 120}, (_, i) => (((i * 7) % 11) - 5) / 4);
const factors = Array.from({length: 10}, (_, i) => ((i * 3) % 7) - 3);

/** Of a value of x, its place among the means. */
const placeOf = (i: number) => Math.floor(i / (POSITIONS * CHANNELS)) * CHANNELS + (i % CHANNELS);
const means = factors.map(
  (_, place) => x.reduce((sum, value, i) => sum + (placeOf(i) === place ? value ** 2 : 0), 0) / POSITIONS,
);

/** factors * means(x^2)^2 / 2 */
const loss = (of: tf.Tensor) => {
  const squares = tf.square(positionMeans(tf.square(of)));
  return tf.div(tf.sum(tf.mul(squares, tf.reshape(tf.tensor1d(factors), [2, 5]))), 2) as tf.Scalar;
};

function expectClose(given: ArrayLike<number>, expected: readonly number[]) {
  expect(given.length).toBe(expected.length);
  Array.from(given, (value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
}

describe.each(backendNames)('on %s', (name) => {
  beforeAll(() => startBackend(name));

  it('gives the means', async () => {
    const given = positionMeans(tf.square(tf.tensor(x, SHAPE)));
    expect(given.shape).toEqual([2, 5]);
    expectClose(await given.data(), means);
  });

  it('has gradients, and gradients of these', async () => {
    const clips = tf.tensor(x, SHAPE);
    const slope = (i: number) => (factors[placeOf(i)]! * means[placeOf(i)]! * 2 * x[i]!) / POSITIONS;
    expectClose(
      await tf.grad(loss)(clips).data(),
      x.map((_, i) => slope(i)),
    );
    // Of the sum of the gradient: that of factors * means * 2 sum(x) / positions by each x.
    const sums = factors.map((_, place) =>
      x.reduce((sum, value, i) => sum + (placeOf(i) === place ? value : 0), 0),
    );
    const second = await tf
      .grad((of) => tf.sum(tf.grad(loss)(of)))(clips)
      .data();
    expectClose(
      second,
      x.map((value, i) => {
        const [factor, mean, sum] = [factors, means, sums].map((values) => values[placeOf(i)]!) as [
          number,
          number,
          number,
        ];
        return (factor * ((2 * value * 2 * sum) / POSITIONS + mean * 2)) / POSITIONS;
      }),
    );
  });
});
