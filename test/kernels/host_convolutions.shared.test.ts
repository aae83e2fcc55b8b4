/**
 * The host's convolutions through our kernels, against plain loops: `tf.conv3d`, its gradients and
 * `tf.conv3dTranspose` on cpu, wasm and webgl, and on wasm the gradients of `tf.conv2d` and `tf.depthwiseConv2d`, which its
 * backend lacks. Whole numbers, so that sums are exact.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {stockReplacements as cpuReplacements} from '../../src/kernels/cpu';
import {replaceStockKernels, restoreStockKernels} from '../../src/kernels/registry';
import {inBrowser, startBackend, useFewPrograms} from '../support/backends';
import {
  type Axes,
  type NaiveConvolution,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
} from '../support/naive_conv3d';
import {replacements} from './replacements';

const GEOMETRIES = inBrowser ? 30 : 120;

type Shape = [number, number, number, number, number];
type Pad = 'same' | 'valid' | number;

interface Geometry {
  batch: number;
  size: Axes;
  kernel: Axes;
  strides: Axes;
  dilations: Axes;
  pad: Pad;
  inputs: number;
  outputs: number;
  seed: number;
}

const length = fc.integer({min: 1, max: 7});
const upTo3 = fc.integer({min: 1, max: 3});
const axes = fc.tuple(upTo3, upTo3, upTo3);
const ones = fc.constant<Axes>([1, 1, 1]);
const channels = fc.oneof(fc.integer({min: 1, max: 5}), fc.integer({min: 8, max: 19}));

/** The host refuses strides and dilations together. */
const geometries = fc
  .record({
    batch: fc.integer({min: 1, max: 2}),
    size: fc.tuple(length, length, length),
    kernel: axes,
    steps: fc.oneof(fc.record({strides: axes, dilations: ones}), fc.record({strides: ones, dilations: axes})),
    pad: fc.constantFrom<Pad>('same', 'valid', 0, 1),
    inputs: channels,
    outputs: channels,
    seed: fc.integer({min: 1, max: 2 ** 31 - 9}),
  })
  .map(({steps, ...rest}): Geometry => ({...rest, ...steps}));

/** TensorFlow's sizes and padding, from the documentation of tf.nn.convolution. */
function placed({size, kernel, strides, dilations, pad}: Geometry) {
  const places = size.map((n, axis) => {
    const [stride, reach] = [strides[axis]!, (kernel[axis]! - 1) * dilations[axis]! + 1];
    if (pad !== 'same') {
      const before = pad === 'valid' ? 0 : pad;
      return {before, length: Math.floor((n + 2 * before - reach) / stride) + 1};
    }
    const remainder = n % stride === 0 ? stride : n % stride;
    return {before: Math.floor(Math.max(reach - remainder, 0) / 2), length: Math.ceil(n / stride)};
  });
  return {before: places.map(({before}) => before) as Axes, output: places.map(({length}) => length) as Axes};
}

const hasOutput = (geometry: Geometry) => placed(geometry).output.every((n) => n > 0);

function wholeNumbers(shape: readonly number[], seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({length: shape.reduce((size, n) => size * n, 1)}, () => {
    state = (state * 48271) % 2147483647;
    return (state % 9) - 4;
  });
}

function expectEqual(given: tf.Tensor, shape: readonly number[], right: Float64Array, what: string): void {
  expect(given.shape, what).toEqual(shape);
  const values = given.dataSync();
  const wrong = right.findIndex((value, i) => values[i] !== value);
  expect(wrong, `${what}[${wrong}] is ${values[wrong]}, ought to be ${right[wrong]}`).toBe(-1);
}

const without = (axis: number, shape: readonly number[]) => shape.filter((_, i) => i !== axis);

type Op = (x: tf.Tensor, filter: tf.Tensor) => tf.Tensor;

interface Checked {
  forward?: boolean;
  gradients?: boolean;
  /** Without the axis of time. */
  flat?: boolean;
}

