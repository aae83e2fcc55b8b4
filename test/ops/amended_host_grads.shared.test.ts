/**
 * Gradients that the host fails to take, on every backend: of its own dilated convolution, against plain loops; of
 * `tf.unstack` of one entry; of `tf.batchNorm` of clips, and without scale or offset, against float64 from the definition. The former in whole numbers, whose
 * sums are exact in any order. And those that the host takes in more ops than they need: of reLU up to 6, of swish, of means.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {mendStockLayers} from '../../src/layers';
import {registerGradients} from '../../src/ops/grads/register';
import {takenOnce} from '../../src/ops/grads/taken_once';
import {backendNames, startBackend} from '../support/backends';
import {
  type NaiveGeometry,
  naiveConv3d,
  naiveFilterGradient,
  naiveInputGradient,
} from '../support/naive_conv3d';

const geometry: NaiveGeometry = {
  xShape: [2, 5, 6, 7, 3],
  filterShape: [3, 2, 3, 3, 2],
  strides: [1, 1, 1],
  dilations: [2, 1, 3],
  // 'same': (taps - 1) * dilation / 2, rounded down.
  before: [2, 0, 3],
  output: [5, 6, 7],
  groups: 1,
};

function wholes(shape: readonly number[], factor: number): Float32Array {
  const size = shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({length: size}, (_, i) => ((i * factor) % 11) - 5);
}

type Statistics = Record<'mean' | 'variance' | 'scale', readonly number[]>;

/** By x, mean, variance, offset and scale, of y = (x - mean) / sqrt(variance + epsilon) * scale + offset, the channels last. */
function naiveBatchNormGradients(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  {mean, variance, scale}: Statistics,
  epsilon: number,
): number[][] {
  const zeros = () => mean.map(() => 0);
  const [dx, dmean, dvariance, doffset, dscale] = [[] as number[], zeros(), zeros(), zeros(), zeros()];
  for (let i = 0; i < x.length; i++) {
    const c = i % mean.length;
    const deviation = Math.sqrt(variance[c]! + epsilon);
    dx.push((dy[i]! * scale[c]!) / deviation);
    dmean[c]! -= (dy[i]! * scale[c]!) / deviation;
    dvariance[c]! -= (dy[i]! * scale[c]! * (x[i]! - mean[c]!)) / (2 * deviation ** 3);
    doffset[c]! += dy[i]!;
    dscale[c]! += (dy[i]! * (x[i]! - mean[c]!)) / deviation;
  }
  return [dx, dmean, dvariance, doffset, dscale];
}

