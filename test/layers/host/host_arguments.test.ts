/**
 * What the host's layers would ignore in silence, in code and in configs of Keras: honoured or refused. And that all
 * of it is done once and can be undone.
 */
import * as tf from '@tensorflow/tfjs-core';
import {layers as host, type LayersModel, models} from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {mendStockLayers, restoreStockLayers} from '../../../src/layers';
import {InvalidArgumentError} from '../../../src/util/errors';
import {startLayers} from '../contract';

beforeAll(() => startLayers('cpu'));
afterEach(mendStockLayers);

type Config = Record<string, unknown>;

const volume = {class_name: 'InputLayer', config: {batch_input_shape: [null, 4, 4, 4, 2], name: 'x'}};
const conv = {filters: 4, kernel_size: [1, 1, 1], name: 'subject'};

function load(class_name: string, config: Config, input: object = volume): Promise<LayersModel> {
  const layers = [input, {class_name, config: {name: 'subject', ...config}}];
  return models.modelFromJSON({
    class_name: 'Sequential',
    config: {name: 'model', layers},
  } as unknown as Parameters<typeof models.modelFromJSON>[0]);
}

const image = {class_name: 'InputLayer', config: {batch_input_shape: [null, 4, 4, 2], name: 'x'}};

describe('configs of Keras', () => {
  it.each([
    ['Conv3D', {...conv, groups: 1}, 'Conv3D', [null, 4, 4, 4, 4]],
    ['Conv3D', {...conv, groups: 2}, 'GroupedConv3D', [null, 4, 4, 4, 4]],
    ['Conv3DTranspose', {...conv, strides: [2, 2, 2]}, 'Conv3DTranspose', [null, 8, 8, 8, 4]],
    [
      'Conv3DTranspose',
      {...conv, kernel_size: [2, 2, 2], dilation_rate: [2, 1, 1]},
      'TransposedConv3D',
      [null, 6, 5, 5, 4],
    ],
    [
      'Conv3DTranspose',
      {...conv, strides: [2, 1, 1], output_padding: [1, 0, 0]},
      'TransposedConv3D',
      [null, 8, 4, 4, 4],
    ],
    ['LeakyReLU', {negative_slope: 0.25}, 'LeakyReLU', [null, 4, 4, 4, 2]],
    ['ReLU', {negative_slope: 0.25, max_value: null, threshold: 0}, 'LeakyReLU', [null, 4, 4, 4, 2]],
    ['GlobalAveragePooling3D', {keepdims: true}, 'GlobalAveragePooling3D', [null, 1, 1, 1, 2]],
  ])('%s %j is a %s', async (className, config, expected, shape) => {
    const model = await load(className, config);
    expect(model.getLayer('subject').getClassName()).toBe(expected);
    expect(model.outputs[0]!.shape).toEqual(shape);
  });

  it('slopes below zero are those of the config', async () => {
    for (const className of ['LeakyReLU', 'ReLU']) {
      const model = await load(className, {negative_slope: 0.25});
      const y = model.predict(tf.fill([1, 4, 4, 4, 2], -8)) as tf.Tensor;
      expect(y.dataSync()[0]).toBe(-2);
    }
  });

  it.each([
    ['ReLU', {threshold: 1}, volume, /ReLU "subject": tfjs-layers ignores threshold 1/],
    ['ReLU', {negative_slope: 0.1, max_value: 6}, volume, /negativeSlope 0.1/],
    ['BatchNormalization', {renorm: true}, volume, /renorm true/],
    ['LayerNormalization', {rms_scaling: true}, volume, /rmsScaling true/],
    ['GlobalMaxPooling2D', {keepdims: true}, image, /keepdims true.*Reshape/],
    [
      'Conv2D',
      {...conv, kernel_size: [1, 1], groups: 2},
      image,
      /Conv2D "subject": tfjs-layers ignores groups 2/,
    ],
  ])('%s %j is refused', async (className, config, input, message) => {
    await expect(load(className, config, input)).rejects.toThrow(InvalidArgumentError);
    await expect(load(className, config, input)).rejects.toThrow(message);
  });

  it('layers whose names cannot be told apart are refused', async () => {
    const tensor = (name: string) => ({
      class_name: '__keras_tensor__',
      config: {keras_history: [name, 0, 0]},
    });
    const layer = (name: string, input: string) => ({
      class_name: 'ReLU',
      name,
      config: {name},
      inbound_nodes: [{args: [tensor(input)], kwargs: {}}],
    });
    const graph = (second: string) => ({
      class_name: 'Functional',
      config: {
        name: 'model',
        layers: [
          {...volume, name: 'x', inbound_nodes: []},
          layer('a_1', 'x'),
          layer(second, 'a_1'),
          layer('last', 'a_1'),
        ],
        input_layers: ['x', 0, 0],
        output_layers: [['last', 0, 0]],
      },
    });
    const open = (second: string) =>
      models.modelFromJSON(graph(second) as unknown as Parameters<typeof models.modelFromJSON>[0]);
    expect((await open('b_1')).layers.map(({name}) => name)).toEqual(['x', 'a_1', 'last']);
    await expect(open('a1')).rejects.toThrow(/"a_1" and "a1" cannot be told apart/);
  });
});

describe('arguments in code', () => {
  const size = {filters: 4, kernelSize: 1};
  const refused: [string, () => unknown, RegExp][] = [
    [
      'groups of conv3d',
      () => host.conv3d({...size, groups: 2} as typeof size),
      /groups 2.*sts\.layers\.conv3d/,
    ],
    ['groups of conv2d', () => host.conv2d({...size, groups: 2} as typeof size), /groups 2/],
    [
      'outputPadding of conv3dTranspose',
      () => host.conv3dTranspose({...size, outputPadding: 1} as typeof size),
      /outputPadding 1.*sts\.layers\.conv3dTranspose/,
    ],
    [
      'dilationRate of conv3dTranspose',
      () => host.conv3dTranspose({...size, dilationRate: [1, 2, 1]}).build([1, 4, 4, 4, 2]),
      /dilationRate \[1,2,1\].*sts\.layers\.conv3dTranspose/,
    ],
  ];

  it.each(refused)('%s are refused', (_, create, message) => {
    expect(create).toThrow(InvalidArgumentError);
    expect(create).toThrow(message);
  });

  it('groups of one are none', () => {
    expect(host.conv3d({...size, groups: 1} as typeof size).getClassName()).toBe('Conv3D');
  });
});

describe('restoreStockLayers', () => {
  it('undoes what was done, however often', async () => {
    const x = tf.ones([1, 2, 2, 2, 2]);
    const normalize = () => host.batchNormalization().apply(x);
    mendStockLayers();
    mendStockLayers();
    normalize();
    restoreStockLayers();
    expect(normalize).toThrow(/not implemented for array of rank 5/);
    expect(
      host.conv3d({filters: 2, kernelSize: 1, groups: 2} as {filters: number; kernelSize: number}),
    ).toBeDefined();
    expect((await load('Conv3D', {...conv, groups: 2})).getLayer('subject').getClassName()).toBe('Conv3D');
    restoreStockLayers();
    mendStockLayers();
    normalize();
  });

  it('leaves lower ranks to the host', () => {
    const x = tf.randomNormal([2, 3, 3, 2]);
    const outputs = [mendStockLayers, restoreStockLayers].map((put) => {
      put();
      return [host.batchNormalization(), host.layerNormalization()].map((layer) => [
        ...(layer.apply(x) as tf.Tensor).dataSync(),
      ]);
    });
    expect(outputs[0]).toEqual(outputs[1]);
  });
});
