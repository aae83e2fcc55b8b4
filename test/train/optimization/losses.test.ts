/** Losses and their gradients against PyTorch's and timm's, and the gradients against finite differences. */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {type LossConfig, loss} from '../../../src/train/optimization/losses';
import {backendNames, startBackend} from '../../support/backends';
import {noise, readTrainingVectors, type TrainingVectors} from '../support/vectors';

/** Values up to 6, sums of 30 terms. */
const ROUNDING = 2e-6;

let vectors: TrainingVectors['losses'];
beforeAll(async () => {
  vectors = (await readTrainingVectors()).losses;
});

describe.each(backendNames)('on %s', (backend) => {
  beforeAll(() => startBackend(backend));

  it('are those of PyTorch, with their gradients', () => {
    expect(Object.keys(vectors.cases)).toHaveLength(7);
    for (const [name, given] of Object.entries(vectors.cases)) {
      const config: LossConfig = {name: given.name, ...given.options};
      tf.tidy(() => {
        const compute = tf.valueAndGrad((x) => loss(x as tf.Tensor2D, tf.tensor2d(given.targets), config));
        const {value, grad} = compute(tf.tensor2d(vectors.logits));
        expect(value.dataSync()[0], name).toBeCloseTo(given.loss, 5);
        const off = given.gradient.flat().map((expected, i) => Math.abs(expected - grad.dataSync()[i]!));
        expect(Math.max(...off), name).toBeLessThan(ROUNDING);
      });
    }
  });

  it.each(['softmax', 'binary'] as const)('%s has the gradient of finite differences, at 0 too', (name) => {
    const config = {name, labelSmoothing: 0.2, classWeights: [1, 0.5, 2]};
    const start = [...noise('differences', 9), 0, 0, 0];
    const targets = tf.tensor2d([0, 1, 0, 1, 0, 0, 0.3, 0.3, 0.4, 0, 0, 1], [4, 3]);
    const at = (values: number[]) => loss(tf.tensor2d(values, [4, 3]), targets, config);
    tf.tidy(() => {
      const gradient = tf.grad((x) => loss(x as tf.Tensor2D, targets, config))(tf.tensor2d(start, [4, 3]));
      const values = gradient.dataSync();
      // Rounding of the loss, about 1e-7, over the step; the third derivative, below 0.1, times its square.
      const step = 2 ** -6;
      for (const i of start.keys()) {
        const moved = (by: number) =>
          at(start.map((value, k) => (k === i ? value + by : value))).dataSync()[0]!;
        expect((moved(step) - moved(-step)) / (2 * step)).toBeCloseTo(values[i]!, 4);
      }
    });
    targets.dispose();
  });

  it('stays finite for logits that exponentials do not take', () => {
    for (const name of ['softmax', 'binary'] as const) {
      const value = tf.tidy(
        () => loss(tf.tensor2d([[500, -500]]), tf.tensor2d([[0, 1]]), {name}).dataSync()[0],
      );
      expect(value).toBe(name === 'softmax' ? 1000 : 500);
    }
  });
});