/** Compares an op or its gradients with the loops. */
function check(naive: NaiveConvolution, op: Op, seed: number, {forward, gradients, flat}: Checked): void {
  const shapes = flat
    ? {x: without(1, naive.xShape), filter: without(0, naive.filterShape), y: without(1, naive.yShape)}
    : {x: naive.xShape, filter: naive.filterShape, y: naive.yShape};
  const x = wholeNumbers(shapes.x, seed);
  const filter = wholeNumbers(shapes.filter, seed + 1);
  const dy = wholeNumbers(shapes.y, seed + 2);
  tf.tidy(() => {
    const inputs = [tf.tensor(x, shapes.x), tf.tensor(filter, shapes.filter)];
    if (forward)
      expectEqual(op(inputs[0]!, inputs[1]!), shapes.y, naiveForward(naive, x, filter).values, 'y');
    if (!gradients) return;
    const [dx, dfilter] = tf.grads(op)(inputs, tf.tensor(dy, shapes.y));
    expectEqual(dx!, shapes.x, naiveInputGradient(naive, dy, filter).values, 'dx');
    expectEqual(dfilter!, shapes.filter, naiveFilterGradient(naive, dy, x).values, 'dfilter');
  });
}

const undilated = ({dilations}: Geometry) => dilations.every((dilation) => dilation === 1);

describe.each(replacements)('$backendName', (replacement) => {
  const {backendName} = replacement;
  beforeAll(async () => {
    await startBackend(backendName);
    replaceStockKernels(replacement);
    useFewPrograms(backendName);
  });
  afterAll(() => {
    restoreStockKernels(backendName);
    useFewPrograms(backendName, false);
  });

  it('tf.conv3d, its gradients and tf.conv3dTranspose', () => {
    const one = (geometry: Geometry) => {
      const {batch, size, kernel, strides, dilations, pad, inputs, outputs, seed} = geometry;
      const xShape: Shape = [batch, ...size, inputs];
      const filterShape: Shape = [...kernel, inputs, outputs];
      const naive = naiveConv3d({xShape, filterShape, strides, dilations, groups: 1, ...placed(geometry)});
      // The op's type leaves out the numbers of zeros that it takes.
      const padding = pad as 'same';
      const op: Op = (x, filter) =>
        tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, strides, padding, 'NDHWC', dilations);
      check(naive, op, seed, {forward: true, gradients: undilated(geometry)});
      if (!undilated(geometry)) return;
      tf.tidy(() => {
        const [dy, filter] = [wholeNumbers(naive.yShape, seed), wholeNumbers(filterShape, seed + 1)];
        const back = tf.conv3dTranspose(
          tf.tensor5d(dy, naive.yShape as Shape),
          tf.tensor5d(filter, filterShape),
          xShape,
          strides,
          padding,
        );
        expectEqual(back, xShape, naiveInputGradient(naive, dy, filter).values, 'transposed');
      });
    };
    // The kernels of webgl themselves are tested on more (test/ops/random_geometries.shared.test.ts).
    const numRuns = backendName === 'webgl' ? 8 : GEOMETRIES;
    fc.assert(fc.property(geometries.filter(hasOutput), one), {numRuns, seed: 20221023});
  });

  it('takes whole numbers, and refuses shapes that do not fit', () => {
    const filter = tf.ones<tf.Rank.R5>([1, 1, 2, 1, 1]);
    const whole: tf.Tensor5D = tf.conv3d(
      tf.tensor5d([1, 2, 3], [1, 1, 1, 3, 1], 'int32'),
      filter,
      1,
      'valid',
    );
    expect([...whole.dataSync()]).toEqual([3, 5]);
    expect(whole.dtype).toBe('float32');
    expect(() => tf.conv3d(tf.ones<tf.Rank.R5>([1, 1, 1, 1, 1]), filter, 1, 'valid')).toThrow(
      /larger than the padded input/,
    );
    const clip = tf.ones<tf.Rank.R5>([1, 1, 1, 2, 1]);
    expect(() => tf.conv3dTranspose(clip, filter, [1, 1, 1, 9, 1], 1, 'valid')).toThrow(
      /dy must have the shape \[1, 1, 1, 8, 1\].*got \[1, 1, 1, 2, 1\]/,
    );
  });
});

describe('cpu', () => {
  it('refuses complex numbers', async () => {
    await startBackend('cpu');
    replaceStockKernels(cpuReplacements);
    const x = tf.reshape(tf.complex([1, 2], [0, 0]), [1, 1, 1, 2, 1]) as tf.Tensor5D;
    expect(() => tf.conv3d(x, tf.ones<tf.Rank.R5>([1, 1, 2, 1, 1]), 1, 'valid')).toThrow(
      'Conv3D: x is complex64; needed are real numbers.',
    );
    restoreStockKernels('cpu');
  });
});

