/**
 * The authors' convolutions (test/golden/layers), forward and back, and batch normalization by the statistics of a batch and by given ones,
 * on webgl in textures of half precision. What is allowed follows from the 11 bits that a texture keeps of each value.
 */
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {batchNormTrain} from '../../../src/ops/batch_norm_train';
import {startBackend} from '../../support/backends';
import {readGolden, readGoldenJson} from '../../support/golden';
import {implementations, WEBGL_KERNELS} from '../../support/implementations';
import {type GoldenTensor, readGoldenTensors, toChannelsLast, toFilter} from '../../support/safetensors';
import {valuesOf} from '../wasm/wasm_host';

/** One rounding of a value to half precision, relative to it. */
const ROUNDING = 2 ** -11;
/** Half of the least step of half precision, near zero. */
const LEAST = 2 ** -25;

const HALF = {
  WEBGL_FORCE_F16_TEXTURES: true,
  WEBGL_RENDER_FLOAT32_ENABLED: false,
  WEBGL_SIZE_UPLOAD_UNIFORM: 0,
};

interface Case {
  name: string;
  file: string;
  form: string;
  stride?: [number, number, number];
  shapes: Record<string, number[]>;
}

/** Forms of every kind with gradients; the same names in test/ops/golden.shared.test.ts have the geometry. */
const NAMES = [
  'temporal_k3_i8_o8',
  'temporal_k5_i5_o6',
  'dw_c2_s1',
  'dw_c8_s2_t1',
  'dw_c6_s1_odd',
  'r2t_k3_i5_o8_st1',
];
const {cases} = await readGoldenJson<{cases: Case[]}>('layers/manifest.json');
const convolutions = cases.filter(({name}) => NAMES.includes(name));

type Run = (x: tf.Tensor, w: tf.Tensor) => tf.Tensor;

function convolution({form, stride = [1, 1, 1]}: Case): Run {
  return (x, w) => {
    const filter = w as tf.Tensor5D;
    const pad = filter.shape.slice(0, 3).map((k): [number, number] => [(k - 1) / 2, (k - 1) / 2]);
    const options = {x: x as tf.Tensor5D, strides: stride, pad};
    if (!form.startsWith('depthwise'))
      return sts.fused.stsConv3d({...options, filter, split: form.startsWith('r2plus1d') ? 'floor' : 'ceil'});
    const [kt, kh, kw, , outputs] = filter.shape;
    const channels = x.shape[4]!;
    const depthwise = tf.reshape<tf.Rank.R5>(filter, [kt, kh, kw, channels, outputs / channels]);
    return sts.fused.stsDepthwiseConv3d({...options, filter: depthwise});
  };
}

/** Result and gradients by x and w on the live backend. */
async function computed(run: Run, [x, w, g]: readonly GoldenTensor[]): Promise<Float32Array[]> {
  const results = tf.tidy(() => {
    const [input, filter, dy] = [x!, w!, g!].map(({values, shape}) => tf.tensor(values, shape));
    return [run(input!, filter!), ...tf.grads(run)([input!, filter!], dy!)];
  });
  const values = await Promise.all(results.map((one) => one.data() as Promise<Float32Array>));
  tf.dispose(results);
  return values;
}

const magnitudeOf = ({values, shape}: GoldenTensor): GoldenTensor => ({shape, values: values.map(Math.abs)});

function expectWithin(
  actual: ArrayLike<number>,
  right: ArrayLike<number>,
  bounds: ArrayLike<number>,
  what: string,
) {
  expect(actual.length, what).toBe(right.length);
  const isFar = (value: number, i: number) => !(Math.abs(actual[i]! - value) <= bounds[i]!);
  const worst = Array.from(right).findIndex(isFar);
  expect(
    worst,
    `${what}[${worst}] is ${actual[worst]}, ought to be ${right[worst]} within ${bounds[worst]}`,
  ).toBe(-1);
}

const before = new Map<string, number | boolean>();
async function useHalfPrecision(): Promise<void> {
  await implementations.find(({name}) => name === WEBGL_KERNELS)!.use();
  for (const name of Object.keys(HALF)) before.set(name, tf.env().get(name) as number | boolean);
  tf.env().setFlags({...tf.env().getFlags(), ...HALF});
}
function useFullPrecision(): void {
  for (const [name, value] of before) tf.env().set(name, value);
}
afterAll(useFullPrecision);

