/**
 * Tiles of 4 x 4 outputs of a frame and of 4 outputs along time in the minimal-filtering form: random geometries against plain float64 loops, within the rounding
 * that their transforms have by derivation, and which convolutions go in them.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import type {ConvPart} from '../../../src/geometry/conv_info';
import {winogradOf} from '../../../src/kernels/wasm/plan/winograd';
import type {Shape5D} from '../../../src/util/shapes';
import {implementations} from '../../support/implementations';
import {
  type Axes,
  naiveConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
} from '../../support/naive_conv3d';
import {tensorOf, valuesOf} from './wasm_host';

interface Geometry {
  batch: number;
  size: Axes;
  kernel: Axes;
  /** Zeros before and after each axis. */
  pad: Axes;
  strides: Axes;
  dilations: Axes;
  inputs: number;
  outputs: number;
}

const same: Geometry = {
  ...{batch: 1, size: [2, 16, 17], kernel: [1, 3, 3], pad: [0, 1, 1]},
  ...{strides: [1, 1, 1], dilations: [1, 1, 1], inputs: 32, outputs: 40},
};

function outputOf({size, kernel, pad, strides, dilations}: Geometry): Axes {
  return size.map((n, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]! + 1;
    return Math.floor((n + 2 * pad[axis]! - reach) / strides[axis]!) + 1;
  }) as Axes;
}

function formOf(geometry: Geometry, mostLarge?: number) {
  const {batch, kernel, pad, strides, dilations, inputs, outputs} = geometry;
  const rule = {kind: 'grid', taps: kernel, strides, dilations, padding: pad} as const;
  const channels = {inputChannel: 0, inputChannels: inputs, outputChannel: 0, outputChannels: outputs};
  const part: ConvPart = {rule, firstTap: 0, groups: 1, ...channels};
  const shape: Shape5D = [batch, ...outputOf(geometry), outputs];
  return winogradOf(part, shape, shape, mostLarge);
}

/** Geometries that go in these tiles, of so many products: lengths, padding, channels, taps, strides and dilations, clips. */
function randomGeometry(seed: number, products: 6 | 36): Geometry {
  let drawn = 0;
  const values = valuesOf([4000], seed);
  const upTo = (least: number, most: number) =>
    least + Math.floor((values[drawn++]! + 0.5) * (most + 1 - least));
  for (;;) {
    const channels = {inputs: upTo(16, 70), outputs: upTo(16, 70)};
    const geometry = products === 36 ? inFrame(upTo, channels) : alongTime(upTo, channels);
    const isWhole = outputOf(geometry).every((n) => n > 0);
    if (isWhole && formOf(geometry)?.products === products) return geometry;
  }
}

type Draw = (least: number, most: number) => number;
type Channels = Pick<Geometry, 'inputs' | 'outputs'>;

function inFrame(upTo: Draw, channels: Channels): Geometry {
  const taps = upTo(0, 1) ? 3 : 1;
  return {
    ...channels,
    batch: upTo(1, 2),
    size: [upTo(1, 4), upTo(5, 20), upTo(5, 20)],
    kernel: [taps, 3, 3],
    pad: [taps === 3 ? upTo(1, 2) : 0, upTo(0, 2), upTo(0, 2)],
    strides: [upTo(1, 2), 1, 1],
    dilations: [upTo(1, 2), 1, 1],
  };
}

function alongTime(upTo: Draw, channels: Channels): Geometry {
  return {
    ...channels,
    batch: upTo(1, 2),
    size: [upTo(3, 20), upTo(2, 7), upTo(2, 7)],
    kernel: [3, 1, 1],
    pad: [upTo(0, 5), upTo(0, 1), upTo(0, 1)],
    strides: [1, upTo(1, 2), upTo(1, 2)],
    dilations: [upTo(1, 4), 1, 1],
  };
}

/** Coefficients, lowest power first, of the polynomial with these roots. */
const polynomial = (roots: number[]) =>
  roots.reduce((p, root) => [0].concat(p).map((c, i) => c - root * (p[i] ?? 0)), [1]);

const magnitude = (values: number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0);

/**
 * By what the magnitudes of inputs, weights and sums grow along one axis, at most: with outputs `A (G g * B d)`, the largest
 * row sum of `|A| (|G| 1 * |B| 1)`. A, G and B by Toom and Cook: values at the points, weights over the products of distances,
 * coefficients of the polynomials that are 0 at the other points.
 */
