/**
 * Shapes that reach every loop of the wasm kernels, forward and both gradients, against plain float64 loops: more rows than a block, more products
 * than a panel is deep, tails of every length, groups, several parts, several clips. The random geometries of
 * test/ops have few channels and stay in the first turn of most loops.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {implementations} from '../../support/implementations';
import {
  type Axes,
  type Bounded,
  type NaiveConvolution,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
  naiveStsDepthwise,
  naiveStsTemporal,
} from '../../support/naive_conv3d';
import {tensorOf, valuesOf} from './wasm_host';

interface Shape {
  batch?: number;
  size: Axes;
  kernel: Axes;
  inputs: number;
  /** Per group; the multiplier of a depthwise convolution. */
  outputs: number;
  groups?: number;
  strides?: Axes;
}

/** A 'same' convolution, output ceil(size / stride). */
function geometry({batch = 1, size, kernel, inputs, outputs, groups = 1, strides = [1, 1, 1]}: Shape) {
  const output = size.map((n, axis) => Math.ceil(n / strides[axis]!)) as Axes;
  const before = size.map((n, axis) =>
    Math.floor(Math.max(0, (output[axis]! - 1) * strides[axis]! + kernel[axis]! - n) / 2),
  ) as Axes;
  return {
    xShape: [batch, ...size, inputs * groups],
    filterShape: [...kernel, inputs, outputs * groups],
    strides,
    dilations: [1, 1, 1] as Axes,
    before,
    output,
    groups,
  };
}

type Run = (x: tf.Tensor5D, filter: tf.Tensor5D, bias: tf.Tensor1D) => tf.Tensor5D;

