/**
 * The kernels of webgl where the backend is not as it mostly is: textures of half precision, packing switched off, values that are
 * no numbers, WebGL 1. Against loops in double precision.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {replaceStockKernels} from '../../../src/kernels/registry';
import {stockReplacements} from '../../../src/kernels/webgl';
import {startBackend} from '../../support/backends';
import {implementations, WEBGL_KERNELS} from '../../support/implementations';
import {
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
import {type NaivePool, naivePool3d, naivePool3dGradients} from '../../support/naive_pool3d';
import {valuesOf, wholesOf} from '../wasm/wasm_host';

interface Case {
  naive: NaiveConvolution;
  run(x: tf.Tensor5D, filter: tf.Tensor5D): tf.Tensor5D;
}

const geometry = (channels: number, groups: number) => ({
  xShape: [2, 3, 4, 5, channels],
  strides: [1, 1, 1] as [number, number, number],
  dilations: [1, 1, 1] as [number, number, number],
  before: [1, 1, 1] as [number, number, number],
  output: [3, 4, 5] as [number, number, number],
  groups,
});

/** Each way in which a program adds up, and both forms of STS. */
const cases: Record<string, Case> = {
  'channels in pairs': {
    naive: naiveConv3d({...geometry(8, 2), filterShape: [3, 3, 3, 4, 6]}),
    run: (x, filter) => sts.fused.conv3d({x, filter, pad: 'same', groups: 2}),
  },
  'channels one by one': {
    naive: naiveConv3d({...geometry(6, 2), filterShape: [3, 3, 3, 3, 10]}),
    run: (x, filter) => sts.fused.conv3d({x, filter, pad: 'same', groups: 2}),
  },
  depthwise: {
    naive: naiveDepthwiseConv3d({...geometry(7, 7), filterShape: [3, 3, 3, 7, 1]}),
    run: (x, filter) => sts.fused.depthwiseConv3d({x, filter, pad: 'same'}),
  },
  'temporal STS': {
    naive: naiveStsTemporal({...geometry(4, 1), filterShape: [3, 1, 1, 4, 11], before: [1, 0, 0]}, [3, 3, 5]),
    run: (x, filter) => sts.fused.stsConv3d({x, filter}),
  },
  'depthwise STS': {
    naive: naiveStsDepthwise({...geometry(6, 6), filterShape: [3, 3, 3, 6, 1]}),
    run: (x, filter) => sts.fused.stsDepthwiseConv3d({x, filter, pad: 'same'}),
  },
};

type Given = Record<'x' | 'w' | 'dy', Float32Array>;

function given({xShape, filterShape, yShape}: NaiveConvolution): Given {
  return {x: valuesOf(xShape, 1), w: valuesOf(filterShape, 2), dy: valuesOf(yShape, 3)};
}

/** Result and gradients by x and the filter, by the loops. */
function expected(naive: NaiveConvolution, {x, w, dy}: Given): Bounded[] {
  return [naiveForward(naive, x, w), naiveInputGradient(naive, dy, w), naiveFilterGradient(naive, dy, x)];
}

/** The same by the kernels. */
async function found({naive, run}: Case, {x, w, dy}: Given): Promise<Float32Array[]> {
  const results = tf.tidy(() => {
    const inputs = [tf.tensor(x, naive.xShape), tf.tensor(w, naive.filterShape)];
    const op = (...[x, w]: tf.Tensor[]) => run(x as tf.Tensor5D, w as tf.Tensor5D) as tf.Tensor;
    return [op(...inputs), ...tf.grads(op)(inputs, tf.tensor(dy, naive.yShape))];
  });
  const values = await Promise.all(results.map((tensor) => tensor.data() as Promise<Float32Array>));
  tf.dispose(results);
  return values;
}

function expectWithin(actual: Float32Array[], right: Bounded[]): void {
  for (const [i, {values, bounds}] of right.entries()) {
    const what = ['y', 'dx', 'dw'][i];
    expect(actual[i]!.length, what).toBe(values.length);
    const worst = values.findIndex((value, at) => !(Math.abs(actual[i]![at]! - value) <= bounds[at]!));
    expect(worst, `${what}[${worst}] is ${actual[i]![worst]}, expected ${values[worst]}`).toBe(-1);
  }
}

type Flags = Record<string, number | boolean>;

/** Textures of half precision. */
const HALF: Flags = {
  WEBGL_FORCE_F16_TEXTURES: true,
  WEBGL_RENDER_FLOAT32_ENABLED: false,
  WEBGL_SIZE_UPLOAD_UNIFORM: 0,
};

/** Sets flags of the host for a test. One may follow from another that has been set: all are asked for first. */
const changed = new Map<string, number | boolean>();
function setFlags(flags: Flags): void {
  for (const name of Object.keys(flags)) changed.set(name, tf.env().get(name) as number | boolean);
  for (const [name, value] of Object.entries(flags)) tf.env().set(name, value);
}
afterEach(() => {
  for (const [name, value] of changed) tf.env().set(name, value);
  changed.clear();
});