function growthOf(points: number[], outputs: number, taps: number): number {
  const powers = (p: number, n: number) => Array.from({length: n}, (_, k) => p ** k);
  const products = points.map((p, i) => {
    const others = points.filter((_, j) => j !== i);
    const distance = others.reduce((product, q) => product * (p - q), 1);
    const transformed = magnitude(powers(p, taps).map((g) => g / distance)) * magnitude(polynomial(others));
    return powers(p, outputs).map((a) => Math.abs(a) * transformed);
  });
  const atInfinity = powers(0, outputs)
    .reverse()
    .map((a) => a * magnitude(polynomial(points)));
  const rows = powers(1, outputs).map((_, k) => magnitude([...products, atInfinity].map((row) => row[k]!)));
  return Math.max(...rows);
}

const ROOT = Math.SQRT2;
const POINTS = [0, ROOT, -ROOT, 1 / ROOT, -1 / ROOT];
const GROWTH = growthOf(POINTS, 4, 3);
/** Of the gradient with respect to the filter: in a tile, three outputs, the taps, with the four output gradients as weights. */
const FILTER_GROWTH = growthOf(POINTS, 3, 4);

/**
 * Roundings between an input and an output, besides one for each product that is summed: 4 of a transform of inputs along
 * an axis and as many of one of weights or output gradients (three operations and a constant), 5 of one of sums, one of a product,
 * one of the bias, one of a residual.
 */
const roundings = (axes: number) => axes * (4 + 4 + 5) + 3;

/** What an output may be off, from sums of so many products of values up to 1/2, and a bias and a residual as large. */
const bound = (products: number, axes: 1 | 2 = 2, growth = GROWTH) =>
  (products + roundings(axes)) * 2 ** -24 * (growth ** axes * products * 0.25 + 1);

const furthest = (actual: ArrayLike<number>, expected: Float64Array) =>
  expected.reduce((most, value, i) => Math.max(most, Math.abs(actual[i]! - value)), 0);

/** Channels that are not 0, so that few products are summed and the bound is small. */
const liveOf = (channels: number) => [0, 13, channels - 1];

/** The channels `live` of the last axis, out of so many. */
const only = (values: Float32Array, channels: number, live: number[]) =>
  Float32Array.from({length: (values.length / channels) * live.length}, (_, i) => {
    return values[Math.floor(i / live.length) * channels + live[i % live.length]!]!;
  });

/** The same in their places, others 0. */
const zeroed = (values: Float32Array, channels: number, live: number[]) =>
  values.map((value, i) => (live.includes(i % channels) ? value : 0));

function forward(geometry: Geometry, seed: number) {
  const {batch, size, kernel, pad, strides, dilations, inputs, outputs} = geometry;
  const output = outputOf(geometry);
  const taps = kernel[0] * kernel[1] * kernel[2];
  const live = liveOf(inputs);
  const [xShape, filterShape] = [
    [batch, ...size, inputs],
    [...kernel, inputs, outputs],
  ] as [Shape5D, Shape5D];
  const yShape: Shape5D = [batch, ...output, outputs];
  const x = valuesOf(xShape, seed);
  const [filter, bias, residual] = [
    valuesOf(filterShape, seed + 1),
    valuesOf([outputs], 3),
    valuesOf(yShape, 4),
  ];
  const perTap = Array.from({length: taps}, (_, tap) =>
    live.map((channel) => [...filter.subarray((tap * inputs + channel) * outputs).subarray(0, outputs)]),
  );
  const naive = naiveConv3d({
    ...{xShape: [batch, ...size, live.length], filterShape: [...kernel, live.length, outputs]},
    ...{strides, dilations, before: pad, output, groups: 1},
  });
  const sums = naiveForward(naive, only(x, inputs, live), Float32Array.from(perTap.flat(2)), bias).values;
  const y = tf.tidy(() =>
    sts.fused
      .conv3d({
        x: tf.tensor(zeroed(x, inputs, live), xShape) as tf.Tensor5D,
        filter: tf.tensor(filter, filterShape) as tf.Tensor5D,
        bias: tf.tensor1d(bias),
        residual: tf.tensor(residual, yShape) as tf.Tensor5D,
        activation: 'relu',
        pad: pad.map((n) => [n, n] as const),
        ...{strides, dilations},
      })
      .dataSync(),
  );
  const expected = sums.map((sum, i) => Math.max(0, sum + residual[i]!));
  return {error: furthest(y, expected), bound: bound(live.length * taps, kernel[1] === 3 ? 2 : 1)};
}

