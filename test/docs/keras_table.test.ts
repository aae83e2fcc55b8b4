/**
 * The table of Keras' 3D layers in docs/support.md against what happens: a model of a pointwise convolution and the
 * layer, as Keras 3 writes it, is loaded, run, trained, frozen and exported. A cell that fails names what came out: put
 * that in its place. Whether the answers are right is for keras_models.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, models} from '@tensorflow/tfjs-layers';
import {beforeAll, expect, it} from 'vitest';
import * as sts from '../../src/entries';
import {toOnnx} from '../../src/models/onnx';
import '../../src/entries/backends/wasm';
import {numbers} from '../layers/contract';
import {startBackend} from '../support/backends';
import {readRepositoryFile} from '../support/golden';

const COLUMNS = ['loads', 'runs', 'trains', 'freezes', 'ONNX'] as const;
type Cells = Record<(typeof COLUMNS)[number], string>;

const page = new TextDecoder().decode(await readRepositoryFile('docs/support.md'));
const lines = page.split('\n');
const head = `| layer of Keras | ${COLUMNS.join(' | ')} |`;
const first = lines.findIndex((line) => line.startsWith(head));
const rows = lines
  .slice(first + 2, lines.indexOf('', first))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const table = new Map(
  rows.map(([, name, ...cells]) => [
    name!.replaceAll('`', ''),
    Object.fromEntries(COLUMNS.map((column, i) => [column, cells[i]!])) as Cells,
  ]),
);

const ones = [1, 1, 1];
const convolution = {filters: 4, kernel_size: [2, 2, 2], padding: 'same'};

/** The config of each row; the class is the first word of its name. */
const configs: Record<string, object> = {
  Conv3D: convolution,
  'Conv3D with groups': {...convolution, groups: 2},
  'Conv3D with dilation': {...convolution, dilation_rate: [2, 2, 2]},
  Conv3DTranspose: {...convolution, strides: [2, 2, 2]},
  'Conv3DTranspose with output_padding or dilation': {
    ...convolution,
    padding: 'valid',
    dilation_rate: [2, 1, 1],
  },
  MaxPooling3D: {pool_size: [2, 2, 2], strides: [2, 2, 2], padding: 'valid'},
  AveragePooling3D: {pool_size: [2, 2, 2], strides: [2, 2, 2], padding: 'same'},
  GlobalMaxPooling3D: {keepdims: false},
  GlobalAveragePooling3D: {keepdims: true},
  AdaptiveMaxPooling3D: {output_size: ones},
  AdaptiveAveragePooling3D: {output_size: ones},
  ZeroPadding3D: {padding: [ones.slice(1), [0, 2], ones.slice(1)]},
  Cropping3D: {cropping: [ones.slice(1), [0, 2], ones.slice(1)]},
  UpSampling3D: {size: [2, 1, 2]},
  SpatialDropout3D: {rate: 0.2},
  ConvLSTM3D: convolution,
  ConvLSTM2D: {filters: 2, kernel_size: [2, 2], recurrent_initializer: 'glorot_uniform'},
  BatchNormalization: {axis: [4]},
  LayerNormalization: {axis: [4]},
  GroupNormalization: {groups: 2},
  'GroupNormalization with groups=-1': {groups: -1},
  RMSNormalization: {axis: -1},
  UnitNormalization: {axis: -1},
  SpectralNormalization: {layer: {class_name: 'Conv3D', config: {...convolution, name: 'inner'}}},
  Normalization: {axis: [-1], mean: 0.5, variance: 2},
  Rescaling: {scale: 0.5, offset: 1},
  TimeDistributed: {layer: {class_name: 'Flatten', config: {name: 'inner'}}},
  'TimeDistributed of Conv2D': {
    layer: {class_name: 'Conv2D', config: {filters: 2, kernel_size: [2, 2], name: 'inner'}},
  },
  'Activation of silu': {activation: 'silu'},
  'Activation of gelu': {activation: 'gelu'},
  'Activation of leaky_relu': {activation: 'leaky_relu'},
  ReLU: {max_value: null, negative_slope: 0, threshold: 0},
  LeakyReLU: {negative_slope: 0.1},
  PReLU: {shared_axes: [1, 2, 3]},
  ELU: {alpha: 1},
  Softmax: {axis: -1},
  Dropout: {rate: 0.2},
  Dense: {units: 3},
  Flatten: {},
  Reshape: {target_shape: [4, 64]},
  Permute: {dims: [4, 1, 2, 3]},
};

const input = {class_name: 'InputLayer', config: {batch_shape: [null, 4, 4, 4, 2], name: 'volume'}};
const front = {class_name: 'Conv3D', config: {filters: 4, kernel_size: ones, name: 'front'}};

function load(row: string): Promise<LayersModel> {
  const layer = {class_name: row.split(' ')[0], config: {...configs[row], name: 'subject'}};
  const topology = {class_name: 'Sequential', config: {name: 'model', layers: [input, front, layer]}};
  return models.modelFromJSON(topology as unknown as Parameters<typeof models.modelFromJSON>[0]);
}

const predict = (model: {predict(x: tf.Tensor): tf.Tensor | tf.Tensor[]}) =>
  (model.predict(numbers([2, 4, 4, 4, 2])) as tf.Tensor).dataSync();

async function train(model: LayersModel): Promise<void> {
  model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
  const kernel = () => [...model.getLayer('front').getWeights()[0]!.dataSync()];
  const before = kernel();
  const y = numbers([2, ...(model.outputs[0]!.shape.slice(1) as number[])], 2);
  expect(await model.trainOnBatch(numbers([2, 4, 4, 4, 2]), y)).toBeLessThan(100);
  expect(kernel()).not.toEqual(before);
}

function freeze(model: LayersModel): void {
  const [frozen, wanted] = [predict(sts.freeze(model)), predict(model)];
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - frozen[i]!)))).toBeLessThan(1e-5);
}

async function outcome(run: () => unknown): Promise<'yes' | 'no'> {
  try {
    await run();
    return 'yes';
  } catch {
    return 'no';
  }
}

async function truth(row: string): Promise<Cells> {
  const made = await load(row).catch(() => undefined);
  if (made === undefined) return {loads: 'no', runs: 'no', trains: 'no', freezes: 'no', ONNX: 'no'};
  return {
    loads: 'yes',
    runs: await outcome(() => expect(predict(made).every(Number.isFinite)).toBe(true)),
    freezes: await outcome(() => freeze(made)),
    ONNX: await outcome(() => toOnnx(made)),
    trains: await outcome(() => train(made)),
  };
}

beforeAll(() => startBackend('wasm'));

it('has a row for each of these layers', () => {
  expect([...table.keys()]).toEqual(Object.keys(configs));
});

it.each(Object.keys(configs))('is right about %s', async (row) => {
  expect(table.get(row)).toEqual(await truth(row));
});
