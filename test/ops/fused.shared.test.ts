/**
 * Bias, residual and activation as options of the ops, on every backend: values and gradients against loops in double
 * precision, gradients of gradients by differences, refusals.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../src/entries';
import {tensorOf, valuesOf} from '../kernels/wasm/wasm_host';
import {type Curve, curves, leaky} from '../support/activations';
import {inBrowser} from '../support/backends';
import {conformingImplementations} from '../support/implementations';
import {
  type NaiveConvolution,
  naiveConv3d,
  naiveDepthwiseConv3d,
  naiveFilterGradient,
  naiveForward,
  naiveInputGradient,
  naiveStsDepthwise,
  naiveStsTemporal,
} from '../support/naive_conv3d';

type Shape5D = [number, number, number, number, number];
type Run = (x: tf.Tensor5D, filter: tf.Tensor5D, options: sts.ConvolutionEpilogue) => tf.Tensor5D;

const same = {dilations: [1, 1, 1], before: [1, 1, 1]} as const;
const plain = (batch: number, channels: number) => ({
  xShape: [batch, 3, 4, 5, channels],
  strides: [1, 1, 1] as [number, number, number],
  dilations: [...same.dilations] as [number, number, number],
  before: [...same.before] as [number, number, number],
  output: [3, 4, 5] as [number, number, number],
});

/** Channels that fill no vector and vectors and a tail, more rows than a block, several parts, several clips. */
const cases: Record<string, {naive: NaiveConvolution; run: Run}> = {
  conv3d: {
    naive: naiveConv3d({...plain(2, 6), filterShape: [3, 3, 3, 3, 10], groups: 2}),
    run: (x, w, options) => sts.fused.conv3d({x, filter: w, pad: 'same', ...options, groups: 2}),
  },
  depthwiseConv3d: {
    naive: naiveDepthwiseConv3d({...plain(1, 7), filterShape: [3, 3, 3, 7, 1], groups: 7}),
    run: (x, w, options) => sts.fused.depthwiseConv3d({x, filter: w, pad: 'same', ...options}),
  },
  stsConv3d: {
    naive: naiveStsTemporal(
      {...plain(1, 3), filterShape: [3, 1, 1, 3, 11], before: [1, 0, 0], groups: 1},
      [3, 3, 5],
    ),
    run: (x, w, options) => sts.fused.stsConv3d({x, filter: w, ...options}),
  },
  stsDepthwiseConv3d: {
    naive: naiveStsDepthwise({...plain(2, 5), filterShape: [3, 3, 3, 5, 1], groups: 5}),
    run: (x, w, options) => sts.fused.stsDepthwiseConv3d({x, filter: w, ...options}),
  },
};

/** Values spread so that the sums reach both ends of every activation. */
const spread = (shape: readonly number[], seed: number) => valuesOf(shape, seed).map((value) => value * 8);

/** Values and sums of a case, once for all activations and implementations. */
function given(naive: NaiveConvolution): Given {
  const known = made.get(naive) ?? make(naive);
  made.set(naive, known);
  return known;
}

type Given = ReturnType<typeof make>;
const made = new Map<NaiveConvolution, Given>();

function make(naive: NaiveConvolution) {
  const channels = naive.yShape[4]!;
  const values = {
    x: spread(naive.xShape, 1),
    w: valuesOf(naive.filterShape, 2),
    bias: valuesOf([channels], 3),
    residual: spread(naive.yShape, 4),
  };
  const sums = naiveForward(naive, values.x, values.w, values.bias);
  // The residual is one more term of each sum: it is rounded with the rest.
  const bounds = sums.bounds.map((bound, i) => bound + 2 ** -23 * Math.abs(values.residual[i]!));
  return {values, sums: sums.values.map((sum, i) => sum + values.residual[i]!), bounds};
}

const madeGradients = new Map<string, Float64Array[]>();

/** By x, filter, bias and residual, by `dyOf` the result; once for all implementations. */
function gradientsOf(op: string, activation: sts.Activation, curve: Curve): Float64Array[] {
  const key = `${op} ${JSON.stringify(activation)}`;
  const known = madeGradients.get(key) ?? makeGradients(cases[op]!.naive, curve);
  madeGradients.set(key, known);
  return known;
}

const dyOf = ({yShape}: NaiveConvolution) => valuesOf(yShape, 5);

function makeGradients(naive: NaiveConvolution, curve: Curve): Float64Array[] {
  const {values, sums} = given(naive);
  const dy = dyOf(naive);
  const back = Float32Array.from(sums, (sum, i) => dy[i]! * curve.derivative(sum));
  const byBias = new Float64Array(naive.yShape[4]!);
  for (const [i, value] of back.entries()) byBias[i % byBias.length]! += value;
  return [
    naiveInputGradient(naive, back, values.w).values,
    naiveFilterGradient(naive, back, values.x).values,
    byBias,
    Float64Array.from(back),
  ];
}

