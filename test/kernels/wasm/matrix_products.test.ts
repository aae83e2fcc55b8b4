/**
 * Matrix products on wasm, which a kernel of ours computes where they are large enough, against a loop in float64: `tf.matMul`,
 * dense layers with their gradients, and the calls that stay the host's.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/backends/wasm';
import {matrixProductConfigs} from '../../../src/kernels/wasm/convolution/matrix_products';
import {numbers} from '../../layers/contract';
import {startBackend} from '../../support/backends';

beforeAll(() => startBackend('wasm'));

/** Sums of products, rows of x by columns of w, then a bias. */
function product(x: Float32Array, w: Float32Array, columns: number, bias?: Float32Array): Float64Array {
  const inputs = w.length / columns;
  const y = new Float64Array((x.length / inputs) * columns);
  for (let i = 0; i < y.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = bias?.[column] ?? 0;
    for (let k = 0; k < inputs; k++) sum += x[row * inputs + k]! * w[k * columns + column]!;
    y[i] = sum;
  }
  return y;
}

function expectNear(y: tf.Tensor, expected: Float64Array, inputs: number): void {
  const values = y.dataSync();
  expect(values.length).toBe(expected.length);
  // Products of numbers below 1.3, each added with an error of 6e-8 of a sum of at most as many.
  const allowed = 1.3 ** 2 * 6e-8 * inputs * Math.sqrt(inputs);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(values[i]! - value)), 0);
  expect(worst).toBeLessThan(allowed);
}

