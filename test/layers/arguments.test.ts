/** What the layers accept and refuse: identifiers of Keras objects, geometry, shapes, and the registry. */
import * as tf from '@tensorflow/tfjs-core';
import {
  constraints,
  layers as host,
  initializers,
  input,
  type layers,
  regularizers,
} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../src/layers';
import {layerClasses, registerLayers} from '../../src/layers/register';
import {InvalidArgumentError} from '../../src/util/errors';
import {configOf, numbers, startLayers} from './contract';

beforeAll(() => startLayers('cpu'));

const conv = {filters: 4, kernelSize: 3};

describe('Keras objects', () => {
  it('are taken as names, configs and instances, and written as the host writes them', () => {
    const given = [
      {kernelInitializer: 'heNormal', kernelRegularizer: 'l1l2', kernelConstraint: 'unitNorm'},
      {
        kernelInitializer: initializers.heNormal({seed: 7}),
        kernelRegularizer: regularizers.l2({l2: 0.1}),
        kernelConstraint: constraints.maxNorm({maxValue: 2}),
      },
      {
        kernelInitializer: {
          className: 'VarianceScaling',
          config: {scale: 2, mode: 'fanOut', distribution: 'uniform'},
        },
        kernelRegularizer: {className: 'L1L2', config: {l1: 0, l2: 0.5}},
        kernelConstraint: {className: 'NonNeg', config: {}},
      },
    ];
    for (const objects of given) {
      const args = {...conv, ...objects, activation: 'relu', biasInitializer: 'ones' as const, name: 'c'};
      // The host's types name fewer configs than its code takes.
      const ours = configOf(sts.conv3d(args));
      const theirs = configOf(host.conv3d(args as Parameters<typeof host.conv3d>[0]));
      expect(ours).toEqual({...theirs, groups: 1});
    }
  });

  it('may be classes of the user', () => {
    class Third extends tf.serialization.Serializable {
      static className = 'thirdOfTest';
      apply(x: tf.Tensor): tf.Tensor {
        return tf.div(x, 3);
      }
      getConfig(): tf.serialization.ConfigDict {
        return {};
      }
    }
    tf.serialization.registerClass(Third);
    const byName = sts.conv3d({...conv, activation: 'thirdOfTest'});
    const byInstance = sts.conv3d({...conv, activation: new Third()});
    expect(configOf(byName).activation).toBe('thirdOfTest');
    expect(configOf(byInstance).activation).toBe('thirdOfTest');
  });

  it.each([
    [{kernelInitializer: 'noSuch'}, /initializer of the filter: no class 'NoSuch' is registered/],
    [{activation: 'constructor'}, /activation: no class 'constructor' is registered/],
    [{activation: 'Conv3D'}, /kernelSize|cannot be a Conv3D/],
    [{activation: 'Flatten'}, /activation cannot be a Flatten/],
    [{kernelConstraint: {className: 'MaxNorm'}}, /constraint of the filter must be a name, an instance or/],
    [{biasRegularizer: 'l7'}, /biasRegularizer: no class 'L7'/],
  ])('refuses %j', (args, message) => {
    const create = () => sts.conv3d({...conv, ...(args as object), name: 'subject'});
    expect(create).toThrow(message);
  });
});

