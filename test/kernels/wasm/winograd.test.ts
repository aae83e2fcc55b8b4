/**
 * The minimal-filtering form of dense convolution and of its gradients: whole numbers exactly as
 * plain float64 loops have them, other numbers within the rounding of its transforms, and which convolutions go in it.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import type {ConvPart} from '../../../src/geometry/conv_info';
import type {GridTaps} from '../../../src/geometry/taps';
import {type Winograd, winogradOf} from '../../../src/kernels/wasm/plan/winograd';
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
import {tensorOf, valuesOf, wholesOf} from './wasm_host';

interface Shape {
  batch?: number;
  size: Axes;
  kernel: Axes;
  /** Zeros before and after each axis. */
  pad: Axes;
  inputs: number;
  outputs: number;
  strides?: Axes;
  /** In time. */
  dilation?: number;
  form: 'frame' | 'time';
}

/** Of which lengths tiles of 4 outputs drop too much, also of the gradients: those are not exact, see winograd_large.test.ts. */
const shapes: Record<string, Shape> = {
  'whole tiles': {size: [2, 8, 8], kernel: [1, 3, 3], pad: [0, 1, 1], inputs: 32, outputs: 32, form: 'frame'},
  'odd lengths, tails of channels, two clips': {
    ...{batch: 2, size: [3, 7, 5], kernel: [3, 3, 3], pad: [1, 1, 1]},
    ...{inputs: 37, outputs: 41, form: 'frame'},
  },
  'no padding, more products than a panel is deep': {
    ...{size: [1, 13, 14], kernel: [1, 3, 3], pad: [0, 0, 0]},
    ...{inputs: 300, outputs: 33, form: 'frame'},
  },
  'padding as long as the kernel': {
    ...{size: [3, 4, 5], kernel: [1, 3, 3], pad: [0, 2, 2]},
    ...{inputs: 33, outputs: 32, form: 'frame'},
  },
  'more tiles than a block': {
    ...{size: [1, 18, 20], kernel: [1, 3, 3], pad: [0, 1, 1]},
    ...{inputs: 32, outputs: 70, form: 'frame'},
  },
  'of the gradient by the filter, one input more than sums are kept of': {
    ...{size: [2, 8, 8], kernel: [3, 3, 3], pad: [1, 1, 1]},
    ...{inputs: 49, outputs: 352, form: 'frame'},
  },
  'a stride in time': {
    ...{size: [7, 6, 6], kernel: [3, 3, 3], pad: [1, 1, 1], strides: [2, 1, 1]},
    ...{inputs: 34, outputs: 35, form: 'frame'},
  },
  'along time': {size: [6, 5, 5], kernel: [3, 1, 1], pad: [1, 0, 0], inputs: 32, outputs: 32, form: 'time'},
  'along an odd time, tails, two clips': {
    ...{batch: 2, size: [9, 3, 5], kernel: [3, 1, 1], pad: [1, 0, 0]},
    ...{inputs: 45, outputs: 39, form: 'time'},
  },
  'along time, deep': {
    ...{size: [6, 5, 5], kernel: [3, 1, 1], pad: [1, 0, 0]},
    ...{inputs: 280, outputs: 33, form: 'time'},
  },
  'along time, a stride in the frame': {
    ...{size: [6, 11, 12], kernel: [3, 1, 1], pad: [1, 0, 0], strides: [1, 2, 2]},
    ...{inputs: 32, outputs: 40, form: 'time'},
  },
  'along time, dilated, whole pairs': {
    ...{size: [12, 4, 5], kernel: [3, 1, 1], pad: [2, 0, 0], dilation: 2},
    ...{inputs: 32, outputs: 32, form: 'time'},
  },
  'along time, dilated, a frame alone, tails, two clips': {
    ...{batch: 2, size: [9, 4, 5], kernel: [3, 1, 1], pad: [4, 0, 0], dilation: 4},
    ...{inputs: 37, outputs: 33, form: 'time'},
  },
  'along time, dilated, more frames without than with a second one': {
    ...{size: [17, 3, 3], kernel: [3, 1, 1], pad: [3, 0, 0], dilation: 3},
    ...{inputs: 33, outputs: 40, form: 'time'},
  },
  'along time, dilated, less padding than between taps': {
    ...{size: [17, 4, 4], kernel: [3, 1, 1], pad: [1, 0, 0], dilation: 3},
    ...{inputs: 40, outputs: 32, form: 'time'},
  },
  'dilated in time, tiles of a frame': {
    ...{size: [5, 6, 6], kernel: [3, 3, 3], pad: [2, 1, 1], dilation: 2},
    ...{inputs: 32, outputs: 32, form: 'frame'},
  },
};

