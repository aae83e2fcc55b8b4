/**
 * Every layer case of the authors' code (test/golden/layers) on every backend: outputs and the gradients with respect
 * to input and filter, probes exactly. The cases with batch norm are in test/layers/normalization/golden_batch_norm.shared.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../src/entries';
import {inBrowser} from '../support/backends';
import {readGolden, readGoldenJson} from '../support/golden';
import {conformingImplementations} from '../support/implementations';
import {type GoldenTensor, readGoldenTensors, toChannelsLast, toFilter} from '../support/safetensors';

interface Case {
  name: string;
  file: string;
  form: string;
  exact: boolean;
  stride?: [number, number, number];
  groups?: number;
  shapes: Record<string, number[]>;
}

const manifest = await readGoldenJson<{cases: Case[]}>('layers/manifest.json');
const files = new Map<string, Map<string, GoldenTensor>>();
for (const {file} of manifest.cases) {
  if (!files.has(file)) files.set(file, readGoldenTensors(await readGolden(file)));
}

const tensorOf = ({name, file}: Case, key: string): GoldenTensor => files.get(file)!.get(`${name}/${key}`)!;

/** The manifest's tolerance: 1e-5 of the largest value; cases marked exact must be equal. */
async function expectClose(
  actual: tf.Tensor,
  expected: GoldenTensor,
  exact: boolean,
  what: string,
): Promise<void> {
  expect(actual.shape, what).toEqual(expected.shape);
  const values = await actual.data();
  actual.dispose();
  const scale = expected.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const tolerance = exact ? 0 : 1e-5 * scale;
  let worst = 0;
  for (let i = 0; i < values.length; i++) worst = Math.max(worst, Math.abs(values[i]! - expected.values[i]!));
  expect(worst, `${what}: largest difference, of values up to ${scale}`).toBeLessThanOrEqual(tolerance);
  expect(values.every(Number.isFinite), `${what} is finite`).toBe(true);
}

/** (k - 1) / 2 zeros on both sides of every axis, as the authors pad. */
function centred(filterShape: readonly number[]): [number, number][] {
  return filterShape.slice(0, 3).map((k) => [(k - 1) / 2, (k - 1) / 2]);
}

function convolution({
  form,
  groups = 1,
  stride,
  name,
}: Case): (x: tf.Tensor5D, w: tf.Tensor5D) => tf.Tensor5D {
  const strides = name === 'temporal_k3_spatial_stride_ignored' ? [1, 1, 1] : (stride ?? [1, 1, 1]);
  return (x, w) => {
    const pad = centred(w.shape);
    if (!form.startsWith('depthwise')) {
      const split = form.startsWith('r2plus1d') ? 'floor' : 'ceil';
      return sts.fused.stsConv3d({x, filter: w, strides, pad, split});
    }
    const [kt, kh, kw, inputs, outputs] = w.shape;
    if (inputs > 1) return sts.fused.stsConv3d({x, filter: w, strides, pad, groups});
    const depthwise = tf.reshape<tf.Rank.R5>(w, [kt, kh, kw, groups, outputs / groups]);
    return sts.stsDepthwiseConv3d(x, depthwise, strides, pad);
  };
}

function tensor({shape, values}: GoldenTensor): tf.Tensor5D {
  const given: tf.Tensor = tf.tensor(values, shape);
  return given as tf.Tensor5D;
}

const convolutions = manifest.cases.filter(({form}) =>
  ['temporal', 'depthwise', 'r2plus1d-temporal'].includes(form),
);
const probes = manifest.cases.filter(({form}) => form === 'depthwise-probe');
const withBatchNorm = manifest.cases.filter(({form}) => form.includes('+bn') || form === 'r2plus1d-module');

it('knows all 94 cases', () => {
  expect(convolutions.length + probes.length + withBatchNorm.length).toBe(94);
  expect(manifest.cases).toHaveLength(94);
});

/**
 * Each how many cases are run. The composed form takes three seconds a case on GPUs, which go to the compilation of the host's programs, shape
 * by shape; the kernels of webgpu and the composed form on wasm run all of them in Node.
 */
function stepOf(name: string): number {
  if (/^webg.*, composed$/.test(name)) return 16;
  return inBrowser && ['webgpu, kernels', 'wasm, composed'].includes(name) ? 4 : 1;
}

describe.each(conformingImplementations)('golden layers on $name', ({use, name}) => {
  beforeAll(use);

  const step = stepOf(name);
  const one = <T>(_: T, i: number) => i % step === 0;
  it.each(convolutions.filter(one))('$name', async (given) => {
    const convolve = convolution(given);
    const [y, dx, dw] = tf.tidy(() => {
      const x = tensor(toChannelsLast(tensorOf(given, 'x')));
      const w = tensor(toFilter(tensorOf(given, 'w')));
      if (given.shapes.g === undefined) return [convolve(x, w)];
      const g = tensor(toChannelsLast(tensorOf(given, 'g')));
      const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
        convolve(a as tf.Tensor5D, b as tf.Tensor5D),
      );
      return [convolve(x, w), ...gradients([x, w], g)];
    });
    await expectClose(y!, toChannelsLast(tensorOf(given, 'y')), given.exact, 'y');
    if (given.shapes.g === undefined) return;
    await expectClose(dx!, toChannelsLast(tensorOf(given, 'dx')), given.exact, 'dx');
    await expectClose(dw!, toFilter(tensorOf(given, 'dw')), given.exact, 'dw');
  });

  it.each(probes.filter(one))('$name', async (given) => {
    const x = toChannelsLast(tensorOf(given, 'x'));
    const filters = tensorOf(given, 'w');
    const outputs = tensorOf(given, 'y');
    const nth = ({shape, values}: GoldenTensor, i: number): GoldenTensor => {
      const size = values.length / shape[0]!;
      return {shape: shape.slice(1), values: values.slice(i * size, (i + 1) * size)};
    };
    for (let tap = 0; tap < filters.shape[0]!; tap++) {
      const y = tf.tidy(() => convolution(given)(tensor(x), tensor(toFilter(nth(filters, tap)))));
      await expectClose(y, toChannelsLast(nth(outputs, tap)), given.exact, `tap ${tap}`);
    }
  });
});
