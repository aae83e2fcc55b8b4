/** A frozen model against the model itself: random weights, random inputs, the answers, and the tensors in memory. */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'vitest';
import {freeze} from '../../../src/inference/freeze';

/** Fills every weight with numbers of its own: variances stay positive, nothing stays 0 or 1. */
export function scramble(model: tfl.LayersModel): void {
  model.weights.forEach((weight, i) => {
    const [low, high] = weight.originalName.endsWith('variance') ? [0.5, 2] : [-0.5, 0.5];
    const values = tf.randomUniform(weight.shape as number[], low, high, 'float32', i + 1);
    weight.write(values);
    values.dispose();
  });
}

/** The largest difference of two answers as part of the largest value. */
export function difference(actual: tf.Tensor, expected: tf.Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [actual.dataSync(), expected.dataSync()].map((values) => Array.from(values)) as [
    number[],
    number[],
  ];
  const largest = Math.max(...b.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / largest;
}

/** Freezes a model and compares its answers on a random clip; the number of steps is the caller's to judge. */
export function stepsWithSameAnswers(model: tfl.LayersModel, tolerance = 1e-5): number {
  scramble(model);
  const shapes = model.inputs.map(({shape}) => shape.map((length) => length ?? 2));
  const clips = shapes.map((shape, i) => tf.randomNormal(shape, 0, 1, 'float32', i + 7));
  const expected = [model.predict(clips)].flat();
  const before = tf.memory().numTensors;
  const frozen = freeze(model);
  const held = tf.memory().numTensors;
  const actual = [frozen.predict(clips)].flat();
  expect(tf.memory().numTensors).toBe(held + actual.length);
  actual.forEach((answer, i) => {
    expect(difference(answer, expected[i]!)).toBeLessThan(tolerance);
  });
  tf.dispose([...actual, ...expected]);
  frozen.dispose();
  expect(tf.memory().numTensors).toBe(before - expected.length);
  return frozen.stepCount;
}