/** The gradient with respect to the filter, where few positions of the output have one, so that few tiles are summed. */
function filterGradient(geometry: Geometry, seed: number) {
  const {batch, size, kernel, pad, strides, dilations, inputs, outputs} = geometry;
  const output = outputOf(geometry);
  const live = liveOf(inputs);
  const filterShape = [...kernel, inputs, outputs] as Shape5D;
  const [xShape, yShape]: Shape5D[] = [
    [batch, ...size, inputs],
    [batch, ...output, outputs],
  ];
  const x = valuesOf(xShape!, seed);
  const positions = batch * output[0] * output[1] * output[2];
  const places = [
    0,
    positions - 1,
    ...valuesOf([3], seed).map((value) => Math.floor((value + 0.5) * positions)),
  ];
  const dy = valuesOf(yShape!, seed + 1).map((value, i) =>
    places.includes(Math.floor(i / outputs)) ? value : 0,
  );
  const naive = naiveConv3d({
    ...{xShape: [batch, ...size, live.length], filterShape: [...kernel, live.length, outputs]},
    ...{strides, dilations, before: pad, output, groups: 1},
  });
  const expected = naiveFilterGradient(naive, dy, only(x, inputs, live)).values;
  const dw = tf.tidy(() => {
    const values = tf.tensor(zeroed(x, inputs, live), xShape!) as tf.Tensor5D;
    const options = {pad: pad.map((n) => [n, n] as const), strides, dilations};
    const convolve = (filter: tf.Tensor) =>
      sts.fused.conv3d({x: values, filter: filter as tf.Tensor5D, ...options});
    return tf.grad(convolve)(tensorOf(filterShape, 3), tf.tensor(dy, yShape!)).dataSync();
  });
  const inputOf = (i: number) => Math.floor(i / outputs) % inputs;
  return {
    error: furthest(
      dw.filter((_, i) => live.includes(inputOf(i))),
      expected,
    ),
    others: dw.filter((_, i) => !live.includes(inputOf(i))),
    bound: bound(places.length, kernel[1] === 3 ? 2 : 1, FILTER_GROWTH),
  };
}