const dilationsOf = ({dilation = 1}: Shape): Axes => [dilation, 1, 1];

function geometry(shape: Shape) {
  const {batch = 1, size, kernel, pad, inputs, outputs, strides = [1, 1, 1]} = shape;
  const dilations = dilationsOf(shape);
  const output = size.map((n, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]! + 1;
    return Math.floor((n + 2 * pad[axis]! - reach) / strides[axis]!) + 1;
  }) as Axes;
  return {
    xShape: [batch, ...size, inputs],
    filterShape: [...kernel, inputs, outputs],
    strides,
    dilations,
    before: pad,
    output,
    groups: 1,
  };
}

function partOf(shape: Shape): ConvPart {
  const {kernel, pad, inputs, outputs, strides = [1, 1, 1]} = shape;
  const rule: GridTaps = {kind: 'grid', taps: kernel, strides, dilations: dilationsOf(shape), padding: pad};
  const channels = {inputChannel: 0, inputChannels: inputs, outputChannel: 0, outputChannels: outputs};
  return {rule, firstTap: 0, groups: 1, ...channels};
}

function formOf(shape: Shape): Winograd | undefined {
  const {batch = 1, outputs} = shape;
  return winogradOf(partOf(shape), [batch, ...geometry(shape).output, outputs]);
}

type Conv = (x: tf.Tensor5D, filter: tf.Tensor5D, bias: tf.Tensor1D) => tf.Tensor;

/** Output and gradients with respect to input and filter. */
function run(
  naive: NaiveConvolution,
  values: [Float32Array, Float32Array, Float32Array, Float32Array],
  conv: Conv,
) {
  return tf.tidy(() => {
    const [x, filter, bias, dy] = values.map((value, i) =>
      tf.tensor(value, [naive.xShape, naive.filterShape, [naive.yShape[4]!], naive.yShape][i]! as Shape5D),
    ) as [tf.Tensor5D, tf.Tensor5D, tf.Tensor1D, tf.Tensor5D];
    const onInput = (t: tf.Tensor) => conv(t as tf.Tensor5D, filter, bias);
    const onFilter = (t: tf.Tensor) => conv(x, t as tf.Tensor5D, bias);
    return [onInput(x), tf.grad(onInput)(x, dy), tf.grad(onFilter)(filter, dy)].map((t) => t.dataSync());
  });
}

function valuesFor({xShape, filterShape, yShape}: NaiveConvolution, of: typeof valuesOf) {
  return [of(xShape, 1), of(filterShape, 2), of([yShape[4]!], 3), of(yShape, 4)] as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
}

function expectExact(naive: NaiveConvolution, conv: Conv): void {
  const values = valuesFor(naive, wholesOf);
  const [x, filter, bias, dy] = values;
  const [y, dx, dw] = run(naive, values, conv);
  expect(dw).toEqual(Float32Array.from(naiveFilterGradient(naive, dy, x).values));
  expect(y).toEqual(Float32Array.from(naiveForward(naive, x, filter, bias).values));
  expect(dx).toEqual(Float32Array.from(naiveInputGradient(naive, dy, filter).values));
}