it('knows the cases', () => expect(convolutions.map(({name}) => name).sort()).toEqual([...NAMES].sort()));

describe('convolutions', () => {
  it.each(convolutions)('$name', async (one) => {
    const tensors = readGoldenTensors(await readGolden(one.file));
    const of = (key: string) => tensors.get(`${one.name}/${key}`)!;
    const given = [toChannelsLast(of('x')), toFilter(of('w')), toChannelsLast(of('g'))];
    // The same sums of absolute values: each of their products has two factors that were rounded.
    await startBackend('cpu');
    const magnitudes = await computed(convolution(one), given.map(magnitudeOf));
    await useHalfPrecision();
    const actual = await computed(convolution(one), given);
    useFullPrecision();
    const right = [toChannelsLast(of('y')), toChannelsLast(of('dx')), toFilter(of('dw'))];
    for (const [i, {values}] of right.entries()) {
      // A gradient by the filter has the sums of its chunks rounded besides; all results are.
      const bounds = magnitudes[i]!.map((magnitude) => ROUNDING * 4 * magnitude + LEAST);
      expectWithin(actual[i]!, values, bounds, ['y', 'dx', 'dw'][i]!);
    }
    // Were it computed in full precision, this test would test nothing.
    const isRounded = Array.from(actual[0]!).every(
      (value) => Math.abs(value) < 2 ** -14 || hasElevenBits(value),
    );
    expect(isRounded).toBe(true);
  });
});

function hasElevenBits(value: number): boolean {
  const scaled = Math.abs(value) / 2 ** (Math.floor(Math.log2(Math.abs(value))) - 10);
  return Number.isInteger(scaled);
}

/** A number, and how far from it a device may be that rounds each result to half precision. */
interface Near {
  readonly value: number;
  readonly bound: number;
}
const near = (value: number, bound = 0): Near => ({value, bound: bound + ROUNDING * Math.abs(value) + LEAST});
const sum = (terms: readonly Near[]): Near => {
  const total = (part: (term: Near) => number) => terms.reduce((so, term) => so + part(term), 0);
  // A long sum is rounded in up to three steps, of which each may be as large as all magnitudes together.
  return near(
    total(({value}) => value),
    total(({value, bound}) => bound + (terms.length > 2 ? 2 * ROUNDING * Math.abs(value) : 0)),
  );
};
const product = (a: Near, b: Near): Near =>
  near(a.value * b.value, Math.abs(a.value) * b.bound + Math.abs(b.value) * a.bound + a.bound * b.bound);
const negative = ({value, bound}: Near): Near => ({value: -value, bound});
const inverseRoot = ({value, bound}: Near): Near =>
  near(1 / Math.sqrt(value), 1 / Math.sqrt(value - bound) - 1 / Math.sqrt(value));

