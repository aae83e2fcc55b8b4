/**
 * The narrow form of dense convolution, and gradients that go in it: whole numbers exactly as plain float64 loops have
 * them, the same bits whatever the size of the input, and which convolutions go in it. The random geometries of test/ops
 * go in it too, with small frames and rounded sums.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import type {ConvPart} from '../../../src/geometry/conv_info';
import {type NarrowBands, narrowOf} from '../../../src/kernels/wasm/plan/narrow';
import type {Shape5D} from '../../../src/util/shapes';
import {implementations} from '../../support/implementations';
import {
  type Axes,
  type NaiveConvolution,
  naiveConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
  naiveStsTemporal,
} from '../../support/naive_conv3d';
import {tensorOf, wholesOf} from './wasm_host';

interface Shape {
  batch?: number;
  size: Axes;
  kernel: Axes;
  /** Zeros before and after each axis. */
  pad: Axes;
  /** Of a group. */
  inputs: number;
  outputs: number;
  groups?: number;
  strides?: Axes;
  dilations?: Axes;
  /** Where a band ends before the clip does. */
  cut?: 'lines' | 'columns' | 'groups';
}

const ones: Axes = [1, 1, 1];
const threes: Axes = [3, 3, 3];

const shapes: Record<string, Shape> = {
  'one channel': {size: [3, 6, 9], kernel: threes, pad: ones, inputs: 1, outputs: 1},
  'one to two, lines longer than a tile': {
    size: [2, 3, 41],
    kernel: threes,
    pad: ones,
    inputs: 1,
    outputs: 2,
  },
  'two to three, two clips': {batch: 2, size: [3, 5, 7], kernel: threes, pad: ones, inputs: 2, outputs: 3},
  'three to five, dilated': {
    ...{size: [7, 9, 10], kernel: threes, pad: [2, 2, 2], dilations: [2, 2, 2]},
    ...{inputs: 3, outputs: 5},
  },
  'five to seven, dilations of their own': {
    ...{size: [9, 7, 12], kernel: threes, pad: [4, 1, 3], dilations: [4, 1, 3]},
    ...{inputs: 5, outputs: 7},
  },
  'a dilation beyond the input': {
    ...{size: [3, 4, 5], kernel: threes, pad: [16, 16, 16], dilations: [16, 16, 16]},
    ...{inputs: 4, outputs: 6},
  },
  'eleven to thirteen, more products than a turn': {
    ...{size: [3, 6, 8], kernel: threes, pad: ones, inputs: 11, outputs: 13},
  },
  'many inputs, one output': {size: [2, 5, 6], kernel: [1, 3, 3], pad: [0, 1, 1], inputs: 67, outputs: 1},
  'one input, many outputs, dilated': {
    ...{size: [2, 8, 9], kernel: threes, pad: ones, dilations: [1, 1, 2], inputs: 1, outputs: 35},
  },
  'no zeros around': {size: [5, 6, 9], kernel: threes, pad: [0, 0, 0], inputs: 3, outputs: 4},
  'more zeros around than the filter reaches': {
    ...{size: [2, 3, 4], kernel: [2, 3, 3], pad: [3, 4, 5], inputs: 2, outputs: 5},
  },
  'several bands of lines': {
    size: [2, 37, 60],
    kernel: threes,
    pad: ones,
    inputs: 20,
    outputs: 5,
    cut: 'lines',
  },
  'several pieces of a line': {
    size: [1, 2, 700],
    kernel: threes,
    pad: ones,
    inputs: 30,
    outputs: 3,
    cut: 'columns',
  },
  strides: {size: [6, 9, 11], kernel: threes, pad: ones, strides: [2, 2, 2], inputs: 1, outputs: 3},
  'strides longer than the filter': {
    ...{size: [7, 10, 11], kernel: [1, 2, 1], pad: [0, 0, 0], strides: [3, 3, 2], inputs: 3, outputs: 3},
  },
  'strides and dilations that share a divisor': {
    ...{size: [11, 13, 14], kernel: threes, pad: [2, 4, 2], strides: [2, 2, 3], dilations: [2, 4, 2]},
    ...{inputs: 3, outputs: 5},
  },
  'strides and dilations that share none': {
    ...{size: [13, 11, 12], kernel: threes, pad: [3, 2, 3], strides: [2, 3, 2], dilations: [3, 2, 3]},
    ...{inputs: 2, outputs: 4},
  },
  'short groups': {size: [3, 5, 9], kernel: threes, pad: ones, inputs: 3, outputs: 2, groups: 5},
  'groups of several bands': {
    ...{
      size: [1, 4, 10],
      kernel: [1, 3, 3],
      pad: [0, 1, 1],
      inputs: 2,
      outputs: 3,
      groups: 71,
      cut: 'groups',
    },
  },
  pointwise: {batch: 2, size: [2, 5, 7], kernel: [1, 1, 1], pad: [0, 0, 0], inputs: 5, outputs: 3},
};

