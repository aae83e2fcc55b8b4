/** From named image weights to a model: what is matched, copied, inflated, kept, and that a mismatch changes nothing. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {layers} from '../../../src/layers';
import {Checkpoint, entryOf} from '../../../src/models/checkpoints';
import {
  type ImageWeight,
  type InflationRule,
  inflate,
  inflateKernel,
  weightsOf,
} from '../../../src/models/inflate';
import {InvalidArgumentError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';

beforeAll(() => startBackend('cpu'));

let model: tfl.LayersModel | undefined;
afterEach(() => {
  model?.dispose();
  model = undefined;
});

function weight(shape: number[], seed = 1): ImageWeight & {values: Float32Array} {
  const values = Float32Array.from(
    {length: tf.util.sizeFromShape(shape)},
    (_, i) => ((i * 37 + seed * 11) % 101) / 16,
  );
  return {shape, values, toFloat32: () => values};
}

/** A small video network with every kind of layer that inflation treats in its own way. */
function videoNetwork(): tfl.LayersModel {
  const clip = tfl.input({shape: [4, 6, 6, 4]});
  const stack: tfl.layers.Layer[] = [
    layers.conv3d({filters: 4, kernelSize: [3, 3, 3], padding: 'same', name: 'plain'}),
    layers.batchNorm3d({name: 'norm'}),
    layers.stsConv3d({filters: 8, kernelSize: [3, 1, 1], padding: 'same', useBias: false, name: 'temporal'}),
    layers.stsDepthwiseConv3d({kernelSize: [5, 3, 3], padding: 'same', useBias: false, name: 'depthwise'}),
    layers.stsConv3d({
      filters: 8,
      kernelSize: [5, 3, 3],
      groups: 4,
      padding: 'same',
      useBias: false,
      name: 'grouped',
    }),
    layers.depthwiseConv3d({kernelSize: [3, 3, 3], padding: 'same', useBias: false, name: 'lifted'}),
    layers.globalAveragePooling3d({name: 'pool'}),
    tfl.layers.dense({units: 3, name: 'classifier'}),
  ];
  return tfl.model({
    inputs: clip,
    outputs: stack.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, clip),
  });
}

const imageShapes: Record<string, number[]> = {
  'plain/kernel': [3, 3, 4, 4],
  'plain/bias': [4],
  'norm/gamma': [4],
  'norm/beta': [4],
  'norm/moving_mean': [4],
  'norm/moving_variance': [4],
  'temporal/kernel': [1, 1, 4, 8],
  'depthwise/depthwise_kernel': [3, 3, 8, 1],
  'grouped/kernel': [3, 3, 2, 8],
  'lifted/depthwise_kernel': [3, 3, 8, 1],
  'classifier/kernel': [8, 3],
  'classifier/bias': [3],
};

const imageNetwork = () =>
  new Map(Object.entries(imageShapes).map(([name, shape], seed) => [name, weight(shape, seed)]));

/** Every weight of a model as plain numbers, by the name that inflation uses. */
const valuesOf = (network: tfl.LayersModel) =>
  Object.fromEntries([...weightsOf(network)].map(([name, entry]) => [name, entry.toFloat32()]));

