/** What the layers compute: convolutions against loops in double precision, batch norm against its definition. */
import * as tf from '@tensorflow/tfjs-core';
import {
  layers as host,
  model as hostModel,
  initializers,
  input,
  type layers,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../src/layers';
import {backendNames} from '../support/backends';
import {numbers, startLayers} from './contract';
import {convolve, stsDepthwise, stsTemporal, type Values, values} from './naive';

type Layer = layers.Layer;

function nested(tensor: tf.Tensor): Values {
  return values(tensor.dataSync(), tensor.shape);
}

/** Builds the layer on `[2, ...inputShape]`, fills its two weights and compares with the loop. */
function expectValues(
  layer: Layer,
  inputShape: number[],
  expected: (x: Values, filter: Values, bias: Float32Array) => number[],
): void {
  const x = numbers([2, ...inputShape]);
  layer.build([2, ...inputShape]);
  layer.setWeights(layer.getWeights().map(({shape}, i) => numbers(shape, i + 5)));
  const [filter, bias] = layer.getWeights() as [tf.Tensor, tf.Tensor];
  const y = layer.apply(x) as tf.Tensor;
  expectClose(y.dataSync(), expected(nested(x), nested(filter), bias.dataSync() as Float32Array));
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-5): void {
  expect(actual.length).toBe(expected.length);
  const worst = Array.from(
    expected,
    (value, i) => Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value)),
  );
  expect(Math.max(...worst)).toBeLessThan(tolerance);
}

/** Swaps the layouts of a rank-5 tensor. */
const toFirst = (x: tf.Tensor) => tf.transpose(x, [0, 4, 1, 2, 3]);

