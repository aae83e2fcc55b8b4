/**
 * The authors' ConvModule cases (STS convolution, batch norm, ReLU) and their whole R(2+1)D module (spatial
 * convolution, batch norm, ReLU, STS in time) as layers on every backend, in eval and train mode: output, every
 * gradient, and the moving averages after the step.
 */
import * as tf from '@tensorflow/tfjs-core';
import {layers as host, type layers} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {readGolden, readGoldenJson} from '../../support/golden';
import {implementations} from '../../support/implementations';
import {
  type GoldenTensor,
  readGoldenTensors,
  toChannelsLast,
  toDepthwiseFilter,
  toFilter,
} from '../../support/safetensors';

type Axes = [number, number, number];

interface Case {
  name: string;
  file: string;
  form: string;
  bn_mode: 'eval' | 'train';
  bn_eps: number;
  bn_momentum: number;
  stride?: Axes;
  kernel?: Axes;
  padding?: Axes;
  shapes: Record<string, number[]>;
}

const manifest = await readGoldenJson<{cases: Case[]}>('layers/manifest.json');
const cases = manifest.cases.filter((given) => given.bn_mode !== undefined);

/** A convolution with the layout of its filter and the names of its tensors in the golden file. */
interface GoldenConvolution {
  layer: layers.Layer;
  key: string;
  layout: (tensor: GoldenTensor) => GoldenTensor;
}

/** The layers in order; the string stands for batch norm and ReLU. */
function modulesOf({form, kernel, stride, padding, shapes}: Case): (GoldenConvolution | 'norm')[] {
  const useBias = false;
  if (form.startsWith('temporal')) {
    const [filters, , kt] = shapes.w!;
    const layer = sts.layers.stsConv3d({filters: filters!, kernelSize: [kt!, 1, 1], useBias});
    return [{layer, key: 'w', layout: toFilter}, 'norm'];
  }
  if (form.startsWith('depthwise')) {
    const layer = sts.layers.stsDepthwiseConv3d({kernelSize: kernel!, strides: stride!, padding: 1, useBias});
    return [{layer, key: 'w', layout: toDepthwiseFilter}, 'norm'];
  }
  const [kt, kh, kw] = kernel!;
  const [pt, ph, pw] = padding!;
  const spatial = sts.layers.conv3d({
    filters: shapes.w_s![0]!,
    kernelSize: [1, kh, kw],
    strides: [1, stride![1], stride![2]],
    padding: [0, ph, pw],
    useBias,
  });
  const temporal = sts.layers.stsConv3d({
    filters: shapes.w_t![0]!,
    kernelSize: [kt, 1, 1],
    strides: [stride![0], 1, 1],
    padding: [pt, 0, 0],
    split: 'floor',
    useBias,
  });
  return [
    {layer: spatial, key: 'w_s', layout: toFilter},
    'norm',
    {layer: temporal, key: 'w_t', layout: toFilter},
  ];
}

const toTensor = ({values, shape}: GoldenTensor) => tf.tensor(values, shape);

/**
 * The manifest's 1e-5 of the largest value; three times that through batch norm in train mode, whose statistics are
 * sums over the batch and enter every value and gradient twice more.
 */
async function expectClose(
  actual: tf.Tensor,
  expected: GoldenTensor,
  mode: Case['bn_mode'],
  what: string,
): Promise<void> {
  expect(actual.shape, what).toEqual(expected.shape);
  const values = await actual.data();
  const scale = expected.values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const worst = expected.values.reduce((max, value, i) => Math.max(max, Math.abs(values[i]! - value)), 0);
  expect(values.every(Number.isFinite), `${what} is finite`).toBe(true);
  expect(worst, `${what}: largest difference, of values up to ${scale}`).toBeLessThanOrEqual(
    (mode === 'train' ? 3e-5 : 1e-5) * scale,
  );
}

describe.each(implementations)('golden batch norm on $name', ({use, name}) => {
  beforeAll(use);
  // The host's programs are compiled shape by shape on GPUs, some seconds a case: of the composed form there, and of webgpu, whose
  // kernels test/ops has in Node, a dense and a whole module.
  const hasFew = /^webg.*, composed$|^webgpu/.test(name);
  const own = cases.filter((_, i) => !hasFew || i % 5 === 1);

  it('knows all ten cases', () => {
    expect(cases).toHaveLength(10);
  });

  it.each(own)('$name', async (golden) => {
    const tensors = readGoldenTensors(await readGolden(golden.file));
    const given = (key: string) => tensors.get(`${golden.name}/${key}`)!;
    const modules = modulesOf(golden);
    const norm = sts.layers.batchNorm3d({
      epsilon: golden.bn_eps,
      momentum: 1 - golden.bn_momentum,
      unbiasedMovingVariance: true,
    });
    const relu = host.activation({activation: 'relu'});
    const x = tf.variable(toTensor(toChannelsLast(given('x'))), true);
    let shape: number[] = x.shape;
    for (const module of modules) {
      const layer = module === 'norm' ? norm : module.layer;
      layer.build(shape);
      const weights =
        module === 'norm'
          ? ['gamma', 'beta', 'mean', 'var'].map((key) => toTensor(given(key)))
          : [toTensor(module.layout(given(module.key)))];
      layer.setWeights(weights);
      shape = layer.computeOutputShape(shape) as number[];
    }

    const kwargs = {training: golden.bn_mode === 'train'};
    let y: tf.Tensor = x;
    const {grads} = tf.variableGrads(() => {
      y = x;
      for (const module of modules) {
        y = (module === 'norm' ? relu.apply(norm.apply(y, kwargs)) : module.layer.apply(y)) as tf.Tensor;
      }
      tf.keep(y);
      return tf.sum(tf.mul(y, toTensor(toChannelsLast(given('g'))))) as tf.Scalar;
    });
    const check = (actual: tf.Tensor, expected: GoldenTensor, what: string) =>
      expectClose(actual, expected, golden.bn_mode, what);
    await check(y, toChannelsLast(given('y')), 'y');
    await check(grads[x.name]!, toChannelsLast(given('dx')), 'dx');
    for (const module of modules) {
      if (module === 'norm') continue;
      const gradient = grads[module.layer.weights[0]!.name]!;
      await check(gradient, module.layout(given(`d${module.key}`)), `d${module.key}`);
    }
    const [gamma, beta, movingMean, movingVariance] = norm.weights;
    await check(grads[gamma!.name]!, given('dgamma'), 'dgamma');
    await check(grads[beta!.name]!, given('dbeta'), 'dbeta');
    await check(movingMean!.read(), given('mean_after'), 'mean');
    await check(movingVariance!.read(), given('var_after'), 'variance');
  });
});
