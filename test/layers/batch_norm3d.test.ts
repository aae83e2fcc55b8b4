/** BatchNorm3D: the authors' ConvModule cases (STS, batch norm, ReLU; eval and train), and the rules of its updates. */
import * as tf from '@tensorflow/tfjs-core';
import {layers as host, type layers, sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../src/layers';
import {backendNames} from '../support/backends';
import {readGolden, readGoldenJson} from '../support/golden';
import {
  type GoldenTensor,
  permute,
  readGoldenTensors,
  toChannelsLast,
  toFilter,
} from '../support/safetensors';
import {numbers, startLayers} from './contract';

interface BnCase {
  name: string;
  file: string;
  form: string;
  bn_mode: 'eval' | 'train';
  bn_eps: number;
  bn_momentum: number;
  stride?: number[];
  kernel?: number[];
}

const manifest = await readGoldenJson<{cases: BnCase[]; rel_tol_hint: number}>('layers/manifest.json');
const cases = manifest.cases.filter(({form}) => form.endsWith('+bn+relu'));

/** A scale-free difference: the largest deviation over the largest value. */
function difference(actual: tf.Tensor, expected: GoldenTensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const values = actual.dataSync();
  const largest = (of: Iterable<number>) => Math.max(...Array.from(of, Math.abs));
  return (
    largest(expected.values.map((value, i) => values[i]! - value)) / Math.max(1e-3, largest(expected.values))
  );
}

function toTensor({values, shape}: GoldenTensor): tf.Tensor {
  return tf.tensor(values, shape);
}

/** The convolution of a case and the layout of its filter. */
function convolutionOf(golden: BnCase, filter: GoldenTensor): {layer: layers.Layer; filter: GoldenTensor} {
  if (golden.form.startsWith('temporal')) {
    const args = {filters: filter.shape[0]!, kernelSize: filter.shape.slice(2), useBias: false};
    return {layer: sts.stsConv3d(args), filter: toFilter(filter)};
  }
  const args = {kernelSize: golden.kernel!, strides: golden.stride!, padding: 1, useBias: false};
  return {layer: sts.stsDepthwiseConv3d(args), filter: permute(filter, [2, 3, 4, 0, 1])};
}

describe.each(backendNames)('batchNorm3d on %s', (backend) => {
  beforeAll(() => startLayers(backend));

  it('covers the four golden cases', () => {
    expect(cases.map(({name}) => name)).toHaveLength(4);
  });

  it.each(cases)('agrees with the authors: $name', async (golden) => {
    const tensors = readGoldenTensors(await readGolden(golden.file));
    const given = (key: string) => tensors.get(`${golden.name}/${key}`)!;
    const convolution = convolutionOf(golden, given('w'));
    const norm = sts.batchNorm3d({
      epsilon: golden.bn_eps,
      momentum: 1 - golden.bn_momentum,
      unbiasedMovingVariance: true,
    });
    const relu = host.activation({activation: 'relu'});
    const x = tf.variable(toTensor(toChannelsLast(given('x'))), true);
    const g = toTensor(toChannelsLast(given('g')));
    convolution.layer.build(x.shape);
    convolution.layer.setWeights([toTensor(convolution.filter)]);
    norm.build(toChannelsLast(given('y')).shape);
    norm.setWeights(['gamma', 'beta', 'mean', 'var'].map((key) => toTensor(given(key))));

    const kwargs = {training: golden.bn_mode === 'train'};
    let y = x as tf.Tensor;
    const {grads} = tf.variableGrads(() => {
      y = tf.keep(relu.apply(norm.apply(convolution.layer.apply(x), kwargs)) as tf.Tensor);
      return tf.sum(tf.mul(y, g)) as tf.Scalar;
    });
    const filterOrder = golden.form.startsWith('temporal') ? [2, 3, 4, 1, 0] : [2, 3, 4, 0, 1];
    const [gamma, beta, movingMean, movingVariance] = norm.weights;
    const tolerance = 2e-5;
    expect(difference(y, toChannelsLast(given('y')))).toBeLessThan(tolerance);
    expect(difference(grads[x.name]!, toChannelsLast(given('dx')))).toBeLessThan(tolerance);
    const kernelGradient = grads[convolution.layer.weights[0]!.name]!;
    expect(difference(kernelGradient, permute(given('dw'), filterOrder))).toBeLessThan(tolerance);
    expect(difference(grads[gamma!.name]!, given('dgamma'))).toBeLessThan(tolerance);
    expect(difference(grads[beta!.name]!, given('dbeta'))).toBeLessThan(tolerance);
    expect(difference(movingMean!.read(), given('mean_after'))).toBeLessThan(tolerance);
    expect(difference(movingVariance!.read(), given('var_after'))).toBeLessThan(tolerance);
  });

  it('moves its averages as the host does at rank 4, and by n - 1 on demand', () => {
    const x4 = numbers([2, 3, 4, 5]);
    const x5 = tf.reshape(x4, [2, 1, 3, 4, 5]);
    const theirs = host.batchNormalization({momentum: 0.7});
    const [ours, unbiased] = [
      sts.batchNorm3d({momentum: 0.7}),
      sts.batchNorm3d({momentum: 0.7, unbiasedMovingVariance: true}),
    ];
    const expected = theirs.apply(x4, {training: true}) as tf.Tensor;
    const actual = ours.apply(x5, {training: true}) as tf.Tensor;
    unbiased.apply(x5, {training: true});
    const close = (a: tf.Tensor, b: tf.Tensor, scale = 1) =>
      a.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(b.dataSync()[i]! * scale, 5);
      });
    close(actual, expected);
    for (const i of [2, 3]) close(ours.getWeights()[i]!, theirs.getWeights()[i]!);
    // From variance 1: 0.7 + 0.3 v and 0.7 + 0.3 v n / (n - 1), n = 24.
    const [v, u] = [ours, unbiased].map((layer) => tf.sub(layer.getWeights()[3]!, 0.7));
    close(u!, v!, 24 / 23);
    const inference = ours.apply(x5) as tf.Tensor;
    close(inference, theirs.apply(x4) as tf.Tensor);
  });

  it('keeps its averages when frozen, and uses them in training', () => {
    const x = numbers([2, 2, 3, 3, 4]);
    const layer = sts.batchNorm3d({trainable: false});
    const inference = layer.apply(x) as tf.Tensor;
    const training = layer.apply(x, {training: true}) as tf.Tensor;
    expect(training.dataSync()).toEqual(inference.dataSync());
    expect([...layer.getWeights()[2]!.dataSync()]).toEqual([0, 0, 0, 0]);
    expect(layer.trainableWeights).toHaveLength(0);
  });

  it('takes the weights that the host saved for a rank-4 layer of the same name', () => {
    const theirs = host.batchNormalization({inputShape: [2, 2, 3], name: 'bn'});
    const ours = sts.batchNorm3d({inputShape: [1, 2, 2, 3], name: 'bn'});
    sequential({layers: [theirs]});
    sequential({layers: [ours]});
    expect(ours.weights.map(({originalName}) => originalName)).toEqual(
      theirs.weights.map(({originalName}) => originalName),
    );
  });
});