describe('geometry', () => {
  const refused: [string, () => unknown, RegExp][] = [
    [
      'no filters',
      () => sts.conv3d({kernelSize: 3} as typeof conv),
      /GroupedConv3D ".*": filters must be a whole/,
    ],
    [
      'no arguments',
      () => sts.stsConv3d(undefined as unknown as typeof conv),
      /^layers\.stsConv3d: arguments are undefined; an object is needed/,
    ],
    [
      'a number for the arguments',
      () => sts.batchNorm3d(4 as unknown as object),
      /^layers\.batchNorm3d: arguments are 4; an object is needed/,
    ],
    ['half a filter', () => sts.stsConv3d({...conv, filters: 2.5}), /STSConv3D ".*": filters .* got 2.5/],
    ['no kernelSize', () => sts.depthwiseConv3d({} as typeof conv), /kernelSize must be one number or three/],
    [
      'a kernel of two axes',
      () => sts.conv3d({...conv, kernelSize: [3, 3]}),
      /kernelSize must be one number or three/,
    ],
    [
      'an empty kernel',
      () => sts.conv3d({...conv, kernelSize: [3, 0, 3]}),
      /kernelSize must be whole numbers/,
    ],
    ['a negative stride', () => sts.conv3d({...conv, strides: -1}), /strides must be whole numbers/],
    [
      'causal padding',
      () => sts.conv3d({...conv, padding: 'causal' as 'same'}),
      /padding must be 'same', 'valid'/,
    ],
    ['negative padding', () => sts.conv3d({...conv, padding: [1, -1, 1]}), /padding must be/],
    [
      'another layout',
      () => sts.conv3d({...conv, dataFormat: 'NDHWC' as 'channelsLast'}),
      /dataFormat must be/,
    ],
    [
      'groups that do not divide',
      () => sts.conv3d({...conv, groups: 3}),
      /groups \(3\) must divide the filters \(4\)/,
    ],
    [
      'a split of its own',
      () => sts.stsConv3d({...conv, split: 'round' as 'ceil'}),
      /split must be 'ceil' or 'floor'/,
    ],
    [
      'multiplier 0',
      () => sts.depthwiseConv3d({kernelSize: 3, depthMultiplier: 0}),
      /depthMultiplier must be/,
    ],
    ['a spatial axis', () => sts.batchNorm3d({axis: 2}), /BatchNorm3D ".*": axis must be -1 or 4/],
    ['momentum 2', () => sts.batchNorm3d({momentum: 2}), /momentum must be a number from 0 to 1; got 2/],
    [
      'padding by two axes',
      () => sts.zeroPadding3d({padding: [1, 2]}),
      /ZeroPadding3D ".*": padding must be/,
    ],
  ];

  it.each(refused)('refuses %s', (_, create, message) => {
    expect(create).toThrow(InvalidArgumentError);
    expect(create).toThrow(message);
  });

  const mismatched: [string, layers.Layer, (number | null)[], RegExp][] = [
    ['rank 4', sts.conv3d(conv), [null, 8, 8, 3], /takes one input of rank 5.*got \[null, 8, 8, 3\]/],
    ['unknown channels', sts.conv3d(conv), [null, 4, 4, 4, null], /number of channels must be known/],
    [
      'channels that groups do not divide',
      sts.conv3d({...conv, groups: 2}),
      [null, 4, 4, 4, 3],
      /input channels \(3\)/,
    ],
    [
      'a filter that is too large',
      sts.conv3d({...conv, name: 'big'}),
      [null, 2, 4, 4, 3],
      /"big": conv3d: .* larger than/,
    ],
    [
      'an ungrouped spatial STS filter',
      sts.stsConv3d(conv),
      [null, 4, 4, 4, 3],
      /stsConv3d: an ungrouped filter must be temporal/,
    ],
    [
      "STS with padding 'valid'",
      sts.stsConv3d({...conv, kernelSize: [3, 1, 1], padding: 'valid'}),
      [null, 4, 4, 4, 3],
      /the output must be ceil\(input \/ stride\)/,
    ],
    [
      'two channels for three groups',
      sts.stsConv3d({filters: 2, kernelSize: [3, 1, 1]}),
      [null, 4, 4, 4, 3],
      /at least 3/,
    ],
    [
      'a batch norm of unknown channels',
      sts.batchNorm3d(),
      [null, 2, 2, 2, null],
      /number of channels must be known/,
    ],
    ['pooling of rank 4', sts.globalAveragePooling3d(), [null, 2, 2, 2], /rank 5/],
  ];

  it.each(mismatched)('refuses %s when built', (_, layer, shape, message) => {
    expect(() => layer.computeOutputShape(shape) && layer.build(shape)).toThrow(message);
  });

  it('refuses another number of channels after it is built, and two inputs', () => {
    const layer = sts.stsConv3d({filters: 4, kernelSize: [3, 1, 1]});
    layer.apply(numbers([1, 2, 2, 2, 3]));
    expect(() => layer.apply(numbers([1, 2, 2, 2, 5]))).toThrow(/incompatible/);
    const [a, b] = [numbers([1, 2, 2, 2, 3]), numbers([1, 2, 2, 2, 3])];
    expect(() => layer.call([a, b], {})).toThrow(/takes one tensor; got 2/);
  });

  it('takes any length for a null axis and keeps known lengths known', () => {
    const x = input({shape: [null, 8, null, 3]});
    const y = sts.conv3d({...conv, kernelSize: 5, strides: 2}).apply(x) as typeof x;
    expect(y.shape).toEqual([null, null, 2, null, 4]);
  });
});

describe('registerLayers', () => {
  it('registers every class once and leaves what is there', () => {
    const {classNameMap} = tf.serialization.SerializationMap.getMap();
    const before = layerClasses.map(({className}) => classNameMap[className]);
    registerLayers();
    expect(layerClasses.map(({className}) => classNameMap[className])).toEqual(before);
    expect(before.every((entry) => entry !== undefined)).toBe(true);
  });

  it('takes no name of the host', () => {
    const host = [
      'Conv3D',
      'DepthwiseConv2D',
      'BatchNormalization',
      'GlobalAveragePooling2D',
      'ZeroPadding2D',
    ];
    const ours = layerClasses.map(({className}) => className);
    expect(ours.filter((name) => host.includes(name))).toEqual([]);
    expect(sts.conv3d(conv).getClassName()).toBe('GroupedConv3D');
  });
});
