/** The layer contract, for every layer and each of its forms. A new layer adds its line here. */
import {expect, it} from 'vitest';
import {layers as sts} from '../../src/layers';
import {layerClasses} from '../../src/layers/register';
import {describeLayer, type LayerCase} from './contract';

const free = [null, null, null, null];

const cases: LayerCase[] = [
  {
    name: 'stsConv3d',
    create: (place) => sts.stsConv3d({filters: 7, kernelSize: [3, 1, 1], activation: 'tanh', ...place}),
    inputShape: [3, 4, 5, 4],
    outputShape: [3, 4, 5, 7],
    unknownInput: [...free, 4],
    unknownOutput: [...free, 7],
    weights: {kernel: [3, 1, 1, 4, 7], bias: [7]},
  },
  {
    name: "stsConv3d split 'floor', time stride 2",
    create: (place) =>
      sts.stsConv3d({
        filters: 5,
        kernelSize: [3, 1, 1],
        strides: [2, 1, 1],
        padding: [1, 0, 0],
        split: 'floor',
        useBias: false,
        kernelRegularizer: 'l1l2',
        ...place,
      }),
    inputShape: [4, 3, 3, 2],
    outputShape: [2, 3, 3, 5],
    unknownInput: [...free, 2],
    unknownOutput: [...free, 5],
    weights: {kernel: [3, 1, 1, 2, 5]},
  },
  {
    name: 'stsConv3d with groups',
    create: (place) => sts.stsConv3d({filters: 8, kernelSize: 3, groups: 2, padding: 1, ...place}),
    inputShape: [3, 4, 4, 4],
    outputShape: [3, 4, 4, 8],
    unknownInput: [...free, 4],
    unknownOutput: [...free, 8],
    weights: {kernel: [3, 3, 3, 2, 8], bias: [8]},
  },
  {
    name: 'stsConv3d channels first',
    create: (place) =>
      sts.stsConv3d({filters: 6, kernelSize: [3, 1, 1], dataFormat: 'channelsFirst', ...place}),
    inputShape: [2, 3, 4, 5],
    outputShape: [6, 3, 4, 5],
    unknownInput: [null, 2, null, null, null],
    unknownOutput: [null, 6, null, null, null],
    weights: {kernel: [3, 1, 1, 2, 6], bias: [6]},
  },
  {
    name: 'stsDepthwiseConv3d',
    create: (place) =>
      sts.stsDepthwiseConv3d({kernelSize: 3, strides: [1, 2, 2], padding: 1, activation: 'swish', ...place}),
    inputShape: [3, 4, 6, 4],
    outputShape: [3, 2, 3, 4],
    unknownInput: [...free, 4],
    unknownOutput: [...free, 4],
    weights: {depthwise_kernel: [3, 3, 3, 4, 1], bias: [4]},
  },
  {
    name: 'depthwiseConv3d',
    create: (place) =>
      sts.depthwiseConv3d({kernelSize: [1, 3, 2], depthMultiplier: 2, strides: [1, 2, 1], ...place}),
    inputShape: [2, 5, 4, 3],
    outputShape: [2, 2, 3, 6],
    unknownInput: [null, 2, null, 4, 3],
    unknownOutput: [null, 2, null, 3, 6],
    weights: {depthwise_kernel: [1, 3, 2, 3, 2], bias: [6]},
  },
  {
    name: 'conv3d with groups',
    create: (place) =>
      sts.conv3d({
        filters: 4,
        kernelSize: [2, 3, 3],
        groups: 2,
        padding: 'same',
        strides: [1, 2, 2],
        activation: 'hardSwish',
        kernelInitializer: 'heNormal',
        // 'maxNorm' would not do: the host applies constraints on loading, and that one shrinks a little each time.
        kernelConstraint: 'nonNeg',
        ...place,
      }),
    inputShape: [3, 4, 5, 4],
    outputShape: [3, 2, 3, 4],
    unknownInput: [...free, 4],
    unknownOutput: [...free, 4],
    weights: {kernel: [2, 3, 3, 2, 4], bias: [4]},
  },
  {
    name: 'conv3d with dilation, channels first',
    create: (place) =>
      sts.conv3d({
        filters: 3,
        kernelSize: [1, 2, 2],
        dilationRate: [1, 2, 1],
        padding: [
          [0, 0],
          [1, 0],
          [0, 2],
        ],
        dataFormat: 'channelsFirst',
        ...place,
      }),
    inputShape: [2, 3, 4, 4],
    outputShape: [3, 3, 3, 5],
    unknownInput: [null, 2, null, null, 4],
    unknownOutput: [null, 3, null, null, 5],
    weights: {kernel: [1, 2, 2, 2, 3], bias: [3]},
  },
  {
    name: 'batchNorm3d',
    create: (place) => sts.batchNorm3d({momentum: 0.8, unbiasedMovingVariance: true, ...place}),
    inputShape: [2, 3, 4, 5],
    outputShape: [2, 3, 4, 5],
    unknownInput: [...free, 5],
    unknownOutput: [...free, 5],
    weights: {gamma: [5], beta: [5], moving_mean: [5], moving_variance: [5]},
  },
  {
    name: 'batchNorm3d channels first, without gamma and beta',
    create: (place) => sts.batchNorm3d({axis: 1, scale: false, center: false, ...place}),
    inputShape: [3, 2, 3, 4],
    outputShape: [3, 2, 3, 4],
    unknownInput: [null, 3, null, null, null],
    unknownOutput: [null, 3, null, null, null],
    weights: {moving_mean: [3], moving_variance: [3]},
  },
  {
    name: 'globalAveragePooling3d',
    create: (place) => sts.globalAveragePooling3d(place),
    inputShape: [2, 3, 4, 5],
    outputShape: [5],
    unknownInput: [...free, 5],
    unknownOutput: [null, 5],
    weights: {},
  },
  {
    name: 'globalAveragePooling3d keepDims, channels first',
    create: (place) => sts.globalAveragePooling3d({keepDims: true, dataFormat: 'channelsFirst', ...place}),
    inputShape: [3, 2, 3, 4],
    outputShape: [3, 1, 1, 1],
    unknownInput: [null, 3, null, null, null],
    unknownOutput: [null, 3, 1, 1, 1],
    weights: {},
  },
  {
    name: 'zeroPadding3d',
    create: (place) => sts.zeroPadding3d({padding: [1, [0, 2], 1], ...place}),
    inputShape: [2, 3, 4, 2],
    outputShape: [4, 5, 6, 2],
    unknownInput: [...free, 2],
    unknownOutput: [...free, 2],
    weights: {},
  },
  {
    name: 'zeroPadding3d channels first',
    create: (place) => sts.zeroPadding3d({padding: 1, dataFormat: 'channelsFirst', ...place}),
    inputShape: [2, 2, 3, 3],
    outputShape: [2, 4, 5, 5],
    unknownInput: [null, 2, 2, null, null],
    unknownOutput: [null, 2, 4, null, null],
    weights: {},
  },
];

for (const layer of cases) describeLayer(layer);

it('covers every registered layer', () => {
  const covered = new Set(cases.map(({create}) => create({}).getClassName()));
  const layers = layerClasses.map(({className}) => className);
  expect([...covered].sort()).toEqual(layers.sort());
});