describe.each(backendNames)('on %s', (name) => {
  beforeAll(async () => {
    await startBackend(name);
    registerGradients();
  });

  it.each([
    ['one', 1, [1, 3, 1]],
    ['the outer', [0, 2], [2, 1, 4]],
    ['all', undefined, [2, 3, 4]],
  ])('of a mean over %s of the axes are equal shares, and have gradients', async (_, axis, reduced) => {
    const x = tf.tensor(wholes([2, 3, 4], 7), [2, 3, 4]);
    const count = reduced.reduce((product, n) => product * n, 1);
    const kept = [2, 3, 4].map((length, i) => (reduced[i] === 1 ? length : 1));
    const dy = tf.tensor(wholes(kept, 5), kept);
    const weighted = (value: tf.Tensor) => tf.sum(tf.mul(tf.mean(value, axis, true), dy)) as tf.Scalar;
    const [given, found] = await Promise.all([dy.data(), tf.grad(weighted)(x).data()]);
    // The place in dy of each value of x.
    const placeOf = (i: number) => {
      const at = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4].map((k, a) => (reduced[a] === 1 ? k : 0));
      return (at[0]! * kept[1]! + at[1]!) * kept[2]! + at[2]!;
    };
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(given[placeOf(i)]! / count, 6);
    const squares = (value: tf.Tensor) => tf.sum(tf.square(tf.mean(value, axis, true))) as tf.Scalar;
    const second = await tf
      .grad((value) => tf.sum(tf.square(tf.grad(squares)(value))))(x)
      .data();
    const means = await tf.mean(x, axis, true).data();
    // Sum over x of (2 m / count)^2 is the sum over means of 4 m^2 / count, whose derivative by x is 8 m / count^2.
    for (const [i, value] of second.entries())
      expect(value).toBeCloseTo((8 * means[placeOf(i)]!) / count ** 2, 5);
  });

  it('of the activation swish are those of x sigmoid(x), once and twice', async () => {
    mendStockLayers();
    const xs = [-20, -3, -1.25, -0.5, 0, 0.25, 1, 2.5, 20];
    const x = tf.tensor2d(xs, [1, 9]);
    const layer = tfl.layers.activation({activation: 'swish'});
    const sum = (value: tf.Tensor) => tf.sum(layer.apply(value) as tf.Tensor) as tf.Scalar;
    const first = xs.map((value) => {
      const s = 1 / (1 + Math.exp(-value));
      return {s, slope: s * (1 + value * (1 - s)), bend: s * (1 - s) * (2 + value * (1 - 2 * s))};
    });
    const check = async (found: tf.Tensor, expected: number[]) => {
      for (const [i, value] of (await found.data()).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    };
    await check(
      tf.grad((value) => takenOnce(() => sum(value)))(x),
      first.map(({slope}) => slope),
    );
    await check(
      tf.grad(sum)(x),
      first.map(({slope}) => slope),
    );
    await check(
      tf.grad((value) => tf.sum(tf.grad(sum)(value)))(x),
      first.map(({bend}) => bend),
    );
    layer.dispose();
  });

  it('of tf.unstack of one entry', async () => {
    const gradient = tf.grad((x) => tf.mul(tf.unstack(x, 1)[0]!, [[2], [3]]))(tf.ones([2, 1, 1]));
    expect(gradient.shape).toEqual([2, 1, 1]);
    expect(await gradient.data()).toEqual(Float32Array.of(2, 3));
  });

  it('of tf.relu, which keeps what it gives where they are taken once', async () => {
    const x = tf.tensor1d([-2, -0, 0, 1e-30, 3]);
    const slope = (a: tf.Tensor) => tf.grad((b) => tf.mul(tf.relu(b), [2, 3, 4, 5, 6]))(a);
    for (const gradient of [slope(x), takenOnce(() => slope(x))])
      expect([...(await gradient.data())].map((value) => value + 0)).toEqual([0, 0, 0, 5, 6]);
    const saved = () => tf.getGradient(tf.Relu);
    expect(saved()).toMatchObject({inputsToSave: ['x'], outputsToSave: []});
    expect(takenOnce(() => ({...saved()}))).toMatchObject({inputsToSave: [], outputsToSave: [true]});
    // It is straight on either side.
    const bend = tf.grad((a) => tf.sum(slope(a)))(x);
    expect([...(await bend.data())].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['of one shape', [2, 3], 0],
    ['of two shapes', [3], 2],
  ])(
    'of a sum %s, and of a clone, once and twice, and keep no more than they need',
    async (_, shape, kept) => {
      const [a, b] = [tf.tensor(wholes([2, 3], 7), [2, 3]), tf.tensor(wholes(shape, 5), shape)];
      // (a + b)^2 a, a used twice: 3 a^2 + 4 a b + b^2 by a, and 2 a (a + b) by b, summed where b is stretched.
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.mul(tf.square(tf.add(tf.clone(x), y)), x);
      const [byA, byB] = tf.grads((x, y) => tf.sum(product(x!, y!)))([a, b]) as [tf.Tensor, tf.Tensor];
      const along = (y: ArrayLike<number>, i: number) => y[i % y.length]!;
      const [x, y] = await Promise.all([a.data(), b.data()]);
      const expectedB = [...y].map(() => 0);
      for (const [i, value] of x.entries()) expectedB[i % y.length]! += 2 * value * (value + along(y, i));
      expect([...(await byA.data())]).toEqual(
        [...x].map((value, i) => 3 * value ** 2 + 4 * value * along(y, i) + along(y, i) ** 2),
      );
      expect([...(await byB.data())].map((value) => value + 0)).toEqual(expectedB.map((value) => value + 0));
      const slope = (value: tf.Tensor) => tf.grad((inner) => tf.sum(product(inner, b)))(value);
      const twice = tf.grad((value) => tf.sum(slope(value)))(a);
      expect([...(await twice.data())].map((value) => value + 0)).toEqual(
        [...x].map((value, i) => 6 * value + 4 * along(y, i) + 0),
      );
      let saved = 0;
      tf.tidy(() =>
        tf.grad((value) => {
          const before = tf.memory().numTensors;
          const sum = tf.add(value, b);
          saved = tf.memory().numTensors - before - 1;
          return sum;
        })(a),
      );
      expect(saved).toBe(kept);
    },
  );

  it('of the layer reLU up to 6, in one op', async () => {
    mendStockLayers();
    const layer = tfl.layers.reLU({maxValue: 6});
    const x = tf.tensor1d([-2, 0, 1e-30, 3, 5.9999995, 6, 7]);
    const y = layer.apply(x) as tf.Tensor;
    // Some devices give -0.
    expect([...(await y.data())].map((value) => value + 0)).toEqual([
      ...Float32Array.of(0, 0, 1e-30, 3, 5.9999995, 6, 6),
    ]);
    const slope = () => tf.grad((a) => tf.mul(layer.apply(a) as tf.Tensor, [2, 3, 4, 5, 6, 7, 8]))(x);
    for (const gradient of [slope(), takenOnce(slope)])
      expect([...(await gradient.data())].map((value) => value + 0)).toEqual([0, 0, 4, 5, 6, 0, 0]);
  });

  it.each([
    ['vectors', [3]],
    ['tensors of its rank', [1, 1, 1, 1, 3]],
  ])('of tf.batchNorm of a clip by %s, by all five', async (_, shape) => {
    const xShape = [2, 2, 3, 2, 3];
    const [x, dy] = [wholes(xShape, 7), wholes(xShape, 3)];
    const statistics = {mean: [0.5, -1, 2], variance: [0.5, 1, 2], offset: [1, 2, 3], scale: [2, -1, 0.5]};
    const normalize = (...[a, mean, variance, offset, scale]: tf.Tensor[]) =>
      tf.batchNorm(
        a as tf.Tensor4D,
        mean as tf.Tensor4D,
        variance as tf.Tensor4D,
        offset as tf.Tensor4D,
        scale as tf.Tensor4D,
        0.1,
      );
    const vectors = Object.values(statistics).map((values) => tf.tensor(values, shape));
    const gradients = tf.grads(normalize)([tf.tensor(x, xShape), ...vectors], tf.tensor(dy, xShape));

    const naive = naiveBatchNormGradients(x, dy, statistics, 0.1);
    expect(gradients.map((gradient) => gradient.shape)).toEqual([xShape, ...vectors.map(() => shape)]);
    for (const [i, gradient] of gradients.entries()) {
      // Sums of 24 terms below 100, a handful of roundings each, in float32.
      const worst = Math.max(...(await gradient.data()).map((value, at) => Math.abs(value - naive[i]![at]!)));
      expect(worst).toBeLessThan(24 * 100 * 8 * 2 ** -24);
    }
  });

  it.each([
    ['an offset', [4, 3], {offset: true}],
    ['a scale', [4, 3], {scale: true}],
    ['neither', [2, 2, 3, 2, 3], {}],
    ['neither', [2, 3, 2, 3], {}],
  ] as [string, number[], {offset?: true; scale?: true}][])(
    'of tf.batchNorm with %s, of the shape %j',
    async (_, xShape, has) => {
      const [x, dy] = [wholes(xShape, 7), wholes(xShape, 3)];
      const [mean, variance, scale] = [
        [0.5, -1, 2],
        [0.5, 1, 2],
        [2, -1, 0.5],
      ];
      const others = [...(has.offset ? [[1, 2, 3]] : []), ...(has.scale ? [scale] : [])];
      const normalize = (...[a, m, v, ...rest]: tf.Tensor[]) => {
        const offset = has.offset && rest[0];
        const factor = has.scale && rest.at(-1);
        // What goes before and behind has gradients of its own, and its place on the host's tape.
        const halved = tf.mul(a!, 0.5) as tf.Tensor4D;
        return tf.mul(tf.batchNorm(halved, m as tf.Tensor1D, v as tf.Tensor1D, offset, factor, 0.1), 4);
      };
      const vectors = [mean, variance, ...others].map((values) => tf.tensor1d(values));
      const doubled = x.map((value) => 2 * value);
      const gradients = tf.grads(normalize)([tf.tensor(doubled, xShape), ...vectors], tf.tensor(dy, xShape));

      const statistics = {mean, variance, scale: has.scale ? scale : [1, 1, 1]};
      const [dx, dmean, dvariance, doffset, dscale] = naiveBatchNormGradients(x, dy, statistics, 0.1);
      const expected = [
        dx!.map((value) => value / 2),
        dmean!,
        dvariance!,
        ...(has.offset ? [doffset!] : []),
        ...(has.scale ? [dscale!] : []),
      ];
      expect(gradients.length).toBe(expected.length);
      for (const [i, gradient] of gradients.entries()) {
        const given = await gradient.data();
        expect(given.length).toBe(expected[i]!.length);
        // As above, four times that.
        const worst = Math.max(...given.map((value, at) => Math.abs(value - 4 * expected[i]![at]!)));
        expect(worst).toBeLessThan(4 * 24 * 100 * 8 * 2 ** -24);
      }
    },
  );

  it('of tf.conv3d, by x and by the filter', async () => {
    const naive = naiveConv3d(geometry);
    const {xShape, filterShape} = geometry;
    const [x, filter, dy] = [wholes(xShape, 7), wholes(filterShape, 4), wholes(naive.yShape, 3)];
    const conv = (a: tf.Tensor, f: tf.Tensor) =>
      tf.conv3d(a as tf.Tensor5D, f as tf.Tensor5D, 1, 'same', 'NDHWC', [2, 1, 3]);
    const [dx, dfilter] = tf.grads(conv)(
      [tf.tensor(x, [...xShape]), tf.tensor(filter, [...filterShape])],
      tf.tensor(dy, [...naive.yShape]),
    );
    expect(await dx!.data()).toEqual(Float32Array.from(naiveInputGradient(naive, dy, filter).values));
    expect(await dfilter!.data()).toEqual(Float32Array.from(naiveFilterGradient(naive, dy, x).values));
  });

  it('of tf.layers.conv3d, in a training step', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv3d({
          inputShape: [4, 4, 4, 1],
          filters: 1,
          kernelSize: 3,
          dilationRate: 2,
          padding: 'same',
        }),
      ],
    });
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const [kernel] = model.getWeights();
    const before = await kernel!.data();
    await model.trainOnBatch(tf.ones([1, 4, 4, 4, 1]), tf.ones([1, 4, 4, 4, 1]));
    expect(await model.getWeights()[0]!.data()).not.toEqual(before);
    model.dispose();
  });
});