describe.each(implementations.filter(({name}) => name === 'wasm, kernels'))('$name', ({use}) => {
  beforeAll(use);

  it.each(Object.entries(shapes))('whole numbers: %s', (_, shape) => {
    expect(formOf(shape)).toMatchObject({products: shape.form === 'time' ? 4 : 16});
    const pad = shape.pad.map((n) => [n, n] as const);
    expectExact(naiveConv3d(geometry(shape)), (x, filter, bias) =>
      sts.fused.conv3d({x, filter, strides: shape.strides ?? 1, dilations: dilationsOf(shape), pad, bias}),
    );
  });

  it('whole numbers: the dynamic half of an STS convolution', () => {
    const shape: Shape = {
      ...{size: [6, 5, 5], kernel: [3, 1, 1], pad: [1, 0, 0]},
      ...{inputs: 40, outputs: 80, form: 'time'},
    };
    expect(formOf({...shape, outputs: 40})).toBeDefined();
    expectExact(naiveStsTemporal(geometry(shape), [20, 20, 40]), (x, filter, bias) =>
      sts.fused.stsConv3d({x, filter, bias}),
    );
  });

  /**
   * Each of `n` additions and products rounds a value that is no more than the sum of magnitudes. Along an axis a
   * transformed input is at most 2 inputs; the transformed weights that one output sums are at most twice the
   * weights. So it is 4 times the magnitudes of the direct form along time, 16 times in a frame.
   */
  it.each(['time', 'frame'] as const)('other numbers, %s: rounding', (form) => {
    const shape =
      shapes[form === 'time' ? 'along time, deep' : 'no padding, more products than a panel is deep']!;
    const naive = naiveConv3d(geometry(shape));
    const values = valuesFor(naive, valuesOf);
    const [x, filter, bias, dy] = values;
    const pad = shape.pad.map((n) => [n, n] as const);
    const [y, dx] = run(naive, values, (a, b, c) => sts.fused.conv3d({x: a, filter: b, bias: c, pad}));
    const largest = (array: Float32Array) =>
      array.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const growth = form === 'time' ? 4 : 16;
    const transforms = 12;
    const bound = (channels: number, values: Float32Array) => {
      const weights = shape.kernel[0] * shape.kernel[1] * shape.kernel[2] * channels;
      return (
        (channels + transforms) * 2 ** -24 * (growth * weights * largest(values) * largest(filter) + 0.5)
      );
    };
    const error = (actual: ArrayLike<number>, expected: Float64Array) =>
      expected.reduce((most, value, i) => Math.max(most, Math.abs(actual[i]! - value)), 0);
    expect(error(y!, naiveForward(naive, x, filter, bias).values)).toBeLessThan(bound(shape.inputs, x));
    expect(error(dx!, naiveInputGradient(naive, dy, filter).values)).toBeLessThan(bound(shape.outputs, dy));
  });

  it('with residual and activation', () => {
    const shape = shapes['odd lengths, tails of channels, two clips']!;
    const naive = naiveConv3d(geometry(shape));
    const [x, filter, bias, residual] = valuesFor(naive, wholesOf);
    const y = tf.tidy(() => {
      const options = {
        bias: tf.tensor1d(bias),
        residual: tf.tensor<tf.Rank.R5>(residual, naive.yShape as Shape5D),
        activation: 'relu',
      } as const;
      const [image, weights] = [
        tf.tensor<tf.Rank.R5>(x, naive.xShape as Shape5D),
        tf.tensor<tf.Rank.R5>(filter, naive.filterShape as Shape5D),
      ];
      return sts.fused.conv3d({x: image, filter: weights, pad: 'same', ...options}).dataSync();
    });
    const sums = naiveForward(naive, x, filter, bias).values;
    expect(y).toEqual(Float32Array.from(sums, (sum, i) => Math.max(0, sum + residual[i]!)));
  });

  it('an input that is not finite stays in the tiles that read it', () => {
    const values = valuesOf([1, 1, 12, 12, 32], 1);
    values[0] = Number.POSITIVE_INFINITY;
    const y = tf.tidy(() => {
      const x = tf.tensor(values, [1, 1, 12, 12, 32]) as tf.Tensor5D;
      return sts.conv3d(x, tensorOf([1, 3, 3, 32, 32], 2), 1, 'same').arraySync();
    });
    const finite = y[0]![0]!.map((line) => line.map((channels) => channels.every(Number.isFinite)));
    expect(
      finite.flatMap((line, h) => line.map((ok, w) => [h, w, ok] as const)).filter(([, , ok]) => !ok),
    ).toEqual([0, 1].flatMap((h) => [0, 1].map((w) => [h, w, false])));
  });
});

describe('winogradOf', () => {
  const taken = shapes['whole tiles']!;
  const refused: Record<string, Partial<Shape>> = {
    'few inputs': {inputs: 31},
    'few outputs': {outputs: 31},
    'a stride': {strides: [1, 2, 1]},
    'other kernels': {kernel: [1, 5, 3]},
    'frames so small that most of a tile is dropped': {size: [40, 1, 1]},
    'few tiles': {size: [1, 10, 12]},
  };
  it.each(Object.entries(refused))('leaves to the direct form: %s', (_, change) => {
    expect(formOf(taken)).toBeDefined();
    expect(formOf({...taken, ...change})).toBeUndefined();
  });

  it('leaves groups and a dilation of the frame to the direct form', () => {
    const [part, output] = [partOf(taken), [1, 2, 8, 8, 32] as Shape5D];
    const rule = part.rule as GridTaps;
    expect(winogradOf(part, output)).toBeDefined();
    expect(winogradOf({...part, groups: 2}, output)).toBeUndefined();
    expect(winogradOf({...part, rule: {...rule, dilations: [1, 1, 2]}}, output)).toBeUndefined();
  });

  it('takes any dilation and stride of the taps that it sums', () => {
    const rule: GridTaps = {...(partOf(taken).rule as GridTaps), strides: [2, 1, 1], dilations: [3, 1, 1]};
    expect(winogradOf({...partOf(taken), rule}, [1, 2, 8, 8, 32])).toMatchObject({turns: 1});
  });
});
