/** replaceConv3d: which layers it rewrites, that weights, names and graph stay, and what it refuses. */
import * as tf from '@tensorflow/tfjs-core';
import {
  layers as host,
  input,
  type LayersModel,
  model as makeModel,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../../src/layers';
import {replaceConv3d} from '../../../src/layers/models/replace_conv3d';
import {InvalidArgumentError} from '../../../src/util/errors';
import {backendNames} from '../../support/backends';
import {fillWeights, numbers, saveAndLoad, startLayers} from '../contract';

type Symbol = SymbolicTensor;

const temporal = {filters: 6, kernelSize: [3, 1, 1], padding: 'same' as const};

/** What a user brings: spatial and temporal convolutions of the host, one after the other. */
function sequentialModel(
  convolution = host.conv3d as (args: typeof temporal & {name: string}) => ReturnType<typeof host.conv3d>,
): LayersModel {
  const model = sequential({name: 'video'});
  model.add(
    host.conv3d({
      filters: 4,
      kernelSize: [1, 3, 3],
      padding: 'same',
      inputShape: [4, 4, 5, 3],
      name: 'space',
    }),
  );
  model.add(convolution({...temporal, name: 'time'}));
  model.add(host.reLU({name: 'relu'}));
  model.add(host.flatten({name: 'flatten'}));
  model.add(host.dense({units: 3, name: 'head'}));
  model.layers.forEach(fillWeights);
  return model;
}

function predict(model: LayersModel, x: tf.Tensor | tf.Tensor[]): Float32Array[] {
  const outputs = model.predict(x);
  return (Array.isArray(outputs) ? outputs : [outputs]).map((output) => output.dataSync() as Float32Array);
}

const classes = (model: LayersModel) => model.layers.map((layer) => [layer.name, layer.getClassName()]);

describe.each(backendNames)('replaceConv3d on %s', (backend) => {
  beforeAll(() => startLayers(backend));

  it('gives a Sequential the outputs of the same model built with STS, weights kept', async () => {
    const original = sequentialModel();
    const before = predict(original, numbers([2, 4, 4, 5, 3]));
    const replaced = replaceConv3d(original);
    const byHand = sequentialModel(sts.stsConv3d as never);
    const x = numbers([2, 4, 4, 5, 3]);
    expect(replaced.name).toBe('video');
    expect(classes(replaced)).toEqual(
      classes(original).map(([name, cls]) => [name, name === 'time' ? 'STSConv3D' : cls]),
    );
    expect(predict(replaced, x)).toEqual(predict(byHand, x));
    expect(predict(replaced, x)).not.toEqual(before);
    expect(predict(original, x)).toEqual(before);
    expect(classes(original)[1]).toEqual(['time', 'Conv3D']);
    expect(predict(await saveAndLoad(replaced), x)).toEqual(predict(byHand, x));
  });

  it('keeps both models apart: disposing or training one leaves the other', async () => {
    const original = sequentialModel();
    const x = numbers([2, 4, 4, 5, 3]);
    const before = predict(original, x);
    const replaced = replaceConv3d(original);
    const expected = predict(replaced, x);
    replaced.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    await replaced.trainOnBatch(x, numbers([2, 3]));
    expect(predict(original, x)).toEqual(before);
    expect(predict(replaced, x)).not.toEqual(expected);
    const other = replaceConv3d(original);
    original.dispose();
    expect(predict(other, x)).toEqual(expected);
  });

  it('rewrites a graph with shared layers, two inputs, two outputs and a nested model, loaded or built', async () => {
    const build = (
      convolution: (args: typeof temporal & {name: string}) => ReturnType<typeof host.conv3d>,
    ) => {
      const inner = sequential({
        name: 'inner',
        layers: [
          host.conv3d({filters: 6, kernelSize: 1, inputShape: [4, 3, 3, 6], name: 'mix'}),
          convolution({...temporal, name: 'time_b'}),
        ],
      });
      const [a, b] = [input({shape: [4, 3, 3, 2], name: 'a'}), input({shape: [4, 3, 3, 2], name: 'b'})];
      const shared = convolution({...temporal, name: 'time_a'});
      const [fromA, fromB] = [shared.apply(a) as Symbol, shared.apply(b) as Symbol];
      const sum = host.add({name: 'sum'}).apply([inner.apply(fromA) as Symbol, fromB]) as Symbol;
      const model = makeModel({inputs: [a, b], outputs: [sum, fromB], name: 'two'});
      for (const layer of [shared, ...inner.layers]) fillWeights(layer);
      return model;
    };
    const original = build(host.conv3d);
    const replaced = replaceConv3d(original);
    const xs = [numbers([1, 4, 3, 3, 2]), numbers([1, 4, 3, 3, 2], 2)];
    expect(predict(replaced, xs)).toEqual(predict(build(sts.stsConv3d as never), xs));
    expect(replaced.getLayer('time_a').inboundNodes).toHaveLength(2);
    expect((replaced.getLayer('inner') as LayersModel).getLayer('time_b').getClassName()).toBe('STSConv3D');
    expect(replaced.inputNames).toEqual(original.inputNames);
    expect(replaced.outputShape).toEqual(original.outputShape);
    expect(predict(replaceConv3d(await saveAndLoad(original)), xs)).toEqual(predict(replaced, xs));
  });

  it('returns an equal copy of a model without such layers', () => {
    const model = sequential({layers: [host.dense({units: 2, inputShape: [3], name: 'd'})]});
    fillWeights(model.getLayer('d'));
    const copy = replaceConv3d(model);
    const x = numbers([2, 3]);
    expect(copy).not.toBe(model);
    expect(predict(copy, x)).toEqual(predict(model, x));
    expect(copy.toJSON(undefined, false)).toEqual(model.toJSON(undefined, false));
  });
});

describe('the rule', () => {
  beforeAll(() => startLayers('cpu'));

  it('by default leaves what has no STS form of the same shape', () => {
    const kept: [string, object][] = [
      ['even', {kernelSize: [2, 1, 1]}],
      ['spatial', {kernelSize: [3, 3, 3]}],
      ['pointwise', {kernelSize: 1}],
      ['strided', {strides: [2, 1, 1]}],
      ['dilated', {dilationRate: [2, 1, 1]}],
      ['shrinking', {padding: 'valid'}],
    ];
    const x = input({shape: [12, 4, 4, 4]});
    let y = x;
    for (const [name, args] of kept)
      y = host.conv3d({...temporal, filters: 4, name, ...args}).apply(y) as Symbol;
    y = sts.depthwiseConv3d({kernelSize: [3, 1, 1], padding: 'same', name: 'depthwise'}).apply(y) as Symbol;
    const model = makeModel({inputs: x, outputs: y});
    expect(classes(replaceConv3d(model))).toEqual(classes(model));
  });

  it('may pick layers, change arguments, return layers, and rewrite depthwise convolutions', () => {
    const model = sequential({
      layers: [
        host.conv3d({
          ...temporal,
          filters: 5,
          inputShape: [4, 4, 4, 2],
          name: 'a',
          activation: 'relu',
          trainable: false,
        }),
        host.conv3d({...temporal, filters: 5, name: 'b'}),
        sts.depthwiseConv3d({kernelSize: 3, padding: 'same', name: 'c'}),
        host.conv3d({...temporal, filters: 4, name: 'd'}),
        sts.conv3d({...temporal, filters: 4, name: 'e'}),
      ],
    });
    model.layers.forEach(fillWeights);
    const asked: string[] = [];
    const replaced = replaceConv3d(model, (layer, config) => {
      asked.push(layer.name);
      expect(config.name).toBe(layer.name);
      if (layer.name === 'a') return {split: 'floor'};
      if (layer.name === 'b') return null;
      if (layer.name === 'd') return sts.conv3d({...temporal, filters: 4, activation: 'tanh'});
      return 'sts';
    });
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(classes(replaced)).toEqual([
      ['a', 'STSConv3D'],
      ['b', 'Conv3D'],
      ['c', 'STSDepthwiseConv3D'],
      ['d', 'GroupedConv3D'],
      ['e', 'STSConv3D'],
    ]);
    expect(replaced.getLayer('a').getConfig()).toMatchObject({
      split: 'floor',
      activation: 'relu',
      trainable: false,
    });
    expect(replaced.getLayer('d').getConfig()).toMatchObject({activation: 'tanh', name: 'd'});
    model.layers.forEach((layer) => {
      const weights = replaced.getLayer(layer.name).getWeights();
      layer.getWeights().forEach((weight, i) => {
        expect(weights[i]!.dataSync()).toEqual(weight.dataSync());
      });
    });
  });

  it('keeps what is frozen, layer by layer and weight by weight', () => {
    const model = sequentialModel();
    model.getLayer('space').trainable = false;
    model.getLayer('head').weights[0]!.trainable = false;
    const replaced = replaceConv3d(model);
    const names = (weights: {originalName: string}[]) => weights.map(({originalName}) => originalName).sort();
    expect(names(replaced.trainableWeights)).toEqual(names(model.trainableWeights));
    expect(replaced.getLayer('head').weights.map((weight) => [...weight.read().dataSync()])).toEqual(
      model.getLayer('head').weights.map((weight) => [...weight.read().dataSync()]),
    );
    model.trainable = false;
    expect(replaceConv3d(model).trainableWeights).toHaveLength(0);
  });

  it('names the layer that cannot be rewritten, and leaks nothing', () => {
    const model = sequentialModel();
    const tensors = tf.memory().numTensors;
    const only = (name: string, replacement: 'sts' | object) => () =>
      replaceConv3d(model, (layer) => layer.name === name && (replacement as 'sts'));
    const refused: [() => unknown, RegExp][] = [
      [
        only('space', 'sts'),
        /layer "space" \(Conv3D\) cannot be rewritten: STSConv3D "space": stsConv3d: an ungrouped/,
      ],
      [only('time', {split: 'round'}), /layer "time" .*: split must be/],
      [
        only('time', sts.conv3d({...temporal, filters: 5})),
        /its output is \[null, 4, 4, 5, 6\], that of the replacement \[/,
      ],
      [
        only('time', sts.conv3d({...temporal, kernelSize: 1})),
        /weights have shapes \[3, 1, 1, 4, 6\] and \[6\], those of/,
      ],
      [only('time', sts.conv3d({...temporal, useBias: false})), /layer "time"/],
    ];
    for (const [replace, message] of refused) {
      expect(replace).toThrow(InvalidArgumentError);
      expect(replace).toThrow(message);
    }
    expect(tf.memory().numTensors).toBe(tensors);
    const small = sequential({
      layers: [host.conv3d({...temporal, filters: 2, inputShape: [4, 2, 2, 1], name: 'two'})],
    });
    expect(() => replaceConv3d(small)).toThrow(/layer "two" .* at least 3/);
  });

  it('refuses what is no rule', () => {
    for (const rule of [{split: 'floor'}, 'sts', null]) {
      const replace = () => replaceConv3d(sequentialModel(), rule as never);
      expect(replace).toThrow(InvalidArgumentError);
      expect(replace).toThrow(/replaceConv3d: the rule is .*; a function of \(layer, config\) is needed/);
    }
  });

  it('refuses a replacement whose class nothing could load', () => {
    const stranger = Object.assign(sts.conv3d(temporal), {getClassName: () => 'UnknownOfTest'});
    expect(() => replaceConv3d(sequentialModel(), () => stranger)).toThrow(
      /class 'UnknownOfTest' is not registered/,
    );
  });
});
