/**
 * Softmax cross entropy in training on wasm, as the loop asks for it: against float64, PyTorch's answers, and stock ops where logits are
 * none that a loss can be of; in a recording.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it, vi} from 'vitest';
import '../../../src/entries';
import '../../../src/entries/backends/wasm';
import {CrossEntropyTrain} from '../../../src/geometry/kernel_names';
import {connect} from '../../../src/kernels/wasm/runtime/wasm_runtime';
import {takenOnce} from '../../../src/ops/grads/taken_once';
import {traceKernels} from '../../../src/train/loop/traced/kernel_trace';
import {type LossConfig, lossAndHits} from '../../../src/train/optimization/losses';
import {startBackend} from '../../support/backends';
import {readTrainingVectors} from '../../train/support/vectors';
import {liveBackend, valuesOf} from './wasm_host';

type Shape = [batch: number, classes: number];

interface Found {
  readonly loss: number;
  readonly hits: number;
  readonly gradient: number[];
}

beforeAll(() => startBackend('wasm'));

/** Loss and right answers, with the gradient of the former times a factor. */
function compute(logits: tf.Tensor2D, targets: tf.Tensor2D, config: LossConfig, factor = 1): tf.Tensor[] {
  let hits: tf.Tensor;
  const {value, grad} = tf.valueAndGrad((x: tf.Tensor) => {
    const found = lossAndHits(x as tf.Tensor2D, targets, config);
    hits = tf.keep(found.hits);
    return factor === 1 ? found.value : tf.mul(found.value, factor);
  })(logits);
  return [value, grad, hits!];
}

/** With our kernel, or with stock ops. */
function found(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  shape: Shape,
  config: LossConfig,
): Found {
  const both = [logits, targets].map((values) => tf.tensor2d(Float32Array.from(values), shape));
  const results = takenOnce(() => compute(both[0]!, both[1]!, config));
  const [loss, gradient, hits] = results.map((tensor) => [...tensor.dataSync()]);
  tf.dispose([...both, ...results]);
  return {loss: loss![0]!, gradient: gradient!, hits: hits![0]!};
}

function foundByStockOps(...args: Parameters<typeof found>): Found {
  const kernel = tf.getKernel(CrossEntropyTrain, 'wasm')!;
  tf.unregisterKernel(CrossEntropyTrain, 'wasm');
  try {
    return found(...args);
  } finally {
    tf.registerKernel(kernel);
  }
}

/** Mixed targets, of which some lie where the logits are greatest. */
function mixed(shape: Shape, seed: number): Float32Array {
  const [batch, classes] = shape;
  const targets = new Float32Array(batch * classes);
  const drawn = valuesOf([batch, 3], seed).map((value) => value + 0.5);
  for (let row = 0; row < batch; row++) {
    const share = drawn[3 * row]!;
    targets[row * classes + Math.floor(drawn[3 * row + 1]! * classes)]! += share;
    targets[row * classes + Math.floor(drawn[3 * row + 2]! * classes)]! += 1 - share;
  }
  return targets;
}

const greatest = (row: readonly number[]) => row.indexOf(Math.max(...row));

function expected(
  logits: Float32Array,
  targets: Float32Array,
  [batch, classes]: Shape,
  {labelSmoothing = 0, classWeights}: LossConfig,
): Found {
  let [loss, hits] = [0, 0];
  const gradient: number[] = [];
  for (let row = 0; row < batch; row++) {
    const part = (values: Float32Array) => [...values.subarray(row * classes, (row + 1) * classes)];
    const [x, given] = [part(logits), part(targets)];
    if (greatest(x) === greatest(given)) hits++;
    const goal = given.map(
      (t, i) => (t * (1 - labelSmoothing) + labelSmoothing / classes) * (classWeights?.[i] ?? 1),
    );
    const most = Math.max(...x);
    const total = most + Math.log(x.reduce((sum, value) => sum + Math.exp(value - most), 0));
    loss += goal.reduce((sum, t, i) => sum + t * (total - x[i]!), 0) / batch;
    const all = goal.reduce((sum, t) => sum + t, 0);
    gradient.push(...x.map((value, i) => (all * Math.exp(value - total) - goal[i]!) / batch));
  }
  return {loss, hits, gradient};
}

