/**
 * A frozen model against the model itself, layer by layer: what is fused and what is not, and the same answers. The
 * golden network tests compare frozen networks with the authors' answers besides.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {ACTIVATIONS} from '../../../src/geometry/kernel_names';
import {freeze} from '../../../src/inference/freeze';
import {registerLayers, layers as sts} from '../../../src/layers';
import {createNetwork, listNetworks} from '../../../src/networks';
import {startBackend} from '../../support/backends';
import {difference, scramble, stepsWithSameAnswers} from './same_answers';
import {expectSameBits} from './through_data';

beforeAll(async () => {
  await startBackend('wasm');
  registerLayers();
});

const clip = () => tfl.input({shape: [4, 6, 6, 4]});
const apply = (layer: tfl.layers.Layer, ...x: tfl.SymbolicTensor[]) =>
  layer.apply(x.length === 1 ? x[0]! : x) as tfl.SymbolicTensor;
const model = (inputs: tfl.SymbolicTensor, ...outputs: tfl.SymbolicTensor[]) => tfl.model({inputs, outputs});

describe('every kind of convolution with its batch normalization and activation is one step', () => {
  const kinds: Record<string, () => tfl.layers.Layer> = {
    conv3d: () => sts.conv3d({filters: 6, kernelSize: 3, groups: 2, padding: 1}),
    depthwiseConv3d: () => sts.depthwiseConv3d({kernelSize: 3, depthMultiplier: 2, strides: [1, 2, 2]}),
    stsConv3d: () => sts.stsConv3d({filters: 5, kernelSize: [3, 1, 1], useBias: false}),
    stsDepthwiseConv3d: () => sts.stsDepthwiseConv3d({kernelSize: 3}),
    'the host’s conv3d': () => tfl.layers.conv3d({filters: 5, kernelSize: [2, 3, 3], strides: [1, 2, 2]}),
  };
  it.each(Object.entries(kinds))('%s', (_, convolution) => {
    const x = clip();
    const normed = apply(sts.batchNorm3d({epsilon: 1e-3}), apply(convolution(), x));
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.reLU(), normed)))).toBe(1);
  });

  it.each([...ACTIVATIONS, 'silu'])('%s, as a layer or of the layer', (name) => {
    const activation = name as 'relu';
    const x = clip();
    const apart = apply(
      tfl.layers.activation({activation}),
      apply(sts.conv3d({filters: 3, kernelSize: 1}), x),
    );
    expect(stepsWithSameAnswers(model(x, apart))).toBe(1);
    const y = clip();
    expect(
      stepsWithSameAnswers(model(y, apply(sts.conv3d({filters: 3, kernelSize: 1, activation}), y))),
    ).toBe(1);
  });

  it.each(
    [
      tfl.layers.dropout({rate: 0.5}),
      sts.spatialDropout3d({rate: 0.5}),
      sts.dropPath({rate: 0.5}),
      tfl.layers.alphaDropout({rate: 0.5}),
      tfl.layers.gaussianDropout({rate: 0.5}),
      tfl.layers.gaussianNoise({stddev: 0.5}),
    ].map((layer) => [layer.getClassName(), layer] as const),
  )('%s between them, which is for training, is no step', (_, layer) => {
    const x = clip();
    const convolved = apply(layer, apply(sts.conv3d({filters: 5, kernelSize: 3, padding: 1}), x));
    const normed = apply(sts.batchNorm3d(), convolved);
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.reLU(), normed)))).toBe(1);
  });

  it('leaky ReLU, as a layer with its slope and as an activation with that of Keras', () => {
    for (const layer of [
      tfl.layers.leakyReLU({alpha: 0.05}),
      tfl.layers.leakyReLU(),
      tfl.layers.activation({activation: 'leakyRelu' as 'relu'}),
    ]) {
      const x = clip();
      const y = apply(layer, apply(sts.conv3d({filters: 3, kernelSize: 1}), x));
      expect(stepsWithSameAnswers(model(x, y))).toBe(1);
    }
  });

  it('elu as a layer', () => {
    const x = clip();
    const y = apply(tfl.layers.elu(), apply(sts.conv3d({filters: 3, kernelSize: 1}), x));
    expect(stepsWithSameAnswers(model(x, y))).toBe(1);
  });

  it('relu6 as a reLU layer; another limit is a step of its own', () => {
    for (const [maxValue, steps] of [
      [6, 1],
      [5, 2],
    ] as const) {
      const x = clip();
      const y = apply(tfl.layers.reLU({maxValue}), apply(sts.conv3d({filters: 3, kernelSize: 1}), x));
      expect(stepsWithSameAnswers(model(x, y))).toBe(steps);
    }
  });
});

describe('residual blocks', () => {
  const convolve = (x: tfl.SymbolicTensor, filters = 4) =>
    apply(sts.batchNorm3d(), apply(sts.conv3d({filters, kernelSize: 1}), x));

  it.each(['shortcut last', 'shortcut first'])(
    'a sum with the input is part of the convolution, %s',
    (order) => {
      const x = clip();
      const y = convolve(x);
      const sum = apply(tfl.layers.add(), ...(order === 'shortcut last' ? [y, x] : [x, y]));
      expect(stepsWithSameAnswers(model(x, apply(tfl.layers.reLU(), sum)))).toBe(1);
    },
  );

  it('of two convolutions one takes the sum, whichever is made first', () => {
    const x = clip();
    const sum = apply(tfl.layers.add(), convolve(x), convolve(convolve(x)));
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.reLU(), sum)))).toBe(3);
  });

  it('the convolution waits for a summand that is made after it', () => {
    const x = clip();
    const pooled = apply(tfl.layers.maxPooling3d({poolSize: [1, 1, 1], strides: [1, 1, 1]}), x);
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.add(), convolve(x), pooled)))).toBe(2);
  });

  it.each([3, 1])('a sum that broadcasts or has three summands stays', (summands) => {
    const x = clip();
    const y = convolve(x);
    const others = summands === 3 ? [x, x] : [apply(sts.globalAveragePooling3d({keepDims: true}), x)];
    const steps = summands === 3 ? 2 : 3;
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.add(), y, ...others)))).toBe(steps);
  });
});

describe('a concatenation of convolutions', () => {
  const branch = (filters: number, dilation: number, x: tfl.SymbolicTensor) =>
    apply(sts.conv3d({filters, kernelSize: [3, 1, 1], padding: 'same', dilationRate: [dilation, 1, 1]}), x);
  const joined = (...values: tfl.SymbolicTensor[]) => apply(tfl.layers.concatenate(), ...values);
  const ended = (x: tfl.SymbolicTensor) => apply(tfl.layers.reLU(), apply(sts.batchNorm3d(), x));

  it('has the normalization and the activation behind it in each of them', () => {
    const x = clip();
    const y = ended(joined(branch(3, 1, x), branch(5, 2, x)));
    expect(stepsWithSameAnswers(model(x, apply(sts.conv3d({filters: 2, kernelSize: 1}), y)))).toBe(4);
  });

  it('may call one layer twice, each time with other channels of the normalization', () => {
    const x = clip();
    const layer = sts.conv3d({filters: 4, kernelSize: 1});
    const y = joined(apply(layer, x), apply(layer, apply(sts.zeroPadding3d({padding: 0}), x)));
    expect(stepsWithSameAnswers(model(x, ended(y)))).toBe(4);
  });

  it('has only the activation in branches with a normalization or a sum of their own', () => {
    const x = clip();
    const normed = apply(sts.batchNorm3d(), branch(3, 1, x));
    expect(stepsWithSameAnswers(model(x, ended(joined(normed, branch(4, 1, x)))))).toBe(5);
    const y = clip();
    const summed = apply(tfl.layers.add(), branch(4, 1, y), y);
    expect(stepsWithSameAnswers(model(y, apply(tfl.layers.reLU(), joined(summed, branch(4, 2, y)))))).toBe(3);
  });

  it('stays apart where something else reads a branch, does more, or joins another axis', () => {
    const x = clip();
    const read = branch(4, 1, x);
    expect(stepsWithSameAnswers(model(x, ended(joined(read, branch(4, 2, x))), read))).toBe(5);
    const y = clip();
    expect(stepsWithSameAnswers(model(y, ended(joined(branch(4, 1, y), y))))).toBe(4);
    const z = clip();
    const inTime = apply(tfl.layers.concatenate({axis: 1}), branch(4, 1, z), branch(4, 2, z));
    expect(stepsWithSameAnswers(model(z, ended(inTime)))).toBe(5);
    const w = clip();
    const active = apply(tfl.layers.reLU(), branch(4, 1, w));
    expect(stepsWithSameAnswers(model(w, ended(joined(active, branch(4, 2, w)))))).toBe(5);
  });

  it('gives no other value under the name of a branch', () => {
    const x = clip();
    const first = sts.conv3d({filters: 2, kernelSize: 1, name: 'first'});
    const network = model(x, ended(joined(apply(first, x), branch(4, 2, x))));
    const frozen = freeze(network);
    expect(() => frozen.execute(tf.zeros([1, 4, 6, 6, 4]), 'first')).toThrow(/there is no value "first"/);
    frozen.dispose();
  });
});

describe('squeeze-excite', () => {
  const gate = (x: tfl.SymbolicTensor) =>
    apply(
      sts.conv3d({filters: 4, kernelSize: 1, activation: 'sigmoid'}),
      apply(sts.globalAveragePooling3d({keepDims: true}), x),
    );

  it.each(['clip first', 'factors first'])('the product and its activation are one step, %s', (order) => {
    const x = clip();
    const factors = order === 'clip first' ? [x, gate(x)] : [gate(x), x];
    const product = apply(tfl.layers.multiply(), ...factors);
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.activation({activation: 'swish'}), product)))).toBe(
      3,
    );
  });

  it('other products stay', () => {
    const x = clip();
    const square = apply(tfl.layers.multiply(), x, x);
    const frames = apply(tfl.layers.averagePooling3d({poolSize: [1, 6, 6], strides: [1, 1, 1]}), x);
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.multiply(), square, frames)))).toBe(3);
  });
});

describe('what cannot be fused runs as it is', () => {
  it('a value that is read twice, or that is an output', () => {
    const x = clip();
    const y = apply(sts.conv3d({filters: 4, kernelSize: 1}), x);
    const z = apply(tfl.layers.reLU(), y);
    expect(stepsWithSameAnswers(model(x, z, y))).toBe(2);
    const a = clip();
    const b = apply(sts.conv3d({filters: 4, kernelSize: 1}), a);
    expect(stepsWithSameAnswers(model(a, apply(tfl.layers.add(), b, apply(sts.batchNorm3d(), b))))).toBe(3);
  });

  it('the order activation, sum, norm', () => {
    const x = clip();
    const y = apply(sts.conv3d({filters: 4, kernelSize: 1, activation: 'relu'}), x);
    const z = apply(sts.batchNorm3d(), apply(tfl.layers.add(), y, x));
    expect(stepsWithSameAnswers(model(x, z))).toBe(3);
  });

  it('channels first, softmax, pooling, dense layers, dropout', () => {
    const x = tfl.input({shape: [4, 4, 6, 6]});
    const first = apply(sts.conv3d({filters: 3, kernelSize: 1, dataFormat: 'channelsFirst'}), x);
    const normed = apply(sts.batchNorm3d({axis: 1}), first);
    const y = apply(sts.conv3d({filters: 3, kernelSize: 1, activation: 'softmax'}), normed);
    const pooled = apply(tfl.layers.averagePooling3d({poolSize: 2}), y);
    const flat = apply(tfl.layers.dropout({rate: 0.9}), apply(tfl.layers.flatten(), pooled));
    expect(stepsWithSameAnswers(model(x, apply(tfl.layers.dense({units: 3}), flat)))).toBe(7);
  });

  it('shared layers, nested and sequential models, several inputs', () => {
    const inner = tfl.sequential({
      layers: [sts.conv3d({filters: 4, kernelSize: 1, inputShape: [4, 6, 6, 4]})],
    });
    inner.add(sts.batchNorm3d());
    const shared = sts.conv3d({filters: 4, kernelSize: 1});
    const dense = tfl.layers.dense({units: 2});
    const [a, b] = [clip(), clip()];
    const sides = [a, b].map((x) => apply(dense, apply(shared, apply(inner, x))));
    const both = tfl.model({inputs: [a, b], outputs: apply(tfl.layers.concatenate(), ...sides)});
    expect(stepsWithSameAnswers(both)).toBe(7);
  });
});

describe('a frozen model', () => {
  const small = () => createNetwork('slowonly_tiny_sts', {classes: 3});
  const clips = (network: tfl.LayersModel, batch: number) =>
    tf.randomNormal([batch, ...(network.inputs[0]!.shape.slice(1) as number[])], 0, 1, 'float32', 5);

  it('predicts in batches what it predicts at once', () => {
    const network = small();
    const frozen = freeze(network);
    const x = clips(network, 5);
    const [whole, parts] = [frozen.predict(x), frozen.predict(x, {batchSize: 2})] as [tf.Tensor, tf.Tensor];
    expect(parts.dataSync()).toEqual(whole.dataSync());
  });

  it('keeps the weights that it was frozen with, and outlives the model', () => {
    const network = small();
    const x = clips(network, 1);
    const expected = network.predict(x) as tf.Tensor;
    const frozen = freeze(network);
    scramble(network);
    network.dispose();
    expect(difference(frozen.predict(x) as tf.Tensor, expected)).toBeLessThan(1e-5);
    frozen.dispose();
    frozen.dispose();
    expect(() => frozen.predict(x)).toThrow(/was disposed of/);
  });

  it('refuses what the model would not take', () => {
    const network = small();
    const frozen = freeze(network);
    const x = clips(network, 1);
    expect(() => frozen.predict([x, x])).toThrow(
      /got \[1, .*\] and \[1, .*\]; it takes \[\?, \?, \?, \?, 3\]/,
    );
    expect(() => frozen.predict(tf.zeros([1, 2, 2, 2, 4]))).toThrow(/it takes \[\?, \?, \?, \?, 3\]/);
    expect(() => frozen.predict(tf.zeros([2, 2, 2, 3]))).toThrow(/it takes \[\?, \?, \?, \?, 3\]/);
    expect(() => frozen.predict([])).toThrow(/got nothing/);
    expect(() => frozen.predict(x, {batchSize: 0})).toThrow(/batchSize is 0/);
  });
});

const tiny = listNetworks({name: '_tiny', tiny: true});

it.each(tiny.map(({name}) => name))(
  '%s: the same answers, every batch normalization and sum fused',
  async (name) => {
    const network = createNetwork(name, {weightless: true});
    const norms = network.layers.filter((layer) => layer.getClassName() === 'BatchNorm3D');
    expect(norms.length).toBeGreaterThan(3);
    const sums = network.layers.filter((layer) => layer.getClassName() === 'Add');
    const inputs = 1;
    // Random weights of every sign let values grow through the network: rounding is seen against the largest.
    const steps = stepsWithSameAnswers(network, 1e-4);
    expect(steps).toBeLessThanOrEqual(network.layers.length - inputs - norms.length - sums.length);
    await expectSameBits(network);
  },
);
