/**
 * `tf.mean` over many axes against plain float64 loops, on the backend that is live: short sums, long ones that kernels cut into
 * chunks, and views of what kernels have written, which lie in the memory of webgl by another shape.
 */
import * as tf from '@tensorflow/tfjs-core';
import {expect} from 'vitest';
import {kernelCoverage} from '../../src/kernels/registry';

interface Case {
  readonly shape: readonly number[];
  /** Another shape with as many values, in which a program writes them first. */
  readonly written?: readonly number[];
  readonly axes: readonly number[];
}

/** Odd and even widths and channels, batches, axes at the front, in the middle and at the end. */
const cases: readonly Case[] = [
  {shape: [1, 3, 4, 5, 7], axes: [1, 2, 3]},
  {shape: [3, 2, 3, 3, 6], axes: [1, 2, 3]},
  {shape: [2, 3, 5, 4, 1], axes: [1, 2, 3]},
  {shape: [2, 3, 2, 5, 3], axes: [2, 3]},
  {shape: [2, 3, 2, 5, 3], axes: [3]},
  {shape: [2, 3, 2, 5, 3], axes: [1, 2]},
  {shape: [2, 3, 2, 5, 3], axes: [1, 3]},
  {shape: [2, 3, 2, 5, 3], axes: [2, 3, 4]},
  {shape: [7, 5], axes: [0]},
  {shape: [3, 7, 5], axes: [0]},
  {shape: [5, 33, 70], axes: [1]},
  {shape: [2, 45, 6], written: [2, 3, 3, 5, 6], axes: [1]},
  {shape: [3, 30, 5], written: [3, 2, 3, 5, 5], axes: [1]},
  {shape: [2, 3, 3, 5, 6], written: [2, 45, 6], axes: [1, 2, 3]},
  // Long: chunks, the last of which is shorter.
  {shape: [1, 13, 40, 39, 5], axes: [1, 2, 3]},
  {shape: [2, 5, 23, 24, 34], axes: [1, 2, 3]},
  {shape: [3001, 3], axes: [0]},
];

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

function naiveMeans({shape, axes}: Case, values: Float32Array) {
  const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const [sums, magnitudes] = [new Float64Array(sizeOf(kept)), new Float64Array(sizeOf(kept))];
  values.forEach((value, at) => {
    let [rest, to, step] = [at, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (!axes.includes(axis)) to += (rest % shape[axis]!) * step;
      rest = Math.floor(rest / shape[axis]!);
      step *= kept[axis]!;
    }
    sums[to]! += value;
    magnitudes[to]! += Math.abs(value);
  });
  return {sums, magnitudes, count: values.length / sums.length, kept};
}

export async function checkMeans(): Promise<void> {
  expect(kernelCoverage(tf.getBackend()).Mean).toBe('kernel');
  for (const [number, one] of cases.entries()) {
    const {shape, axes, written = shape} = one;
    const values = Float32Array.from(
      {length: sizeOf(shape)},
      (_, i) => ((i * 7919 + 13) % 1009) / 1009 - 0.3,
    );
    const {sums, magnitudes, count, kept} = naiveMeans(one, values);
    const keepDims = number % 2 === 1;
    const label = `[${shape}] written as [${written}] over ${axes}`;
    // exp is 1 where there is nothing, as it may be beyond the borders of what the host's programs write.
    const y = tf.tidy(() => {
      const x = tf.tensor(values, [...written]);
      const same = tf.add(x, tf.sub(tf.exp(tf.mul(x, 0)), 1));
      // Both read it as the next program does: one that packs two rows and two columns, one by one.
      return tf.mul(tf.mean(tf.reshape(same, [...shape]), [...axes], keepDims), 1);
    });
    expect(y.shape, label).toEqual(keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis)));
    const given = await y.data();
    y.dispose();
    // Three roundings of a value before, one for each term that is added, two of the division and what is behind.
    const bound = (i: number) => ((count + 6) * 2 ** -24 * (magnitudes[i]! + count * 2 ** -24)) / count;
    const isOff = (i: number) => !(Math.abs(given[i]! - sums[i]! / count) <= bound(i));
    expect([...sums.keys()].filter(isOff), label).toEqual([]);
  }
}