function geometry({batch = 1, size, kernel, pad, inputs, outputs, groups = 1, ...rest}: Shape) {
  const {strides = ones, dilations = ones} = rest;
  const output = size.map((n, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]!;
    return Math.floor((n + 2 * pad[axis]! - reach - 1) / strides[axis]!) + 1;
  }) as Axes;
  const filterShape = [...kernel, inputs, outputs * groups];
  return {
    xShape: [batch, ...size, inputs * groups],
    filterShape,
    strides,
    dilations,
    before: pad,
    output,
    groups,
  };
}

function bandsOf(shape: Shape): NarrowBands | undefined {
  const {xShape, output, strides, dilations, groups} = geometry(shape);
  const part: ConvPart = {
    rule: {kind: 'grid', taps: shape.kernel, strides, dilations, padding: shape.pad},
    ...{firstTap: 0, groups, inputChannel: 0, outputChannel: 0},
    inputChannels: shape.inputs * groups,
    outputChannels: shape.outputs * groups,
  };
  const outputShape = [xShape[0]!, ...output, part.outputChannels] as Shape5D;
  return narrowOf(part, xShape as Shape5D, outputShape);
}

const takes = (shape: Shape) => bandsOf(shape) !== undefined;

type Conv = (x: tf.Tensor5D, filter: tf.Tensor5D, bias: tf.Tensor1D) => tf.Tensor;