const five = (values: Float32Array, shape: number[]) => tf.tensor<tf.Rank.R5>(values, shape as Shape5D);

const tensors = (naive: NaiveConvolution, values: Given['values']) => ({
  x: five(values.x, naive.xShape),
  w: five(values.w, naive.filterShape),
  bias: tf.tensor1d(values.bias),
  residual: five(values.residual, naive.yShape),
});

function expectWithin(actual: ArrayLike<number>, expected: Float64Array, bounds: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const worst = expected.findIndex((value, i) => !(Math.abs(actual[i]! - value) <= bounds[i]!));
  expect(worst, `[${worst}] is ${actual[worst]}, expected ${expected[worst]}`).toBe(-1);
}

/** The error of an activation is that of its argument, and some roundings of its own. */
function endedBounds(
  {value, steepest, absolute = 0}: Curve,
  sums: Float64Array,
  bounds: Float64Array,
): Float64Array {
  return sums.map((sum, i) => steepest * bounds[i]! + 2 ** -20 * Math.abs(value(sum)) + absolute);
}

const activations: [sts.Activation, Curve][] = [
  ...(Object.entries(curves) as [sts.ActivationName, Curve][]),
  [{leakyRelu: 0.3}, leaky(0.3)],
];

/**
 * The kernels of webgpu end the same way in a page as in Node, which takes less time; the composed form is the same on webgl as on
 * webgpu, where its programs compile in half of the time.
 */
const ended = conformingImplementations.filter(
  ({name}) => !inBrowser || (name !== 'webgpu, kernels' && name !== 'webgl, composed'),
);

/**
 * How a result ends is text that programs of GPUs have in common, and the same stock ops after each composed form: there one op has
 * every activation, the others have some.
 */
const activationsFor = (implementation: string, op: string) => {
  const areOfOneText = !/^(cpu|wasm), kernels$/.test(implementation) && op !== 'conv3d';
  const some: sts.Activation[] = ['linear', 'relu6', 'gelu'];
  return activations.filter(([one]) => !areOfOneText || typeof one !== 'string' || some.includes(one));
};