describe('inflate', () => {
  it.each<InflationRule>(['center', 'mean', 'sts'])(
    "rule '%s': kernels by the rule of their layer, the rest as it is",
    (rule) => {
      model = videoNetwork();
      const image = imageNetwork();
      const report = inflate(image, model, {rule});
      const inflated = Object.keys(imageShapes).filter((name) => imageShapes[name]!.length === 4);
      expect(report).toEqual({
        copied: Object.keys(imageShapes).filter((name) => !inflated.includes(name)),
        inflated,
        kept: [],
        missing: [],
        extra: [],
        misshapen: [],
      });
      const found = valuesOf(model);
      const byHand = (name: string, kt: number, options: object = {}) =>
        inflateKernel(image.get(name)!, kt, {rule, ...options}).values;
      const plain = rule === 'sts' ? 'center' : rule;
      expect(found['plain/kernel']).toEqual(byHand('plain/kernel', 3, {rule: plain}));
      expect(found['temporal/kernel']).toEqual(byHand('temporal/kernel', 3));
      expect(found['depthwise/depthwise_kernel']).toEqual(
        byHand('depthwise/depthwise_kernel', 5, {layout: 'depthwise'}),
      );
      expect(found['grouped/kernel']).toEqual(byHand('grouped/kernel', 5, {groups: 4}));
      expect(found['lifted/depthwise_kernel']).toEqual(
        byHand('lifted/depthwise_kernel', 3, {rule: plain, layout: 'depthwise'}),
      );
      for (const name of report.copied) expect(found[name]).toEqual(image.get(name)!.values);
    },
  );

  it('takes a Checkpoint, half precision, and kernels with a leading time axis of 1', () => {
    model = videoNetwork();
    const image = imageNetwork();
    const entries = [...image].map(([name, {shape, values}]) => {
      const stored = shape.length === 4 ? [1, ...shape] : shape;
      return [name, entryOf(values, stored).toFloat('F16')] as const;
    });
    inflate(new Checkpoint(entries), model, {rule: 'sts'});
    const found = valuesOf(model);
    inflate(image, model, {rule: 'sts'});
    expect(found).toEqual(valuesOf(model));
  });

  it('copies a network of the same shapes as it is', () => {
    model = videoNetwork();
    const twin = videoNetwork();
    const report = inflate(weightsOf(twin), model, {rule: 'mean'});
    expect(report.inflated).toEqual([]);
    expect(valuesOf(model)).toEqual(valuesOf(twin));
    twin.dispose();
  });

  it('finds layers inside a model inside the model', () => {
    const inner = videoNetwork();
    const clip = tfl.input({shape: [4, 6, 6, 4]});
    model = tfl.model({inputs: clip, outputs: inner.apply(clip) as tfl.SymbolicTensor});
    expect(inflate(imageNetwork(), model, {rule: 'sts'}).missing).toEqual([]);
  });

  it('leaves no tensor behind', () => {
    model = videoNetwork();
    const before = tf.memory().numTensors;
    inflate(imageNetwork(), model, {rule: 'sts'});
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a mismatch', () => {
  it.each<[string, (image: Map<string, ImageWeight>) => void, RegExp]>([
    ['missing', (image) => image.delete('norm/beta'), /1 missing in the image network: norm\/beta\./],
    ['extra', (image) => image.set('se/kernel', weight([2, 2])), /1 not in the video network: se\/kernel\./],
    [
      'misshapen',
      (image) => image.set('plain/kernel', weight([5, 5, 4, 4])),
      /1 of the wrong shape: plain\/kernel \(\[5, 5, 4, 4\] cannot become \[3, 3, 3, 4, 4\]\)/,
    ],
    [
      'with fewer outputs',
      (image) => image.set('plain/kernel', weight([3, 3, 4, 3])),
      /wrong shape: plain\/kernel/,
    ],
    [
      'with more inputs than the video kernel',
      (image) => image.set('plain/kernel', weight([3, 3, 5, 4])),
      /wrong shape: plain/,
    ],
    [
      'a grouped kernel with fewer inputs',
      (image) => image.set('grouped/kernel', weight([3, 3, 1, 8])),
      /wrong shape: grouped/,
    ],
    [
      'a depthwise kernel with fewer channels',
      (image) => image.set('lifted/depthwise_kernel', weight([3, 3, 4, 1])),
      /wrong shape: lifted/,
    ],
    [
      'a matrix of another size',
      (image) => image.set('classifier/kernel', weight([8, 4])),
      /wrong shape: classifier/,
    ],
  ])('%s: is told, and nothing is assigned', (_what, change, message) => {
    model = videoNetwork();
    const before = valuesOf(model);
    const image: Map<string, ImageWeight> = imageNetwork();
    change(image);
    const act = () => inflate(image, model!, {rule: 'sts'});
    expect(act).toThrow(InvalidArgumentError);
    expect(act).toThrow(message);
    expect(act).toThrow(/nothing was assigned/);
    expect(valuesOf(model)).toEqual(before);
  });

  it('names eight of many, and counts them all', () => {
    model = videoNetwork();
    const act = () => inflate(new Map(), model!, {rule: 'sts'});
    expect(act).toThrow(
      /12 missing in the image network: plain\/kernel, .*depthwise\/depthwise_kernel, \.\.\.\. /,
    );
  });

  it('of a rule and its kernel changes nothing either', () => {
    model = videoNetwork();
    const before = valuesOf(model);
    expect(() => inflate(imageNetwork(), model!, {rule: 'taper'})).toThrow(/'taper' is defined for kt 3/);
    expect(() => inflate(imageNetwork(), model!, {rule: 'centre' as InflationRule})).toThrow(
      /unknown rule "centre"/,
    );
    expect(valuesOf(model)).toEqual(before);
  });
});

describe('a plan', () => {
  it('renames, keeps, leaves out, and sets rules for single weights', () => {
    model = videoNetwork();
    const before = valuesOf(model);
    const image: Map<string, ImageWeight> = imageNetwork();
    image.set('conv1/weight', image.get('plain/kernel')!);
    image.delete('plain/kernel');
    image.set('classifier/kernel', weight([8, 1000]));
    const report = inflate(image, model, {
      rule: 'sts',
      plan: {
        from: {'plain/kernel': 'conv1/weight', 'classifier/kernel': null, 'classifier/bias': null},
        unused: ['classifier/kernel', 'classifier/bias'],
        rules: {'plain/kernel': 'mean'},
      },
    });
    expect(report.kept).toEqual(['classifier/kernel', 'classifier/bias']);
    const found = valuesOf(model);
    const kernel = {shape: [3, 3, 4, 4], values: image.get('conv1/weight')!.toFloat32()};
    expect(found['plain/kernel']).toEqual(inflateKernel(kernel, 3, {rule: 'mean'}).values);
    expect(found['classifier/kernel']).toEqual(before['classifier/kernel']);
  });

  it('may use one image weight for two layers, and more input channels than it has', () => {
    const clip = tfl.input({shape: [4, 6, 6, 5]});
    const branch = (name: string) =>
      layers
        .conv3d({filters: 4, kernelSize: 3, padding: 'same', useBias: false, name})
        .apply(clip) as tfl.SymbolicTensor;
    model = tfl.model({inputs: clip, outputs: [branch('slow'), branch('fast')]});
    const image = new Map([['conv/kernel', weight([3, 3, 3, 4])]]);
    const report = inflate(image, model, {
      rule: 'center',
      plan: {from: {'slow/kernel': 'conv/kernel', 'fast/kernel': 'conv/kernel'}},
    });
    expect(report.inflated).toEqual(['slow/kernel', 'fast/kernel']);
    const expected = inflateKernel(image.get('conv/kernel')!, 3, {rule: 'center', inputChannels: 5}).values;
    expect(valuesOf(model)).toEqual({'slow/kernel': expected, 'fast/kernel': expected});
  });
});