function expectExact(naive: NaiveConvolution, conv: Conv): void {
  const given = [naive.xShape, naive.filterShape, [naive.yShape[4]!], naive.yShape];
  const [x, filter, bias, dy] = given.map((shape, i) => wholesOf(shape, i + 1)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [y, dx, dw] = tf.tidy(() => {
    const [xs, filters, biases, dys] = [x, filter, bias, dy].map((values, i) =>
      tf.tensor(values, given[i]! as Shape5D),
    ) as [tf.Tensor5D, tf.Tensor5D, tf.Tensor1D, tf.Tensor5D];
    const run = (a: tf.Tensor, b: tf.Tensor) => conv(a as tf.Tensor5D, b as tf.Tensor5D, biases);
    return [run(xs, filters), ...tf.grads(run)([xs, filters], dys)].map((t) => t.dataSync());
  });
  expect(y).toEqual(Float32Array.from(naiveForward(naive, x, filter, bias).values));
  expect(dx).toEqual(Float32Array.from(naiveInputGradient(naive, dy, filter).values));
  expect(dw).toEqual(Float32Array.from(naiveFilterGradient(naive, dy, x).values));
}

describe.each(implementations.filter(({name}) => name === 'wasm, kernels'))('$name', ({use}) => {
  beforeAll(use);

  it.each(Object.entries(shapes))('whole numbers: %s', (_, shape) => {
    const bands = bandsOf(shape)!;
    const [, , lines, columns] = [0, ...geometry(shape).output];
    if (shape.cut)
      expect(bands.fields[shape.cut]).toBeLessThan({lines, columns, groups: shape.groups}[shape.cut]!);
    const {strides = 1, dilations = 1, groups = 1} = shape;
    const pad = shape.pad.map((n) => [n, n] as const);
    expectExact(naiveConv3d(geometry(shape)), (x, filter, bias) =>
      sts.fused.conv3d({x, filter, strides, pad, dilations, bias, groups}),
    );
  });

  it('whole numbers: the dynamic half of an STS convolution, whose gradients add to those of the other', () => {
    const shape: Shape = {size: [4, 5, 6], kernel: [3, 1, 1], pad: [1, 0, 0], inputs: 3, outputs: 6};
    expect(takes({...shape, outputs: 3})).toBe(true);
    expectExact(naiveStsTemporal(geometry(shape), [2, 1, 3]), (x, filter, bias) =>
      sts.fused.stsConv3d({x, filter, bias}),
    );
  });

  it.each([1, 3, 6])('residual and activation, %s outputs', (outputs) => {
    const shape: Shape = {batch: 2, size: [3, 5, 7], kernel: threes, pad: ones, inputs: 3, outputs};
    expect(takes(shape)).toBe(true);
    const naive = naiveConv3d(geometry(shape));
    const [x, filter, bias, residual] = [naive.xShape, naive.filterShape, [outputs], naive.yShape].map(
      (given, i) => wholesOf(given, i + 1),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const y = tf.tidy(() => {
      const options = {
        bias: tf.tensor1d(bias),
        residual: tf.tensor(residual, naive.yShape as Shape5D) as tf.Tensor5D,
        activation: 'relu6',
      } as const;
      const image = tf.tensor(x, naive.xShape as Shape5D) as tf.Tensor5D;
      const weights = tf.tensor(filter, naive.filterShape as Shape5D) as tf.Tensor5D;
      return sts.fused.conv3d({x: image, filter: weights, pad: 'same', ...options}).dataSync();
    });
    const sums = naiveForward(naive, x, filter, bias).values;
    expect(y).toEqual(Float32Array.from(sums, (sum, i) => Math.min(6, Math.max(0, sum + residual[i]!))));
  });

  /** What lets a large volume be computed piece by piece: sums are made in the same order wherever they lie. */
  it.each([
    [5, 5, 1],
    [5, 5, 4],
    [20, 11, 2],
    [3, 1, 1],
  ])('%s to %s channels, dilation %s: pieces have the bits of the whole', (inputs, outputs, dilation) => {
    const [time, height, width] = [16, 21, 22];
    tf.tidy(() => {
      const x = tensorOf([1, time, height, width, inputs], 1);
      const filter = tensorOf([3, 3, 3, inputs, outputs], 2);
      const whole = sts.conv3d(x, filter, 1, 'valid', 'NDHWC', dilation);
      const reach = 2 * dilation;
      for (const [t, h, w, size] of [
        [1, 0, 0, 3],
        [3, 4, 2, 5],
        [0, 1, 5, 6],
      ] as const) {
        const piece = tf.slice(
          x,
          [0, t, h, w, 0],
          [1, size + reach, size + 1 + reach, size + 2 + reach, inputs],
        );
        const y = sts.conv3d(piece, filter, 1, 'valid', 'NDHWC', dilation);
        const expected = tf.slice(whole, [0, t, h, w, 0], y.shape);
        expect(y.dataSync()).toEqual(expected.dataSync());
      }
    });
  });
});

describe('narrowOf', () => {
  const meshNet: Shape = {size: [32, 32, 32], kernel: threes, pad: ones, inputs: 5, outputs: 5};
  it.each([1, 2, 4, 8, 16])('takes a layer of a MeshNet, dilation %s', (dilation) => {
    const rule = {
      pad: [dilation, dilation, dilation] as Axes,
      dilations: [dilation, dilation, dilation] as Axes,
    };
    for (const channels of [1, 3, 5, 8, 11, 16, 20, 30]) {
      expect(takes({...meshNet, ...rule, inputs: channels, outputs: channels})).toBe(true);
    }
  });

  const left: Record<string, Partial<Shape>> = {
    'many channels on both sides': {inputs: 32, outputs: 32},
    'full tiles of lines of taps': {inputs: 16, outputs: 64},
    'full tiles of pointwise products': {inputs: 16, outputs: 16, kernel: [1, 1, 1], pad: [0, 0, 0]},
    'frames of a few positions': {inputs: 16, outputs: 16, size: [8, 3, 3]},
    'depthwise convolution': {inputs: 1, outputs: 1, groups: 8},
  };
  it.each(Object.entries(left))('leaves to other forms: %s', (_, change) => {
    expect(takes({...meshNet, ...change})).toBe(false);
  });

  it('leaves lines to the dense form', () => {
    const part: ConvPart = {
      rule: {kind: 'line', order: 'row-major', taps: 9, stride: 1, padding: 4, timeStride: 1},
      ...{firstTap: 0, groups: 1, inputChannel: 0, outputChannel: 0, inputChannels: 5, outputChannels: 5},
    };
    expect(narrowOf(part, [1, 8, 8, 8, 5], [1, 8, 8, 8, 5])).toBeUndefined();
  });

  it('has nothing to do for an empty output', () => {
    expect(takes({...meshNet, batch: 0})).toBe(false);
  });
});