describe.each(backendNames)('values on %s', (backend) => {
  beforeAll(() => startLayers(backend));

  it('conv3d: groups, strides, dilation, explicit padding, bias', () => {
    const layer = sts.conv3d({
      filters: 6,
      kernelSize: [2, 3, 2],
      strides: [1, 2, 1],
      dilationRate: [1, 1, 2],
      padding: [
        [1, 0],
        [0, 1],
        [2, 1],
      ],
      groups: 2,
    });
    expectValues(layer, [3, 5, 4, 4], (x, filter, bias) =>
      convolve(x, filter, bias, {
        strides: [1, 2, 1],
        dilations: [1, 1, 2],
        before: [1, 0, 2],
        output: [3, 2, 5],
        groups: 2,
      }),
    );
  });

  it("conv3d: 'same' where the kernel is shorter than the stride reads positions 0, 2, 4", () => {
    const layer = sts.conv3d({filters: 3, kernelSize: 1, strides: 2, padding: 'same'});
    expectValues(layer, [5, 4, 5, 2], (x, filter, bias) =>
      convolve(x, filter, bias, {
        strides: [2, 2, 2],
        dilations: [1, 1, 1],
        before: [0, 0, 0],
        output: [3, 2, 3],
        groups: 1,
      }),
    );
  });

  it('depthwiseConv3d: multiplier, strides, TensorFlow padding', () => {
    const layer = sts.depthwiseConv3d({
      kernelSize: 3,
      depthMultiplier: 2,
      strides: [1, 2, 2],
      padding: 'same',
    });
    expectValues(layer, [3, 4, 5, 3], (x, filter, bias) =>
      convolve(x, grouped(filter), bias, {
        strides: [1, 2, 2],
        dilations: [1, 1, 1],
        before: [1, 0, 1],
        output: [3, 2, 3],
        groups: 3,
      }),
    );
  });

  it("stsConv3d: both roundings of 7 and 5 filters, 'floor' with a time stride", () => {
    const ceil = sts.stsConv3d({filters: 7, kernelSize: [5, 1, 1]});
    expectValues(ceil, [4, 3, 5, 3], (x, filter, bias) => stsTemporal(x, filter, bias, 4));
    const floor = sts.stsConv3d({
      filters: 5,
      kernelSize: [3, 1, 1],
      split: 'floor',
      strides: [2, 1, 1],
      padding: [1, 0, 0],
    });
    expectValues(floor, [4, 3, 4, 3], (x, filter, bias) => stsTemporal(x, filter, bias, 2, 2));
  });

  it('stsDepthwiseConv3d: stride 2, and stsConv3d with as many groups as channels', () => {
    const depthwise = sts.stsDepthwiseConv3d({kernelSize: 3, strides: [1, 2, 2], padding: 1});
    expectValues(depthwise, [3, 4, 6, 4], (x, filter, bias) => stsDepthwise(x, filter, bias, 2));
    const asGroups = sts.stsConv3d({filters: 4, groups: 4, kernelSize: [3, 3, 5]});
    expectValues(asGroups, [3, 4, 6, 4], (x, filter, bias) => stsDepthwise(x, swapChannels(filter), bias, 1));
  });

  it('every layer gives the same in both layouts', () => {
    const pairs: ((dataFormat: 'channelsLast' | 'channelsFirst') => Layer)[] = [
      (dataFormat) => sts.stsConv3d({filters: 5, kernelSize: [3, 1, 1], dataFormat}),
      (dataFormat) => sts.stsDepthwiseConv3d({kernelSize: 3, dataFormat}),
      (dataFormat) => sts.depthwiseConv3d({kernelSize: [1, 2, 3], dataFormat}),
      (dataFormat) => sts.conv3d({filters: 4, kernelSize: 2, groups: 2, dataFormat}),
      (dataFormat) => sts.batchNorm3d({axis: dataFormat === 'channelsFirst' ? 1 : -1}),
      (dataFormat) => sts.globalAveragePooling3d({keepDims: true, dataFormat}),
      (dataFormat) => sts.zeroPadding3d({padding: [[0, 1], 1, [2, 0]], dataFormat}),
    ];
    for (const create of pairs) {
      const [last, first] = [create('channelsLast'), create('channelsFirst')];
      const x = numbers([2, 3, 4, 5, 4]);
      const kwargs = {training: true};
      last.build(x.shape);
      first.build(toFirst(x).shape);
      first.setWeights(last.getWeights());
      const expected = toFirst(last.apply(x, kwargs) as tf.Tensor);
      const actual = first.apply(toFirst(x), kwargs) as tf.Tensor;
      expect(actual.shape).toEqual(expected.shape);
      expectClose(actual.dataSync(), expected.dataSync(), 1e-5);
      first.getWeights().forEach((weight, i) => {
        expectClose(weight.dataSync(), last.getWeights()[i]!.dataSync(), 1e-5);
      });
    }
  });

  it('takes the weights of the host layer of the same shape, and computes the same', () => {
    const x = numbers([2, 3, 4, 5, 3]);
    const args = {filters: 4, kernelSize: [2, 3, 3], activation: 'relu' as const};
    const [theirs, ours] = [host.conv3d(args), sts.conv3d(args)];
    const expected = theirs.apply(x) as tf.Tensor;
    ours.build(x.shape);
    ours.setWeights(theirs.getWeights());
    expectClose((ours.apply(x) as tf.Tensor).dataSync(), expected.dataSync());
  });

  it('globalAveragePooling3d and zeroPadding3d', () => {
    const x = numbers([2, 2, 3, 4, 3]);
    const average = sts.globalAveragePooling3d().apply(x) as tf.Tensor;
    const sums = new Array(6).fill(0) as number[];
    const data = x.dataSync();
    for (let i = 0; i < x.size; i++) sums[Math.floor(i / 72) * 3 + (i % 3)]! += data[i]! / 24;
    expectClose(average.dataSync(), sums);

    const padded = sts.zeroPadding3d({padding: [[1, 0], [0, 2], 1]}).apply(x) as tf.Tensor5D;
    const [source, result] = [nested(x), nested(padded)];
    expect(padded.shape).toEqual([2, 3, 5, 6, 3]);
    const expected: number[] = [];
    for (let n = 0; n < 2; n++)
      for (let t = 0; t < 3; t++)
        for (let h = 0; h < 5; h++)
          for (let w = 0; w < 6; w++)
            for (let c = 0; c < 3; c++) expected.push(source.at(n, t - 1, h, w - 1, c));
    expectClose(padded.dataSync(), expected, 1e-12);
    expect(result.at(0, 1, 0, 1, 2)).toBe(source.at(0, 0, 0, 0, 2));
  });

  it.each<[padding: [number, number, number], pads: number]>([
    [[1, 1, 1], 2],
    [[0, 1, 1], 1],
    [[1, 0, 0], 1],
    [[0, 0, 0], 0],
  ])('zeroPadding3d of %j copies %i times', async (padding, pads) => {
    const [time, height, width] = padding;
    const x = numbers([2, 2, 3, 4, 3]);
    const layer = sts.zeroPadding3d({padding});
    const {result: y, kernels} = await tf.profile(() => layer.apply(x) as tf.Tensor);
    const result = y as tf.Tensor;
    expect(kernels.filter(({name}) => name === tf.PadV2)).toHaveLength(pads);
    expect(result.shape).toEqual([2, 2 + 2 * time, 3 + 2 * height, 4 + 2 * width, 3]);
    const inside = tf.slice(result, [0, time, height, width, 0], x.shape);
    expect([...inside.dataSync()]).toEqual([...x.dataSync()]);
    expect(tf.sum(tf.abs(result)).dataSync()[0]).toBeCloseTo(tf.sum(tf.abs(x)).dataSync()[0]!, 4);
  });

  it("the activation 'hardSwish' by name, in the host's layers too", () => {
    const x = tf.tensor1d([-4, -3, -1, 0, 1, 3, 5]);
    const expected = [0, 0, -1 / 3, 0, 2 / 3, 3, 5];
    // The host's type lists its own activations only; the registry knows ours.
    const layer = host.activation({activation: 'hardSwish' as 'relu', inputShape: [1]});
    expectClose((layer.apply(x) as tf.Tensor).dataSync(), expected, 1e-6);
  });

  it('builds a functional model with a shared STS layer', () => {
    const shared = sts.stsConv3d({filters: 4, kernelSize: [3, 1, 1], kernelInitializer: initializers.ones()});
    const [a, b] = [input({shape: [2, 2, 2, 4]}), input({shape: [2, 2, 2, 4]})];
    const joined = host.add().apply([shared.apply(a) as SymbolicTensor, shared.apply(b) as SymbolicTensor]);
    const model = hostModel({inputs: [a, b], outputs: joined as SymbolicTensor});
    const x = numbers([1, 2, 2, 2, 4]);
    const y = model.predict([x, tf.neg(x)]) as tf.Tensor;
    expectClose(y.dataSync(), new Array(32).fill(0) as number[], 1e-5);
    expect(model.layers.filter((layer) => layer === shared)).toHaveLength(1);
  });
});

/** A depthwise filter `[.., channels, multiplier]` read as the grouped one `[.., 1, channels * multiplier]`. */
function grouped(filter: Values): Values {
  const [kt, kh, kw, channels, multiplier] = filter.shape as [number, number, number, number, number];
  return {
    shape: [kt, kh, kw, 1, channels * multiplier],
    at: (a, b, c, _, o) => filter.at(a, b, c, Math.floor(o / multiplier), o % multiplier),
  };
}

/** A grouped filter `[.., 1, channels]` read as the depthwise one `[.., channels, 1]`. */
function swapChannels(filter: Values): Values {
  const [kt, kh, kw, , channels] = filter.shape as [number, number, number, number, number];
  return {shape: [kt, kh, kw, channels, 1], at: (a, b, c, channel) => filter.at(a, b, c, 0, channel)};
}
