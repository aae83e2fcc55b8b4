/**
 * Random geometries of every op against plain float64 loops: output and the gradients with respect to input, filter
 * and bias, on every backend. Seeded; a failure is shrunk to the smallest geometry that still fails.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../src/entries';
import {inBrowser} from '../support/backends';
import {conformingImplementations, type Implementation, WEBGL_KERNELS} from '../support/implementations';
import {
  type Axes,
  type Bounded,
  type NaiveConvolution,
  type NaiveGeometry,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
  naiveStsDepthwise,
  naiveStsTemporal,
} from '../support/naive_conv3d';

/**
 * In Node; the same ones first. The kernels of wasm choose among the most paths by the geometry. oneDNN compiles each shape of each op.
 * Of the composed form, which is one for all backends: many on cpu, elsewhere such as show what the host's ops do otherwise.
 */
const GEOMETRIES: Record<string, number> = {
  'wasm, kernels': 500,
  'cpu, kernels': 200,
  'webgpu, kernels': 200,
  'tensorflow, kernels': 40,
  'cpu, composed': 80,
  'wasm, composed': 30,
};

/**
 * Fewer in a page, where software renders, and compiles the host's programs shape by shape, on webgl for 10 seconds a geometry; those
 * of our kernels on webgl it does not. The kernels of webgpu run in Node too.
 */
const GEOMETRIES_IN_A_PAGE: Record<string, number> = {
  [WEBGL_KERNELS]: 200,
  'wasm, kernels': 48,
  'webgl, composed': 1,
};

/** A look by hand, at the kernels: `RANDOM_GEOMETRIES=2000 RANDOM_SEED=1 npx vitest run --project browser test/ops/random -t 'webgl, kernels'`. */
const geometriesOn = ({name}: Pick<Implementation, 'name'>) => {
  if (import.meta.env.RANDOM_GEOMETRIES !== undefined) return Number(import.meta.env.RANDOM_GEOMETRIES);
  return inBrowser ? (GEOMETRIES_IN_A_PAGE[name] ?? 4) : GEOMETRIES[name]!;
};
const SEED = Number(import.meta.env.RANDOM_SEED ?? 20221125);

type Op = (x: tf.Tensor5D, w: tf.Tensor5D, bias: tf.Tensor1D) => tf.Tensor5D;

interface Sample {
  naive: NaiveConvolution;
  op: Op;
  seed: number;
}

const length = fc.integer({min: 1, max: 6});
const lengths = fc.tuple(length, length, length);
const upTo3 = fc.integer({min: 1, max: 3});
const axesUpTo3 = fc.tuple(upTo3, upTo3, upTo3);
const seed = fc.integer({min: 1, max: 2 ** 31 - 2});
const batches = fc.integer({min: 1, max: 2});

/** TensorFlow's arithmetic of padding, from its documentation of tf.nn.convolution. */
function padded(
  pad: 'same' | 'valid' | [number, number][],
  size: Axes,
  k: Axes,
  s: Axes,
  d: Axes,
): {before: Axes; output: Axes} {
  const axes = size.map((n, axis) => {
    const reach = d[axis]! * (k[axis]! - 1) + 1;
    if (pad === 'same') {
      const remainder = n % s[axis]!;
      const total = remainder === 0 ? Math.max(reach - s[axis]!, 0) : Math.max(reach - remainder, 0);
      return [Math.floor(total / 2), Math.ceil(n / s[axis]!)] as const;
    }
    const [before, after] = pad === 'valid' ? [0, 0] : pad[axis]!;
    return [before, Math.ceil((n + before + after - reach + 1) / s[axis]!)] as const;
  });
  return {before: axes.map(([b]) => b) as Axes, output: axes.map(([, n]) => n) as Axes};
}

const side = fc.tuple(fc.integer({min: 0, max: 2}), fc.integer({min: 0, max: 2}));
const anyPad = fc.oneof(
  fc.constant('same' as const),
  fc.constant('valid' as const),
  fc.tuple(side, side, side).map((sides) => [...sides]),
);