describe.each(ended)('on $name', ({name: implementation, use}) => {
  beforeAll(use);

  describe.each(Object.entries(cases))('%s', (op, {naive, run}) => {
    const own = activationsFor(implementation, op);
    it.each(own)('ends with bias, residual and %s', async (activation, curve) => {
      const {values, sums, bounds} = given(naive);
      const y = tf.tidy(() => {
        const {x, w, ...options} = tensors(naive, values);
        return run(x, w, {...options, activation});
      });
      expectWithin(await y.data(), sums.map(curve.value), endedBounds(curve, sums, bounds));
      y.dispose();
    });

    it.each(own)('has the gradients by x, filter, bias and residual with %s', async (name, curve) => {
      const {sums} = given(naive);
      const nearest = Math.min(
        ...sums.map((sum) => Math.min(...curve.kinks.map((kink) => Math.abs(sum - kink)), 1)),
      );
      expect(nearest).toBeGreaterThan(2e-5);
      const dy = dyOf(naive);
      const gradients = tf.tidy(() => {
        const {x, w, bias, residual} = tensors(naive, given(naive).values);
        const call = (...[x, w, bias, residual]: tf.Tensor[]) =>
          run(x as tf.Tensor5D, w as tf.Tensor5D, {
            bias: bias as tf.Tensor1D,
            residual: residual as tf.Tensor5D,
            activation: name,
          });
        return tf.grads(call)([x, w, bias, residual], tf.tensor(dy, naive.yShape));
      });
      const expected = gradientsOf(op, name, curve);
      for (const [i, gradient] of gradients.entries()) {
        const scale = expected[i]!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        expectWithin(
          await gradient.data(),
          expected[i]!,
          expected[i]!.map(() => 1e-5 * scale),
        );
      }
      tf.dispose(gradients);
    });

    // The first gradient of 'linear' is constant, so that there is no second one: behaviour.test.ts has mixed ones.
    it.each(own.slice(1))('has gradients of gradients with %s', async (activation) => {
      // How the slope of f along a direction changes along it: once a gradient, once a difference.
      const step = 2 ** -7;
      const results = tf.tidy(() => {
        const {x, w, ...options} = tensors(naive, given(naive).values);
        const direction = tensorOf(naive.xShape, 6);
        const f = (input: tf.Tensor) =>
          tf.sum(run(input as tf.Tensor5D, w, {...options, activation})) as tf.Scalar;
        const slope = (input: tf.Tensor) => tf.sum(tf.mul(tf.grad(f)(input), direction)) as tf.Scalar;
        const at = (distance: number) => slope(tf.add(x, tf.mul(direction, distance)));
        const difference = tf.div(tf.sub(at(step), at(-step)), 2 * step);
        return tf.stack([tf.sum(tf.mul(tf.grad(slope)(x), direction)), difference]);
      });
      const [bend, difference] = (await results.data()) as unknown as [number, number];
      results.dispose();
      // Those of straight pieces do not bend.
      // The bend of elu jumps at 0, where a difference reaches across.
      const share = activation === 'elu' ? 0.06 : 0.02;
      const isStraight = typeof activation !== 'string' || activation.startsWith('relu');
      if (isStraight) expect(bend).toBe(0);
      else expect(Math.abs(bend - difference)).toBeLessThan(share * Math.abs(difference) + 0.05);
    });
  });

  it('takes a residual without a batch where x has none', async () => {
    const [x, w] = [tensorOf([1, 2, 3, 3, 4], 1), tensorOf([1, 1, 1, 4, 4], 2)];
    const residual = tensorOf([1, 2, 3, 3, 4], 3);
    const expected = sts.fused.conv3d({x, filter: w, pad: 'same', residual});
    const clip = tf.squeeze(x, [0]) as unknown as tf.Tensor4D;
    const shortcut = tf.squeeze(residual, [0]) as unknown as tf.Tensor4D;
    const y = sts.fused.conv3d({x: clip, filter: w, pad: 'same', residual: shortcut});
    expect(y.shape).toEqual([2, 3, 3, 4]);
    expect(await y.data()).toEqual(await expected.data());
    tf.dispose([x, w, residual, expected, clip, shortcut, y]);
  });

  it('are the ops of the same names where nothing else is asked for', async () => {
    const ops = [
      [sts.conv3d, sts.fused.conv3d, [3, 3, 3, 4, 4]],
      [sts.depthwiseConv3d, sts.fused.depthwiseConv3d, [3, 3, 3, 4, 1]],
      [sts.stsConv3d, sts.fused.stsConv3d, [3, 1, 1, 4, 4]],
      [sts.stsDepthwiseConv3d, sts.fused.stsDepthwiseConv3d, [3, 3, 3, 4, 1]],
    ] as const;
    for (const [op, fused, shape] of ops) {
      const [x, filter] = [tensorOf([1, 3, 4, 4, 4], 1), tensorOf([...shape], 2)];
      const [y, expected] = [fused({x, filter}), op(x, filter)];
      expect(y.shape).toEqual(expected.shape);
      expect(await y.data()).toEqual(await expected.data());
      tf.dispose([x, filter, y, expected]);
    }
  });

  it('says which function was called, and what it takes', () => {
    tf.tidy(() => {
      const [x, filter] = [tensorOf([1, 2, 3, 3, 4], 1), tensorOf([1, 1, 1, 4, 5], 2)];
      const call = (options: unknown) => () =>
        sts.fused.stsConv3d(options as {x: typeof x; filter: typeof x});
      expect(call(x)).toThrow(/^fused.stsConv3d: got a tensor; it takes one object/);
      expect(call(undefined)).toThrow(/^fused.stsConv3d: options are undefined/);
      expect(call({filter})).toThrow(/^fused.stsConv3d: x is undefined; a tensor/);
      expect(call({x})).toThrow(/^fused.stsConv3d: filter is undefined; a tensor/);
      expect(call({x, filter: tf.ones([1, 1, 1, 3, 5])})).toThrow(
        /^fused.stsConv3d: the filter takes 3 input/,
      );
    });
  });

  it('refuses residuals of other shapes and activations that it does not know', () => {
    tf.tidy(() => {
      const [x, w] = [tensorOf([1, 2, 3, 3, 4], 1), tensorOf([1, 1, 1, 4, 5], 2)];
      const with_ = (options: object) => () => sts.fused.conv3d({x, filter: w, pad: 'same', ...options});
      expect(with_({residual: tensorOf([1, 2, 3, 3, 4], 3)})).toThrow(
        /conv3d: residual must have the shape of the result, \[1, 2, 3, 3, 5\]; got \[1, 2, 3, 3, 4\]/,
      );
      expect(with_({residual: tf.zeros([2, 3, 3, 5])})).toThrow(/got \[2, 3, 3, 5\]/);
      expect(with_({residual: tf.zeros([5])})).toThrow(/residual must have the shape/);
      expect(with_({activation: 'softmax'})).toThrow(
        /activation must be one of linear, relu, relu6, swish, hardSwish, sigmoid, elu, tanh, softplus, gelu, or {leakyRelu: slope} with a slope of at least 0; got "softmax"/,
      );
      for (const leakyRelu of [-0.1, Number.NaN, Number.POSITIVE_INFINITY, '0.1']) {
        expect(with_({activation: {leakyRelu}})).toThrow(/with a slope of at least 0; got {"leakyRelu":/);
      }
      expect(with_({activation: {leakyRelu: 0.1, alpha: 1}})).toThrow(/"alpha":1/);
    });
  });
});