describe('the loss and its gradient', () => {
  const shapes: Shape[] = [
    ...([1, 2, 3, 5, 60, 401] as const).map((classes): Shape => [7, classes]),
    [1, 400],
    [130, 2],
  ];

  it.each(shapes)('%i samples of %i classes, against float64', (...shape) => {
    const weights = [...valuesOf([shape[1]], 9)].map((value) => Math.fround(value + 0.75));
    const configs = [
      {},
      {labelSmoothing: 0.1},
      {classWeights: weights},
      {labelSmoothing: 1, classWeights: weights},
    ];
    for (const [i, config] of configs.entries()) {
      // Losses of some thousandths and of some hundreds.
      for (const size of [0.01, 10, 300]) {
        const logits = valuesOf(shape, i + 1).map((value) => value * size);
        const targets = mixed(shape, i + 20);
        const given = found(logits, targets, shape, {name: 'softmax', ...config});
        const right = expected(logits, targets, shape, {name: 'softmax', ...config});
        expect(given.hits).toBe(right.hits);
        // Rounded once. The shares of labels and exponentials are within 1e-8.
        expect(Math.abs(given.loss - right.loss)).toBeLessThanOrEqual((right.loss + 1e-3) * 2 ** -23);
        const off = given.gradient.map((value, k) => Math.abs(value - right.gradient[k]!));
        expect(Math.max(...off) * shape[0]).toBeLessThanOrEqual(2 ** -22);
      }
    }
  });

  it('are those of PyTorch', async () => {
    const {logits, cases} = (await readTrainingVectors()).losses;
    for (const [name, {options, targets, loss, gradient, ...given}] of Object.entries(cases)) {
      const shape: Shape = [targets.length, targets[0]!.length];
      const answer = found(logits.flat(), targets.flat(), shape, {name: given.name, ...options});
      expect(answer.loss, name).toBeCloseTo(loss, 5);
      const off = answer.gradient.map((value, i) => Math.abs(value - gradient.flat()[i]!));
      expect(Math.max(...off), name).toBeLessThan(2e-6);
    }
  });

  it('keeps what is far from right, and what is nearly right', () => {
    const far = found([500, -500], [0, 1], [1, 2], {name: 'softmax'});
    expect(far).toEqual({loss: 1000, gradient: [1, -1], hits: 0});
    const near = found([0, -20], [1, 0], [1, 2], {name: 'softmax'});
    expect(near.hits).toBe(1);
    expect(near.loss / Math.exp(-20)).toBeCloseTo(1, 6);
    expect(near.gradient[1]! / Math.exp(-20)).toBeCloseTo(1, 6);
  });
});

it('of what is infinite or not a number makes what stock ops do', () => {
  const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
  const rows = [
    ...[
      [nan, 1, 2],
      [1, nan, 2],
      [1, 2, nan],
      [nan, nan, nan],
      [inf, 1, 2],
      [1, inf, inf],
      [1, -inf, 2],
    ],
    ...[
      [-inf, -inf, -inf],

      [inf, -inf, 0],
      [inf, nan, 0],
    ],
  ];
  const goals = [
    [1, 0, 0],
    [0, 0.5, 0.5],
    [0, 1, 0],
  ];
  for (const row of rows) {
    for (const goal of goals) {
      for (const labelSmoothing of [0, 0.1]) {
        // A row of its own keeps its gradient.
        const args = [[...row, 1, 2, 4], [...goal, 1, 0, 0], [2, 3] as Shape] as const;
        const config = {name: 'softmax', labelSmoothing} as const;
        const [given, right] = [found(...args, config), foundByStockOps(...args, config)];
        const message = JSON.stringify([row.map(String), goal]);
        expect(given.hits, message).toBe(right.hits);
        const [values, wanted] = [
          [given.loss, ...given.gradient],
          [right.loss, ...right.gradient],
        ];
        values.forEach((value, i) => {
          if (Number.isFinite(wanted[i])) expect(value, message).toBeCloseTo(wanted[i]!, 6);
          else expect(value, message).toBe(wanted[i]);
        });
      }
    }
  }
});

it('counts the first of equals, as stock ops', () => {
  const logits = [1, 1, 0, 2, 3, 3, 0, 0, 0, 5, 4, 5];
  const targets = [1, 0, 0, 0, 0.5, 0.5, 0, 0, 1, 0.2, 0, 0.8];
  const args = [logits, targets, [4, 3] as Shape, {name: 'softmax', classWeights: [1, 5, 9]}] as const;
  expect(found(...args).hits).toBe(2);
  expect(foundByStockOps(...args).hits).toBe(2);
});

it('leaves gradients by targets, and other types, to stock ops', () => {
  const shape: Shape = [2, 3];
  const [logits, targets] = [tf.tensor2d(valuesOf(shape, 1), shape), tf.tensor2d(mixed(shape, 2), shape)];
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const config: LossConfig = {name: 'softmax'};
    const ofTargets = tf.grad((t) => lossAndHits(logits, t as tf.Tensor2D, config).value)(targets);
    const logs = tf.logSoftmax(logits).dataSync();
    ofTargets.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(-logs[i]! / 2, 5);
    });
    const whole = tf.cast(targets, 'int32');
    const value = takenOnce(() => lossAndHits(logits, whole, config).value);
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
  });
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([logits, targets]);
});

it('is one row of kernels for a recording, with the gradient of what is behind it', () => {
  const shape: Shape = [5, 7];
  const configs: LossConfig[] = [
    {name: 'softmax'},
    {name: 'softmax', labelSmoothing: 0.1, classWeights: [1, 2, 3, 4, 5, 6, 7]},
  ];
  for (const config of configs) {
    const given = (seed: number) =>
      [tf.tensor2d(valuesOf(shape, seed), shape), tf.tensor2d(mixed(shape, seed + 1), shape)] as const;
    const run = ([logits, targets]: ReturnType<typeof given>) =>
      tf.tidy(() => takenOnce(() => compute(logits, targets, config, 0.5)));
    const first = given(1);
    const {result, program} = traceKernels(
      [...first],
      () => run(first),
      (made) => made,
    );
    const other = given(5);
    tf.dispose(program!.run([...first]));
    const runs = vi.spyOn(connect(liveBackend())!, 'run');
    const again = program!.run([...other]);
    // All as one.
    expect(runs).toHaveBeenCalledTimes(1);
    runs.mockRestore();
    const right = run(other);
    const values = [result, again, right].map((tensors) => tensors.map((one) => [...one.dataSync()]));
    expect(values[0]).not.toEqual(values[2]);
    expect(values[1]).toEqual(values[2]);
    program!.dispose();
    tf.dispose([...first, ...other, ...result, ...again, ...right]);
  }
});