/** Grid convolutions that have an output: the filter reaches no further than the padded input. */
function gridSamples(
  groups: fc.Arbitrary<{groups: number; inputs: number; outputs: number}>,
  depthwise: boolean,
) {
  return fc
    .record({
      batch: batches,
      size: lengths,
      kernel: axesUpTo3,
      strides: axesUpTo3,
      dilations: axesUpTo3,
      pad: anyPad,
      channels: groups,
      seed,
    })
    .map(({batch, size, kernel, strides, dilations, pad, channels, ...rest}): Sample | undefined => {
      const {before, output} = padded(pad, size, kernel, strides, dilations);
      if (output.some((n) => n < 1)) return undefined;
      const {groups, inputs, outputs} = channels;
      const xShape = [batch, ...size, groups * inputs];
      const g = {xShape, strides, dilations, before, output, groups};
      if (depthwise) {
        const naive = naiveDepthwiseConv3d({...g, filterShape: [...kernel, groups, outputs]});
        const op: Op = (x, w, bias) =>
          sts.fused.depthwiseConv3d({x, filter: w, strides, pad, dilations, bias});
        return {naive, op, ...rest};
      }
      const naive = naiveConv3d({...g, filterShape: [...kernel, inputs, groups * outputs]});
      const op: Op = (x, w, bias) => sts.fused.conv3d({x, filter: w, strides, pad, dilations, bias, groups});
      return {naive, op, ...rest};
    })
    .filter((sample) => sample !== undefined);
}

const odd = (max: number) => fc.integer({min: 0, max: (max - 1) / 2}).map((half) => 2 * half + 1);

/** Either TensorFlow's 'same' or the authors' (k - 1) / 2, which differ where the stride is 2 and the length even. */
function stsPadding(same: boolean, size: Axes, kernel: Axes, strides: Axes) {
  const pad = same ? ('same' as const) : kernel.map((k): [number, number] => [(k - 1) / 2, (k - 1) / 2]);
  return {pad, ...padded(pad, size, kernel, strides, [1, 1, 1])};
}

const temporalSamples = fc
  .record({
    batch: batches,
    size: lengths,
    kt: odd(7),
    stride: upTo3,
    inputs: upTo3,
    out: fc.integer({min: 4, max: 9}),
    split: fc.constantFrom('ceil' as const, 'floor' as const),
    same: fc.boolean(),
    seed,
  })
  .map(({batch, size, kt, stride, inputs, out, split, same, seed}): Sample => {
    const strides: Axes = [stride, 1, 1];
    const {pad, before, output} = stsPadding(same, size, [kt, 1, 1], strides);
    const still = split === 'ceil' ? Math.ceil(out / 2) : Math.floor(out / 2);
    const g: NaiveGeometry = {
      xShape: [batch, ...size, inputs],
      filterShape: [kt, 1, 1, inputs, out],
      strides,
      dilations: [1, 1, 1],
      before,
      output,
      groups: 1,
    };
    return {
      naive: naiveStsTemporal(g, [Math.ceil(still / 2), Math.floor(still / 2), out - still]),
      op: (x, w, bias) => sts.fused.stsConv3d({x, filter: w, strides, pad, bias, split}),
      seed,
    };
  });

const separableSamples = fc
  .record({
    batch: batches,
    size: lengths,
    kt: fc.constantFrom(3, 5),
    kh: odd(5),
    kw: odd(5),
    strides: axesUpTo3,
    channels: fc.integer({min: 2, max: 5}),
    multiplier: fc.integer({min: 1, max: 2}),
    same: fc.boolean(),
    seed,
  })
  .map(({batch, size, kt, kh, kw, strides, channels, multiplier, same, seed}): Sample => {
    const {pad, before, output} = stsPadding(same, size, [kt, kh, kw], strides);
    const g: NaiveGeometry = {
      xShape: [batch, ...size, channels],
      filterShape: [kt, kh, kw, channels, multiplier],
      strides,
      dilations: [1, 1, 1],
      before,
      output,
      groups: channels,
    };
    return {
      naive: naiveStsDepthwise(g),
      op: (x, w, bias) => sts.fused.stsDepthwiseConv3d({x, filter: w, strides, pad, bias}),
      seed,
    };
  });