describe('batch normalization', () => {
  const [rows, channels, epsilon] = [96, 6, 1e-3];
  const x = valuesOf([rows, channels], 1).map((value) => value + 1);
  const gamma = valuesOf([channels], 2).map((value) => value + 1.5);
  const beta = valuesOf([channels], 3);

  /** By the definition; `meanBound` and `varianceBound` are how far the statistics may be off. */
  function expected(c: number, mean: number, variance: number, meanBound: number, varianceBound: number) {
    const scale = gamma[c]! / Math.sqrt(variance + epsilon);
    // Half of the relative error of the variance goes into its root; factor, root and product are rounded.
    const relative = varianceBound / (variance + epsilon) / 2 + 5 * ROUNDING;
    return Array.from({length: rows}, (_, row) => {
      const value = x[row * channels + c]!;
      const apart = (value - mean) * scale;
      const apartBound = (ROUNDING * (Math.abs(value) + Math.abs(value - mean)) + meanBound) * scale;
      const y = apart + beta[c]!;
      return {
        y,
        bound:
          1.1 * (Math.abs(apart) * relative + apartBound + ROUNDING * (Math.abs(beta[c]!) + Math.abs(y))),
      };
    });
  }

  function statistics(c: number) {
    const column = Array.from({length: rows}, (_, row) => x[row * channels + c]!);
    const meanOf = (numbers: number[]) => numbers.reduce((sum, value) => sum + value, 0) / rows;
    const [mean, magnitude] = [meanOf(column), meanOf(column.map(Math.abs))];
    const apart = column.map((value) => value - mean);
    const variance = meanOf(apart.map((d) => d * d));
    // Values are rounded, and what is summed of them.
    const meanBound = 3 * ROUNDING * magnitude;
    const apartBound = apart.map((d, row) => ROUNDING * (column[row]! + Math.abs(d)) + meanBound);
    const varianceBound =
      2 * meanOf(apart.map((d, row) => Math.abs(d) * Math.abs(apartBound[row]!))) + 3 * ROUNDING * variance;
    return {mean, variance, meanBound, varianceBound};
  }

  beforeAll(useHalfPrecision);

  it('by the statistics of the batch', async () => {
    const {y} = batchNormTrain(
      tf.tensor2d(x, [rows, channels]),
      tf.tensor1d(gamma),
      tf.tensor1d(beta),
      epsilon,
    );
    await check(y, (c) => statistics(c));
  });

  it('by given statistics', async () => {
    const [mean, variance] = [valuesOf([channels], 4), valuesOf([channels], 5).map((value) => value + 1.5)];
    const tensors = [mean, variance, beta, gamma].map((values) => tf.tensor1d(values));
    const y = tf.batchNorm(
      tf.tensor5d(x, [1, 4, 4, 6, channels]),
      ...(tensors as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]),
      epsilon,
    );
    await check(y, (c) => ({
      mean: mean[c]!,
      variance: variance[c]!,
      meanBound: ROUNDING * Math.abs(mean[c]!),
      varianceBound: ROUNDING * variance[c]!,
    }));
  });

  it('back, by the statistics of the batch', async () => {
    const g = valuesOf([rows, channels], 6);
    const normalized = (input: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
      batchNormTrain(input, scale as tf.Tensor1D, offset as tf.Tensor1D, epsilon).y;
    const given = [tf.tensor2d(x, [rows, channels]), tf.tensor1d(gamma), tf.tensor1d(beta)];
    const gradients = tf.grads(normalized)(given, tf.tensor2d(g, [rows, channels]));
    const [dx, dgamma, dbeta] = await Promise.all(gradients.map((one) => one.data()));
    tf.dispose(gradients);
    const shareOfRow = near(1 / rows);
    for (let c = 0; c < channels; c++) {
      const {mean, variance, meanBound, varianceBound} = statistics(c);
      const column = (values: ArrayLike<number>) =>
        Array.from({length: rows}, (_, row) => values[row * channels + c]!);
      const inverse = inverseRoot(sum([near(variance, varianceBound), near(epsilon)]));
      const apart = column(x).map((value) => sum([near(value), near(-mean, meanBound)]));
      const dy = column(g).map((value) => near(value));
      const offset = sum(dy);
      const scale = product(sum(dy.map((one, row) => product(one, apart[row]!))), inverse);
      const slope = product(product(scale, inverse), shareOfRow);
      const factor = product(near(gamma[c]!), inverse);
      const input = dy.map((one, row) => {
        const level = sum([one, negative(product(offset, shareOfRow))]);
        return product(sum([level, negative(product(apart[row]!, slope))]), factor);
      });
      const compare = (actual: ArrayLike<number>, right: readonly Near[], what: string) =>
        expectWithin(
          actual,
          right.map(({value}) => value),
          right.map(({bound}) => bound),
          `${what} of channel ${c}`,
        );
      compare([dbeta![c]!], [offset], 'dbeta');
      compare([dgamma![c]!], [scale], 'dgamma');
      compare(column(dx!), input, 'dx');
    }
  });

  async function check(y: tf.Tensor, statisticsOf: typeof statistics): Promise<void> {
    const actual = await y.data();
    y.dispose();
    for (let c = 0; c < channels; c++) {
      const {mean, variance, meanBound, varianceBound} = statisticsOf(c);
      const right = expected(c, mean, variance, meanBound, varianceBound);
      const column = Array.from({length: rows}, (_, row) => actual[row * channels + c]!);
      expectWithin(
        column,
        right.map((one) => one.y),
        right.map((one) => one.bound),
        `channel ${c}`,
      );
    }
  }
});