describe('WebGL 2', () => {
  beforeAll(() => implementations.find(({name}) => name === WEBGL_KERNELS)!.use());

  describe('in textures of half precision', () => {
    it('tensors are rounded to 11 bits', async () => {
      setFlags(HALF);
      const y = tf.tidy(() =>
        sts.conv3d(tf.fill<tf.Rank.R5>([1, 1, 1, 1, 1], 1 + 2 ** -12), tf.ones([1, 1, 1, 1, 1])),
      );
      expect([...(await y.data())]).toEqual([1]);
      y.dispose();
    });

    /** Inputs are rounded, sums of chunks of a gradient by the filter, and what comes out: by 2^-11 of it each. */
    it.each(Object.entries(cases))('%s, forward and back', async (_, one) => {
      setFlags(HALF);
      const values = given(one.naive);
      const sizes = Object.fromEntries(
        Object.entries(values).map(([name, numbers]) => [name, numbers.map(Math.abs)]),
      ) as Given;
      const magnitudes = expected(one.naive, sizes);
      const right = expected(one.naive, values).map(({values, bounds}, i) => ({
        values,
        bounds: bounds.map(
          (bound, at) => bound + 2 ** -11 * (3 * magnitudes[i]!.values[at]! + Math.abs(values[at]!)),
        ),
      }));
      expectWithin(await found(one, values), right);
    });
  });

  it('pools in half precision, and refuses windows that it cannot count', async () => {
    replaceStockKernels(stockReplacements);
    setFlags(HALF);
    const pool: NaivePool = {xShape: [1, 4, 5, 5, 3], window: [2, 3, 3], strides: [1, 2, 2], pad: 'same'};
    const x = wholesOf(pool.xShape, 1);
    const {yShape, max, average} = naivePool3d(pool, x);
    const dy = wholesOf(yShape, 2);
    const right = naivePool3dGradients(pool, x, dy);
    const results = tf.tidy(() =>
      [tf.maxPool3d, tf.avgPool3d].flatMap((op) => {
        const run = (t: tf.Tensor): tf.Tensor => op(t as tf.Tensor5D, [2, 3, 3], [1, 2, 2], 'same');
        const {value, grad} = tf.valueAndGrad(run)(tf.tensor(x, [...pool.xShape]), tf.tensor(dy, yShape));
        return [value, grad];
      }),
    );
    // Whole numbers are exact; means are rounded to 11 bits once, after their rounding to float32.
    for (const [i, expected] of [max, right.max, average, right.average].entries()) {
      const values = await results[i]!.data();
      const bound = (value: number) => (i < 2 ? 0 : 2 ** -11 * Math.abs(value) + 2 ** -20);
      const worst = expected.findIndex((value, at) => !(Math.abs(values[at]! - value) <= bound(value)));
      expect(worst, `${i}: ${values[worst]}, expected ${expected[worst]}`).toBe(-1);
    }
    tf.dispose(results);
    const back = tf.grad((t) => tf.maxPool3d(t as tf.Tensor5D, [1, 1, 2049], 1, 'valid'));
    expect(() => tf.tidy(() => back(tf.zeros([1, 1, 1, 2049, 1])))).toThrow(/1 x 1 x 2049 .* 2048/);
  });

  it.each(Object.entries(cases))('%s, forward and back, with packing switched off', async (_, one) => {
    setFlags({WEBGL_PACK: false, WEBGL_LAZILY_UNPACK: false, WEBGL_PACK_BINARY_OPERATIONS: false});
    const values = given(one.naive);
    expectWithin(await found(one, values), expected(one.naive, values));
  });

  /** Of the two tensors that a clip and its gradient are; zeros of the padding times a weight that is none are left open. */
  it.each(Object.entries(cases))('%s: a NaN gets where its products go, and nowhere else', async (_, one) => {
    const values = given(one.naive);
    values.x[7] = Number.NaN;
    values.dy[200] = Number.NaN;
    const right = expected(one.naive, values);
    const actual = await found(one, values);
    for (const [i, {values}] of right.entries()) {
      expect(Array.from(actual[i]!, Number.isNaN), ['y', 'dx', 'dw'][i]).toEqual(
        Array.from(values, Number.isNaN),
      );
      expect(values.some(Number.isNaN) && !values.every(Number.isNaN)).toBe(true);
    }
  });

  const names = [
    'relu',
    'relu6',
    'swish',
    'hardSwish',
    'sigmoid',
    'elu',
    'tanh',
    'softplus',
    'gelu',
  ] as const;
  it.each([...names, {leakyRelu: 0.1}])('a NaN goes through %s', async (activation) => {
    const y = tf.tidy(() => {
      const x = tf.tensor5d([1, Number.NaN, -2], [1, 1, 1, 3, 1]);
      return sts.fused.conv3d({x, filter: tf.ones([1, 1, 1, 1, 1]), activation});
    });
    expect(Array.from(await y.data(), Number.isNaN)).toEqual([false, true, false]);
    y.dispose();
  });
});

/** The last of the page, where the backend starts anew on another context. One case: the host compiles ten seconds for each. */
describe('WebGL 1', () => {
  beforeAll(async () => {
    await startBackend('webgl');
    const factory = tf.findBackendFactory('webgl')!;
    tf.removeBackend('webgl');
    tf.env().reset();
    tf.env().set('WEBGL_VERSION', 1);
    tf.registerBackend('webgl', factory);
    await startBackend('webgl');
  });

  it('is left to the composed form', () => {
    expect(tf.env().getNumber('WEBGL_VERSION')).toBe(1);
    const coverage = sts.kernelCoverage('webgl');
    expect([coverage.IndirectConv3D, coverage.Conv3D]).toEqual(['composed', 'stock']);
  });

  it('computes, forward and back', async () => {
    const one = cases.depthwise!;
    const values = given(one.naive);
    expectWithin(await found(one, values), expected(one.naive, values));
  });
});