async function check(naive: NaiveConvolution, run: Run): Promise<void> {
  const channels = naive.yShape[4]!;
  const shapes = [naive.xShape, naive.filterShape, [channels], naive.yShape];
  const [x, w, bias, dy] = shapes.map((shape, i) => valuesOf(shape, i + 1)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const before = tf.memory().numTensors;
  const [y, dx, dw] = tf.tidy(() => {
    const [xs, ws, ones, dys] = shapes.map((shape, i) => tensorOf(shape, i + 1));
    const op = (a: tf.Tensor, b: tf.Tensor) =>
      run(a as tf.Tensor5D, b as tf.Tensor5D, ones as tf.Tensor as tf.Tensor1D);
    return [op(xs!, ws!), ...tf.grads(op)([xs!, ws!], dys)] as [tf.Tensor, tf.Tensor, tf.Tensor];
  });
  expect(tf.memory().numTensors).toBe(before + 3);
  await expectWithin(y, naive.yShape, naiveForward(naive, x, w, bias), 'y');
  await expectWithin(dx, naive.xShape, naiveInputGradient(naive, dy, w), 'dx');
  await expectWithin(dw, naive.filterShape, naiveFilterGradient(naive, dy, x), 'dw');
}

async function expectWithin(
  actual: tf.Tensor,
  shape: number[],
  {values, bounds}: Bounded,
  what: string,
): Promise<void> {
  expect(actual.shape, what).toEqual(shape);
  const given = await actual.data();
  actual.dispose();
  const worst = values.findIndex((value, i) => !(Math.abs(given[i]! - value) <= bounds[i]!));
  expect(worst, `${what}[${worst}] is ${given[worst]}, expected ${values[worst]}`).toBe(-1);
}

const dense: Record<string, Shape> = {
  'more inputs than a panel is deep': {size: [1, 5, 5], kernel: [3, 1, 1], inputs: 300, outputs: 8},
  'several taps at a depth, a tail of outputs': {size: [2, 7, 9], kernel: [1, 3, 3], inputs: 40, outputs: 21},
  'gathered taps, more than one depth of them': {size: [3, 8, 9], kernel: [3, 5, 5], inputs: 7, outputs: 12},
  'the stem of a network': {size: [2, 13, 14], kernel: [1, 7, 7], inputs: 3, outputs: 16, strides: [1, 2, 2]},
  'pointwise, one output': {size: [2, 6, 10], kernel: [1, 1, 1], inputs: 33, outputs: 1},
  'pointwise, short rows, tiles that reach back': {
    batch: 2,
    size: [3, 7, 9],
    kernel: [1, 1, 1],
    inputs: 24,
    outputs: 54,
  },
  'pointwise, long rows, tiles that reach back': {
    size: [1, 7, 19],
    kernel: [1, 1, 1],
    inputs: 24,
    outputs: 108,
  },
  'pointwise, fewer rows than a tile': {size: [1, 1, 3], kernel: [1, 1, 1], inputs: 40, outputs: 13},
  'pointwise, long groups': {size: [1, 6, 7], kernel: [1, 1, 1], inputs: 11, outputs: 10, groups: 3},
  'blocks that cross clips': {batch: 3, size: [2, 7, 5], kernel: [3, 3, 3], inputs: 4, outputs: 9},
  'long groups': {size: [2, 6, 6], kernel: [1, 3, 3], inputs: 35, outputs: 11, groups: 3},
  'more outputs than a panel is deep': {size: [1, 5, 5], kernel: [3, 1, 1], inputs: 9, outputs: 300},
  'phases of several blocks': {
    size: [3, 20, 21],
    kernel: [3, 3, 3],
    inputs: 18,
    outputs: 34,
    strides: [1, 2, 2],
  },
  'positions that no tap reaches': {
    size: [5, 7, 9],
    kernel: [1, 1, 1],
    inputs: 20,
    outputs: 33,
    strides: [2, 2, 3],
  },
  'short groups': {size: [2, 6, 6], kernel: [3, 3, 3], inputs: 4, outputs: 3, groups: 8},
};

const depthwise: Record<string, Shape> = {
  '37 channels: 16, 16, 4 and 1': {
    batch: 2,
    size: [3, 7, 9],
    kernel: [3, 3, 3],
    inputs: 1,
    outputs: 1,
    groups: 37,
  },
  'stride 2': {size: [3, 9, 10], kernel: [3, 3, 3], inputs: 1, outputs: 1, groups: 22, strides: [1, 2, 2]},
  'stride 2, phases of several blocks': {
    size: [3, 25, 24],
    kernel: [3, 3, 3],
    inputs: 1,
    outputs: 1,
    groups: 5,
    strides: [1, 2, 2],
  },
  '5 x 1 x 1': {size: [6, 5, 5], kernel: [5, 1, 1], inputs: 1, outputs: 1, groups: 19},
  '3 x 5 x 5, both borders and a tail of outputs': {
    size: [3, 6, 15],
    kernel: [3, 5, 5],
    inputs: 1,
    outputs: 1,
    groups: 11,
  },
  '1 x 3 x 3, a line longer than a block': {
    size: [1, 3, 203],
    kernel: [1, 3, 3],
    inputs: 1,
    outputs: 1,
    groups: 8,
  },
  '3 x 3 x 3 where no output has all taps': {
    size: [2, 4, 2],
    kernel: [3, 3, 3],
    inputs: 1,
    outputs: 1,
    groups: 9,
  },
  'a stride longer than the kernel': {
    size: [2, 5, 17],
    kernel: [3, 1, 1],
    inputs: 1,
    outputs: 1,
    groups: 12,
    strides: [1, 1, 2],
  },
  'several bands of lines and of channels': {
    batch: 2,
    size: [2, 9, 60],
    kernel: [3, 3, 3],
    inputs: 1,
    outputs: 1,
    groups: 66,
  },
  'several bands, stride 2': {
    size: [2, 31, 60],
    kernel: [3, 3, 3],
    inputs: 1,
    outputs: 1,
    groups: 66,
    strides: [2, 2, 2],
  },
  '1 x 5 x 5, stride 2': {
    size: [1, 9, 11],
    kernel: [1, 5, 5],
    inputs: 1,
    outputs: 1,
    groups: 6,
    strides: [1, 2, 2],
  },
  '1 x 7 x 3, strides 3 and 1': {
    size: [2, 17, 12],
    kernel: [1, 7, 3],
    inputs: 1,
    outputs: 1,
    groups: 17,
    strides: [1, 3, 1],
  },
  '3 x 1 x 4': {size: [5, 3, 13], kernel: [3, 1, 4], inputs: 1, outputs: 1, groups: 9},
  'two channels': {size: [2, 5, 6], kernel: [3, 3, 3], inputs: 1, outputs: 1, groups: 2},
  'multiplier 2': {size: [2, 5, 5], kernel: [3, 3, 3], inputs: 1, outputs: 2, groups: 9},
  'multiplier 3': {size: [2, 5, 5], kernel: [1, 3, 3], inputs: 1, outputs: 3, groups: 7},
};

describe.each(implementations.filter(({name}) => name === 'wasm, kernels'))('$name', ({use}) => {
  beforeAll(use);

  it.each(Object.entries(dense))('conv3d: %s', async (_, shape) => {
    const g = geometry(shape);
    await check(naiveConv3d(g), (x, w, bias) =>
      sts.fused.conv3d({x, filter: w, strides: g.strides, pad: 'same', bias, groups: g.groups}),
    );
  });

  it.each(Object.entries(depthwise))('depthwiseConv3d: %s', async (_, shape) => {
    const g = geometry(shape);
    const filterShape = [...shape.kernel, g.groups, shape.outputs];
    await check(naiveDepthwiseConv3d({...g, filterShape}), (x, w, bias) =>
      sts.fused.depthwiseConv3d({x, filter: w, strides: g.strides, pad: 'same', bias}),
    );
  });

  it('stsConv3d: 70 inputs, 37 outputs, two clips', async () => {
    const g = geometry({batch: 2, size: [3, 6, 7], kernel: [3, 1, 1], inputs: 70, outputs: 37});
    await check(naiveStsTemporal(g, [10, 9, 18]), (x, w, bias) => sts.fused.stsConv3d({x, filter: w, bias}));
  });

  it('stsDepthwiseConv3d: 45 channels, stride 2, two clips', async () => {
    const shape: Shape = {batch: 2, size: [3, 8, 10], kernel: [3, 3, 3], inputs: 1, outputs: 1, groups: 45};
    const g = geometry({...shape, strides: [1, 2, 2]});
    await check(naiveStsDepthwise({...g, filterShape: [3, 3, 3, 45, 1]}), (x, w, bias) =>
      sts.fused.stsDepthwiseConv3d({x, filter: w, strides: [1, 2, 2], bias}),
    );
  });

  it('stsDepthwiseConv3d: several bands of a line and of channels', async () => {
    const shape: Shape = {size: [1, 39, 41], kernel: [3, 3, 3], inputs: 1, outputs: 1, groups: 130};
    const g = geometry({...shape, strides: [1, 2, 2]});
    await check(naiveStsDepthwise({...g, filterShape: [3, 3, 3, 130, 1]}), (x, w, bias) =>
      sts.fused.stsDepthwiseConv3d({x, filter: w, strides: [1, 2, 2], bias}),
    );
  });

  it('depthwiseConv3d: more zeros before the input than there are taps', async () => {
    const g = {
      xShape: [1, 4, 6, 7, 10],
      filterShape: [3, 3, 3, 10, 1],
      strides: [1, 2, 1] as Axes,
      dilations: [1, 1, 1] as Axes,
      before: [4, 4, 5] as Axes,
      output: [6, 4, 12] as Axes,
      groups: 10,
    };
    const pad = [[4, 0] as const, [4, 0] as const, [5, 2] as const];
    await check(naiveDepthwiseConv3d(g), (x, w, bias) =>
      sts.fused.depthwiseConv3d({x, filter: w, strides: [1, 2, 1], pad, bias}),
    );
  });

  it('depthwiseConv3d: dilation and unequal padding', async () => {
    const g = {
      xShape: [2, 4, 6, 18, 10],
      filterShape: [2, 3, 3, 10, 1],
      strides: [1, 1, 1] as Axes,
      dilations: [2, 1, 3] as Axes,
      before: [1, 0, 4] as Axes,
      output: [4, 4, 16] as Axes,
      groups: 10,
    };
    const pad = [[1, 1] as const, [0, 0] as const, [4, 0] as const];
    await check(naiveDepthwiseConv3d(g), (x, w, bias) =>
      sts.fused.depthwiseConv3d({x, filter: w, pad, dilations: [2, 1, 3], bias}),
    );
  });

  it('takes an empty batch', () => {
    const run = (x: tf.Tensor, filter: tf.Tensor) =>
      sts.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, 1, 'same');
    const [y, dx, dw] = tf.tidy(() => {
      const [x, filter] = [tf.zeros<tf.Rank.R5>([0, 2, 4, 4, 3]), tensorOf([1, 3, 3, 3, 5], 1)];
      return [run(x, filter), ...tf.grads(run)([x, filter], tf.zeros([0, 2, 4, 4, 5]))];
    }) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expect(y.shape).toEqual([0, 2, 4, 4, 5]);
    expect(dx.shape).toEqual([0, 2, 4, 4, 3]);
    expect(new Set(dw.dataSync())).toEqual(new Set([0]));
    tf.dispose([y, dx, dw]);
  });

  it.each(['dense', 'depthwise'])('%s filter gradient of 102,400 rows: block sums', (form) => {
    const channels = form === 'dense' ? 1 : 2;
    const shape: [number, number, number, number, number] = [1, 16, 80, 80, channels];
    const dw = tf.tidy(() => {
      const x = tf.fill(shape, 0.1) as tf.Tensor5D;
      const run = (filter: tf.Tensor) =>
        form === 'dense'
          ? sts.conv3d(x, filter as tf.Tensor5D, 1, 'same')
          : sts.depthwiseConv3d(x, filter as tf.Tensor5D, 1, 'same');
      return tf
        .grad(run)(tf.ones([1, 1, 1, channels, 1]), tf.ones(shape))
        .dataSync();
    });
    const [rows, block] = [102400, 108];
    const exact = rows * Math.fround(0.1);
    const bound = (block + Math.ceil(rows / block)) * 2 ** -24 * exact;
    for (const value of dw) expect(Math.abs(value - exact)).toBeLessThan(bound);
    let running = 0;
    for (let i = 0; i < rows; i++) running = Math.fround(running + Math.fround(0.1));
    expect(Math.abs(running - exact), 'one running sum would not do').toBeGreaterThan(bound);
  });
});