describe.each(implementations.filter(({name}) => name === 'wasm, kernels'))('$name', ({use}) => {
  beforeAll(use);

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('random geometry %i', (seed) => {
    const {error, bound} = forward(randomGeometry(seed, 36), seed);
    expect(error).toBeLessThan(bound);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('random geometry %i along time', (seed) => {
    const {error, bound} = forward(randomGeometry(seed, 6), seed);
    expect(error).toBeLessThan(bound);
  });

  it.each([36, 6] as const)(
    'random geometries of %i products, the gradient with respect to the filter',
    (products) => {
      for (let seed = 1; seed <= 8; seed++) {
        const {error, others, bound} = filterGradient(randomGeometry(seed, products), seed);
        expect(error).toBeLessThan(bound);
        expect(others.every((value) => value === 0)).toBe(true);
      }
    },
  );

  it('the gradient with respect to the filter, however many inputs are left by tiles of six and four', () => {
    for (let inputs = 16; inputs <= 41; inputs++) {
      const {error, others, bound} = filterGradient(
        {...same, size: [3, 16, 17], inputs, outputs: 17},
        inputs,
      );
      expect(error, `${inputs}`).toBeLessThan(bound);
      expect(others.every((value) => value === 0)).toBe(true);
    }
  });

  it.each(['more inputs than sums are kept of', 'more tiles than a block'])(
    'the gradient with respect to the filter: %s',
    (name) => {
      const size: Axes = name.endsWith('block') ? [5, 20, 19] : [2, 16, 16];
      const geometry: Geometry = {...same, size, inputs: 65, outputs: 420};
      expect(formOf(geometry, Number.POSITIVE_INFINITY)).toMatchObject({products: 36});
      const {error, others, bound} = filterGradient(geometry, 5);
      expect(error).toBeLessThan(bound);
      expect(others.every((value) => value === 0)).toBe(true);
    },
  );

  it('more weights than a cache holds, channels that fill no panel', () => {
    const geometry: Geometry = {...same, inputs: 165, outputs: 180};
    expect(formOf(geometry)).toMatchObject({products: 36, block: 32});
    const {error, bound} = forward(geometry, 9);
    expect(error).toBeLessThan(bound);
  });

  it('the gradient with respect to the input', () => {
    const {batch, size, kernel, inputs, outputs} = same;
    const live = liveOf(outputs);
    const [xShape, filterShape] = [
      [batch, ...size, inputs],
      [...kernel, inputs, outputs],
    ] as [Shape5D, Shape5D];
    const yShape: Shape5D = [batch, ...outputOf(same), outputs];
    const [dy, filter] = [valuesOf(yShape, 1), valuesOf(filterShape, 2)];
    const naive = naiveConv3d({
      ...{xShape, filterShape: [...kernel, inputs, live.length]},
      ...{
        strides: same.strides,
        dilations: same.dilations,
        before: same.pad,
        output: outputOf(same),
        groups: 1,
      },
    });
    const expected = naiveInputGradient(naive, only(dy, outputs, live), only(filter, outputs, live)).values;
    const dx = tf.tidy(() => {
      const weights = tf.tensor(filter, filterShape) as tf.Tensor5D;
      const convolve = (x: tf.Tensor) => sts.conv3d(x as tf.Tensor5D, weights, 1, 'same');
      const gradient = tf.tensor(zeroed(dy, outputs, live), yShape);
      return tf.grad(convolve)(tensorOf(xShape, 3), gradient).dataSync();
    });
    expect(furthest(dx, expected)).toBeLessThan(bound(live.length * 9));
  });

  it('an input that is not finite stays in the tile that reads it, and in its frame', () => {
    const values = valuesOf([1, 2, 16, 16, 32], 1);
    values[0] = Number.POSITIVE_INFINITY;
    const y = tf.tidy(() => {
      const x = tf.tensor(values, [1, 2, 16, 16, 32]) as tf.Tensor5D;
      return sts.conv3d(x, tensorOf([1, 3, 3, 32, 32], 2), 1, 'same').arraySync();
    });
    const places = y[0]!.flatMap((frame, t) =>
      frame.flatMap((line, h) =>
        line.map((channels, w) => [t, h, w, channels.every(Number.isFinite)] as const),
      ),
    );
    const tile = [0, 1, 2, 3];
    expect(places.filter(([, , , finite]) => !finite)).toEqual(
      tile.flatMap((h) => tile.map((w) => [0, h, w, false])),
    );
  });
});

describe('the tiles of winogradOf', () => {
  const small: Record<string, Partial<Geometry>> = {
    'few tiles': {size: [1, 16, 17]},
    'lengths of which much is dropped': {size: [20, 5, 5]},
    'weights that take much memory': {inputs: 400, outputs: 400},
  };
  it('are of 4 x 4 outputs where that takes fewer products', () => {
    expect(formOf(same)).toMatchObject({products: 36, tiles: 2 * 4 * 5, block: 16});
  });

  it.each(Object.entries(small))('are of 2 x 2: %s', (_, change) => {
    expect(formOf({...same, ...change})).toMatchObject({products: 16});
  });

  it('along time are of 4 outputs up to twice as many bytes of weights', () => {
    const alongTime: Geometry = {...same, kernel: [3, 1, 1], pad: [1, 0, 0], size: [8, 4, 4]};
    // Of 6 products: 6 * 1024 * 1024 * 4 bytes are 24 MiB, and 36 of 1536 x 1024.
    expect(formOf({...alongTime, inputs: 1024, outputs: 1024})).toMatchObject({products: 6});
    expect(formOf({...alongTime, inputs: 1536, outputs: 1024})).toMatchObject({products: 4});
  });

  it('are of 2 x 2 at most if so asked', () => {
    expect(formOf(same, 0)).toMatchObject({products: 16});
  });
});

it('magnitudes grow by 25 an axis, where those of the direct form grow by 3 and those of small tiles by 8', () => {
  expect(GROWTH).toBeCloseTo(24.9, 1);
  expect(growthOf([0, 1, -1], 2, 3)).toBe(8);
  // Of a gradient with respect to the filter 4 in the direct form, which sums as many products.
  expect(FILTER_GROWTH).toBeCloseTo(30.7, 1);
});