describe('tf.matMul', () => {
  const SIZES = [
    [1, 32, 40],
    [1, 67, 301],
    [3, 9, 10],
    [4, 64, 64],
    [7, 130, 33],
    [8, 12, 77],
    [16, 32, 32],
    [37, 128, 33],
    [100, 77, 40],
    [20, 7, 64],
    [20, 64, 5],
  ] as const;

  it.each(SIZES)('of %d rows by %d x %d', (rows, inputs, columns) => {
    const [x, w] = [numbers([rows, inputs]), numbers([inputs, columns], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const y = tf.matMul(x, w);
    expect(y.shape).toEqual([rows, columns]);
    expectNear(y, product(x.dataSync() as Float32Array, w.dataSync() as Float32Array, columns), inputs);
    tf.dispose([x, w, y]);
  });

  it.each(SIZES)('of %d rows by %d x %d: one of them transposed', (rows, inputs, columns) => {
    const [x, w] = [numbers([rows, inputs]), numbers([inputs, columns], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const expected = product(x.dataSync() as Float32Array, w.dataSync() as Float32Array, columns);
    const [second, first] = tf.tidy(() => [
      tf.matMul(x, tf.transpose(w), false, true),
      tf.matMul(tf.transpose(x), w, true, false),
    ]);
    for (const y of [second!, first!]) {
      expect(y.shape).toEqual([rows, columns]);
      expectNear(y, expected, inputs);
    }
    tf.dispose([x, w, second!, first!]);
  });

  it.each([
    [
      [3, 10],
      [10, 12],
    ],
    [
      [2, 3, 10],
      [10, 12],
    ],
    [
      [2, 2, 3, 10],
      [1, 10, 12],
    ],
    [
      [3, 10],
      [1, 1, 10, 12],
    ],
    [
      [2, 3, 10],
      [1, 1, 10, 12],
    ],
  ])('of %j by %j has the shape that it has elsewhere', (xShape, wShape) => {
    const [x, w] = [numbers(xShape), numbers(wShape, 2)];
    const y = tf.matMul(x, w);
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(xShape.slice(0, -2), wShape.slice(0, -2));
    expect(y.shape).toEqual([...outer, 3, 12]);
    expectNear(y, product(x.dataSync() as Float32Array, w.dataSync() as Float32Array, 12), 10);
    tf.dispose([x, w, y]);
  });

  it.each([
    ['rows by a matrix', [3, 40], [40, 50], false, false, true],
    ['rows of several batches', [2, 3, 40], [1, 40, 50], false, false, true],
    ['rows by a matrix transposed', [3, 40], [50, 40], false, true, true],
    ['rows transposed', [3, 40], [3, 50], true, false, true],
    ['both transposed', [40, 3], [50, 40], true, true, false],
    ['several matrices', [2, 3, 40], [2, 40, 50], false, false, false],
    ['rows of several batches, transposed', [2, 3, 40], [1, 3, 50], true, false, false],
    ['few columns', [3, 40], [40, 2], false, false, false],
    ['no rows', [0, 40], [40, 50], false, false, false],
  ])('of %s', (_, aShape, bShape, transposeA, transposeB, ours) => {
    const [a, b] = [tf.zeros(aShape), tf.zeros(bShape)];
    const [config] = matrixProductConfigs;
    expect(config!.takes!({inputs: {a, b}, attrs: {transposeA, transposeB}, backend: tf.backend()})).toBe(
      ours,
    );
    tf.dispose([a, b]);
  });

  it('of two transposed and of several matrices stays what it is', () => {
    const [x, w] = [numbers([40, 48]), numbers([48, 40], 2)] as [tf.Tensor2D, tf.Tensor2D];
    const expected = product(x.dataSync() as Float32Array, w.dataSync() as Float32Array, 40);
    const turned = tf.tidy(() => tf.matMul(tf.transpose(x), tf.transpose(w), true, true));
    expectNear(turned, expected, 48);
    const several = tf.tidy(() => tf.matMul(tf.stack([x, x]), tf.stack([w, w])));
    expectNear(several, Float64Array.of(...expected, ...expected), 48);
    const shared = tf.tidy(() => tf.matMul(tf.stack([x, x]), tf.expandDims(w)));
    expectNear(shared, Float64Array.of(...expected, ...expected), 48);
    tf.dispose([x, w, turned, several, shared]);
  });

  it('has new weights when the matrix is a new one', () => {
    const x = tf.ones([32, 32]) as tf.Tensor2D;
    for (const value of [1, 2]) {
      const w = tf.fill([32, 32], value) as tf.Tensor2D;
      expect(tf.tidy(() => tf.matMul(x, w).dataSync()[0])).toBe(32 * value);
      w.dispose();
    }
    x.dispose();
  });
});

describe('dense layers', () => {
  it.each(['linear', 'relu', 'relu6', 'sigmoid', 'elu', 'tanh', 'softmax'] as const)(
    'with %s',
    (activation) => {
      const layer = tfl.layers.dense({units: 40, activation, biasInitializer: 'randomNormal'});
      const x = numbers([2, 10, 48]);
      const y = layer.apply(x) as tf.Tensor;
      const [w, bias] = layer.getWeights().map((weight) => weight.dataSync() as Float32Array);
      const sums = product(x.dataSync() as Float32Array, w!, 40, bias);
      const ended = tf.tidy(() => {
        const given = tf.tensor(Float32Array.from(sums), [2, 10, 40]);
        return (tfl.layers.activation({activation}).apply(given) as tf.Tensor).dataSync();
      });
      expect(y.shape).toEqual([2, 10, 40]);
      expectNear(y, Float64Array.from(ended), 48);
    },
  );

  it.each([1, 5, 24])('train on %d rows: the gradients are those of the loop', (rows) => {
    const [x, w, dy] = [numbers([rows, 40]), numbers([40, 32], 2), numbers([rows, 32], 3)] as tf.Tensor2D[];
    const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D))(
      [x!, w!],
      dy!,
    );
    const turned = (t: tf.Tensor2D) => tf.tidy(() => tf.transpose(t).dataSync() as Float32Array);
    expectNear(dx!, product(dy!.dataSync() as Float32Array, turned(w!), 40), 32);
    expectNear(dw!, product(turned(x!), dy!.dataSync() as Float32Array, 32), rows);
  });

  it('with weights in their activation stay what they are', () => {
    const w = numbers([64, 64]) as tf.Tensor2D;
    const y = tf.fused.matMul({
      a: numbers([32, 64]) as tf.Tensor2D,
      b: w,
      activation: 'prelu',
      preluActivationWeights: tf.fill([64], 0.5),
    });
    const sums = product(numbers([32, 64]).dataSync() as Float32Array, w.dataSync() as Float32Array, 64);
    expectNear(
      y,
      sums.map((sum) => (sum < 0 ? sum / 2 : sum)),
      64,
    );
  });
});