const groupings = fc.record({groups: upTo3, inputs: upTo3, outputs: upTo3});
const families = [
  {op: 'conv3d', samples: gridSamples(groupings, false)},
  {
    op: 'depthwiseConv3d',
    samples: gridSamples(fc.record({groups: length, inputs: fc.constant(1), outputs: upTo3}), true),
  },
  {op: 'stsConv3d', samples: temporalSamples},
  {op: 'stsDepthwiseConv3d', samples: separableSamples},
];

/** Values in (-1, 1) from a Lehmer generator. */
function randomValues(start: number, size: number): Float32Array {
  let state = start;
  return Float32Array.from({length: size}, () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  });
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
  expect(worst, `${what}[${worst}]: ${given[worst]}, expected ${values[worst]} within ${bounds[worst]}`).toBe(
    -1,
  );
}

async function check({naive, op, seed: first}: Sample): Promise<void> {
  const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1);
  const channels = naive.yShape[4]!;
  const [x, w, dy, bias] = [naive.xShape, naive.filterShape, naive.yShape, [channels]].map((shape, i) =>
    randomValues((first + i * 7919) % 2147483646 || 1, size(shape)),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const tensorsBefore = tf.memory().numTensors;
  const [y, dx, dw, db] = tf.tidy(() => {
    const given = [tf.tensor(x, naive.xShape), tf.tensor(w, naive.filterShape), tf.tensor(bias, [channels])];
    const run = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
      op(a as tf.Tensor5D, b as tf.Tensor5D, c as tf.Tensor1D);
    const [xs, ws, bs] = given as [tf.Tensor, tf.Tensor, tf.Tensor];
    return [
      run(xs, ws, bs),
      ...tf.grads(run as (...args: tf.Tensor[]) => tf.Tensor)([xs, ws, bs], tf.tensor(dy, naive.yShape)),
    ];
  });
  expect(tf.memory().numTensors, 'tensors kept').toBe(tensorsBefore + 4);
  await expectWithin(y!, naive.yShape, naiveForward(naive, x, w, bias), 'y');
  await expectWithin(dx!, naive.xShape, naiveInputGradient(naive, dy, w), 'dx');
  await expectWithin(dw!, naive.filterShape, naiveFilterGradient(naive, dy, x), 'dw');
  await expectWithin(db!, [channels], biasGradient(dy, channels), 'dbias');
}

function biasGradient(dy: Float32Array, channels: number): Bounded {
  const values = new Float64Array(channels);
  const magnitudes = new Float64Array(channels);
  dy.forEach((value, i) => {
    values[i % channels]! += value;
    magnitudes[i % channels]! += Math.abs(value);
  });
  return {values, bounds: magnitudes.map((magnitude) => (dy.length / channels) * 2 ** -24 * magnitude)};
}

describe.each(conformingImplementations)('random geometries on $name', ({use, name}) => {
  const numRuns = geometriesOn({name});
  // Stock ops of an STS convolution on webgl are those of its golden cases (golden.shared.test.ts).
  const own = families.filter(({op}) => !(inBrowser && name === 'webgl, composed' && op.startsWith('sts')));

  beforeAll(use);

  it.each(own)(
    `$op: ${numRuns} geometries`,
    async ({samples}) => {
      await fc.assert(fc.asyncProperty(samples, check), {numRuns, seed: SEED});
    },
    Math.max(5, numRuns / 20) * 60_000,
  );
});