describe('wasm, which has no gradients of 2D convolutions', () => {
  const wasm = replacements.find(({backendName}) => backendName === 'wasm')!;
  beforeAll(async () => {
    await startBackend('wasm');
    replaceStockKernels(wasm);
  });
  afterAll(() => restoreStockKernels('wasm'));

  const image = (geometry: Geometry): Geometry => ({
    ...geometry,
    size: [1, geometry.size[1], geometry.size[2]],
    kernel: [1, geometry.kernel[1], geometry.kernel[2]],
    strides: [1, geometry.strides[1], geometry.strides[2]],
    dilations: [1, 1, 1],
  });
  const images = geometries.map(image).filter(hasOutput);
  const spatial = ({strides}: Geometry) => [strides[1], strides[2]] as [number, number];
  /** One number of zeros for both axes is taken by the host for a square kernel and stride alone. */
  const sides = (pad: Pad) =>
    typeof pad !== 'number'
      ? pad
      : ([
          [0, 0],
          [pad, pad],
          [pad, pad],
          [0, 0],
        ] as tf.backend_util.ExplicitPadding);
  /** A number of zeros would stand before the one frame, too. */
  const inFrame = (geometry: Geometry) => {
    const {before, output} = placed(geometry);
    return {before: [0, before[1], before[2]] as Axes, output: [1, output[1], output[2]] as Axes};
  };

  it('tf.conv2d', () => {
    const one = (geometry: Geometry) => {
      const {batch, size, kernel, strides, dilations, pad, inputs, outputs, seed} = geometry;
      const shapes = {xShape: [batch, ...size, inputs], filterShape: [...kernel, inputs, outputs]};
      const naive = naiveConv3d({...shapes, strides, dilations, groups: 1, ...inFrame(geometry)});
      const op: Op = (x, filter) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, spatial(geometry), sides(pad));
      check(naive, op, seed, {gradients: true, flat: true});
    };
    fc.assert(fc.property(images, one), {numRuns: GEOMETRIES, seed: 1});
  });

  it('tf.depthwiseConv2d', () => {
    const one = (geometry: Geometry) => {
      const {batch, size, kernel, strides, dilations, pad, inputs, seed} = geometry;
      const multiplier = 1 + (seed % 3);
      const shapes = {xShape: [batch, ...size, inputs], filterShape: [...kernel, inputs, multiplier]};
      const naive = naiveDepthwiseConv3d({
        ...shapes,
        strides,
        dilations,
        groups: inputs,
        ...inFrame(geometry),
      });
      const op: Op = (x, filter) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, spatial(geometry), sides(pad));
      check(naive, op, seed, {gradients: true, flat: true});
    };
    fc.assert(fc.property(images, one), {numRuns: GEOMETRIES, seed: 2});
  });

  it('padding side by side and sizes rounded up', () => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7], [1, 1, 7, 1]);
    const sides: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 0],
    ];
    const gradient = tf.grad((filter) => tf.conv2d(x, filter as tf.Tensor4D, [1, 3], sides));
    // Windows begin at -1, 2 and 5: their first taps read nothing, 3 and 6, their second ones 1, 4 and 7.
    expect([...gradient(tf.ones([1, 2, 1, 1])).dataSync()]).toEqual([9, 12]);
    // Windows begin at 0, 3 and 6, where only the first tap reads.
    const attrs = {strides: [3, 3], pad: 0, dimRoundingMode: 'ceil', dilations: 1, filterShape: [2, 2, 1, 1]};
    const inputs = {x: tf.ones([1, 7, 7, 1]), dy: tf.ones([1, 3, 3, 1])};
    const dfilter = tf.engine().runKernel(tf.DepthwiseConv2dNativeBackpropFilter, inputs, attrs) as tf.Tensor;
    expect([...dfilter.dataSync()]).toEqual([9, 6, 6, 4]);
  });

  it('are gone again with the stock kernels', () => {
    restoreStockKernels('wasm');
    const gradient = () =>
      tf.grads((x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'))([
        tf.ones([1, 3, 3, 1]),
        tf.ones([2, 2, 1, 1]),
      ]);
    expect(gradient).toThrow(/Conv2DBackpropFilter/);
    replaceStockKernels(wasm);
    expect([...gradient()[1]!.dataSync()]).toEqual([9, 6, 6, 4]);
  });
});
