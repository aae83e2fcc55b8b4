/**
 * Every layer that toOnnx takes, in ONNX Runtime against this package on the cpu backend: random geometries of the
 * convolutions, layouts, an open batch, several inputs and outputs, nested models; and what it refuses.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import * as native from 'onnxruntime-node';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../../src/entries';
import {SpatialDropout2D} from '../../../src/layers/regularization/spatial_dropout';
import {toOnnx} from '../../../src/models/onnx';
import {ACTIVATION_NAMES} from '../../../src/models/onnx/activations';
import {LAYER_CLASSES} from '../../../src/models/onnx/rules/layers';
import '../../../src/entries/backends/cpu';
import {fillWeights, numbers} from '../../layers/contract';
import {startBackend} from '../../support/backends';
import {difference, runOnnx} from './onnx_runtime';

beforeAll(() => startBackend('cpu'));

type Layer = tfl.layers.Layer;
type Model = tfl.LayersModel;

/** Values are of the order of 1, sums of at most some hundred terms; float32 rounds each to 6e-8. */
const TOLERANCE = 2e-5;

const tensorsOf = (model: Model, batch: number) =>
  model.inputs.map(({shape}, i) => numbers([batch, ...(shape.slice(1) as number[])], i + 1));

const listOf = <T>(one: T | T[]): T[] => (Array.isArray(one) ? one : [one]);

/** The largest difference of any output between the ONNX model and ours, on a batch of 2 and one of 1. */
async function errorOf(model: Model): Promise<number> {
  fillWeights(model);
  const bytes = await toOnnx(model);
  let worst = 0;
  for (const batch of [2, 1]) {
    const inputs = tensorsOf(model, batch);
    const ours = listOf(model.predict(inputs.length === 1 ? inputs[0]! : inputs) as tf.Tensor | tf.Tensor[]);
    const theirs = await runOnnx(native, bytes, inputs);
    expect(theirs.map(({shape}) => shape)).toEqual(ours.map(({shape}) => shape));
    theirs.forEach(({values}, i) => {
      worst = Math.max(worst, difference(values, ours[i]!.dataSync()));
    });
    tf.dispose([...inputs, ...ours]);
  }
  model.dispose();
  return worst;
}

function modelOf(inputShape: number[], ...layers: Layer[]): Model {
  const input = tfl.input({shape: inputShape, name: 'clip'});
  const output = layers.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, input);
  return tfl.model({inputs: input, outputs: output});
}

const clip = [4, 6, 5, 4];
const convolution = {filters: 6, kernelSize: 3, strides: [1, 2, 1] as [number, number, number]};
const pool = {poolSize: [1, 3, 2], strides: [2, 2, 3]} as {
  poolSize: [number, number, number];
  strides: [number, number, number];
};
const {layers} = sts;

/** By class. Whatever has a rule is in here. */
const single: Record<string, () => Layer[]> = {
  Conv3D: () => [
    tfl.layers.conv3d({...convolution, activation: 'relu'}),
    tfl.layers.conv3d({...convolution, padding: 'same', useBias: false}),
    tfl.layers.conv3d({filters: 3, kernelSize: 2, dilationRate: 2, dataFormat: 'channelsFirst'}),
  ],
  GroupedConv3D: () => [
    layers.conv3d({...convolution, groups: 2, padding: 1, activation: 'sigmoid'}),
    layers.conv3d({
      ...convolution,
      padding: [
        [0, 1],
        [2, 0],
        [1, 1],
      ] as never,
      dilationRate: [1, 2, 1],
    }),
    layers.conv3d({filters: 4, kernelSize: 1, strides: 2, padding: 'same'}),
  ],
  STSConv3D: () => [
    layers.stsConv3d({filters: 7, kernelSize: [3, 1, 1]}),
    layers.stsConv3d({
      filters: 7,
      kernelSize: [5, 1, 1],
      strides: [2, 1, 1],
      split: 'floor',
      activation: 'tanh',
    }),
    layers.stsConv3d({filters: 8, kernelSize: 3, groups: 2, strides: [1, 2, 2], padding: 1}),
    layers.stsConv3d({filters: 5, kernelSize: [3, 1, 1], dataFormat: 'channelsFirst'}),
  ],
  DepthwiseConv3D: () => [
    layers.depthwiseConv3d({kernelSize: 3, padding: 'same', depthMultiplier: 2}),
    layers.depthwiseConv3d({kernelSize: [3, 1, 2], strides: [2, 1, 2], useBias: false}),
  ],
  STSDepthwiseConv3D: () => [
    layers.stsDepthwiseConv3d({kernelSize: 3, strides: [1, 2, 2], padding: 1}),
    layers.stsDepthwiseConv3d({
      kernelSize: [3, 3, 5],
      strides: [2, 1, 1],
      depthMultiplier: 2,
      activation: 'relu6',
    }),
  ],
  BatchNorm3D: () => [
    layers.batchNorm3d({epsilon: 0.1}),
    layers.batchNorm3d({axis: 1, scale: false, center: false}),
  ],
  BatchNormalization: () => [tfl.layers.reshape({targetShape: [24, 20]}), tfl.layers.batchNormalization()],
  ColorHistogram: () => [
    layers.conv3d({filters: 3, kernelSize: 1, activation: 'sigmoid'}),
    tfl.layers.rescaling({scale: 300, offset: -20}),
    layers.colorHistogram({levels: 3}),
  ],
  FrameSimilarity: () => [
    tfl.layers.reshape({targetShape: [4, 120]}),
    layers.frameSimilarity({reach: 2}),
    layers.frameSimilarity({reach: 7}),
  ],
  ZeroPadding3D: () => [
    layers.zeroPadding3d({
      padding: [
        [1, 0],
        [0, 2],
        [1, 1],
      ],
    }),
    layers.zeroPadding3d({padding: 1, dataFormat: 'channelsFirst'}),
  ],
  MaxPooling3D: () => [
    tfl.layers.maxPooling3d(pool),
    tfl.layers.maxPooling3d({...pool, poolSize: [2, 3, 3], padding: 'same'}),
    tfl.layers.maxPooling3d({poolSize: [3, 1, 2], strides: [2, 4, 3], padding: 'same'}),
  ],
  AveragePooling3D: () => [
    tfl.layers.averagePooling3d({...pool, poolSize: [2, 3, 3], padding: 'same'}),
    tfl.layers.averagePooling3d({poolSize: [1, 1, 1], strides: [2, 1, 1]}),
  ],
  SeparableConv3D: () => [
    layers.separableConv3d({
      filters: 5,
      kernelSize: [2, 3, 3],
      padding: 'same',
      depthMultiplier: 2,
      activation: 'relu',
    }),
    layers.separableConv3d({filters: 3, kernelSize: 2, strides: [1, 2, 1], useBias: false}),
  ],
  Conv3DTranspose: () => [
    tfl.layers.conv3dTranspose({
      filters: 3,
      kernelSize: [2, 3, 4],
      strides: [1, 2, 3],
      padding: 'same',
      activation: 'elu',
    }),
    tfl.layers.conv3dTranspose({
      filters: 3,
      kernelSize: [1, 2, 3],
      strides: [2, 3, 2],
      padding: 'valid',
      useBias: false,
    }),
  ],
  TransposedConv3D: () => [
    layers.conv3dTranspose({
      filters: 3,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      outputPadding: [0, 1, 1],
    }),
    layers.conv3dTranspose({filters: 2, kernelSize: [2, 3, 2], dilationRate: [1, 2, 3], padding: 'valid'}),
  ],
  Cropping3D: () => [
    layers.cropping3d({
      cropping: [
        [1, 0],
        [0, 2],
        [1, 1],
      ],
    }),
    layers.cropping3d({cropping: 1, dataFormat: 'channelsFirst'}),
  ],
  UpSampling3D: () => [
    layers.upSampling3d({size: [1, 2, 3]}),
    layers.upSampling3d({size: 2, dataFormat: 'channelsFirst'}),
  ],
  GlobalMaxPooling3D: () => [
    layers.globalMaxPooling3d({keepDims: true}),
    layers.globalMaxPooling3d({dataFormat: 'channelsFirst'}),
  ],
  LayerNormalization: () => [
    tfl.layers.layerNormalization({epsilon: 0.1}),
    tfl.layers.layerNormalization({axis: [2, 3, 4], scale: false}),
  ],
  GroupNormalization: () => [
    layers.groupNormalization({groups: 2, epsilon: 0.1}),
    layers.groupNormalization({groups: -1, axis: 1, center: false}),
  ],
  UnitNormalization: () => [layers.unitNormalization(), layers.unitNormalization({axis: [1, 2, 3]})],
  PReLU: () => [tfl.layers.prelu({sharedAxes: [1, 2, 3]}), tfl.layers.prelu()],
  ELU: () => [tfl.layers.elu()],
  ThresholdedReLU: () => [tfl.layers.thresholdedReLU({theta: 0.3})],
  Rescaling: () => [tfl.layers.rescaling({scale: 0.5, offset: -0.25})],
  RepeatVector: () => [tfl.layers.flatten(), tfl.layers.repeatVector({n: 3})],
  SpatialDropout2D: () => [tfl.layers.reshape({targetShape: [24, 5, 4]}), new SpatialDropout2D({rate: 0.5})],
  SpatialDropout3D: () => [layers.spatialDropout3d({rate: 0.5})],
  DropPath: () => [layers.dropPath({rate: 0.5})],
  AlphaDropout: () => [tfl.layers.alphaDropout({rate: 0.5})],
  GlobalAveragePooling3D: () => [
    layers.globalAveragePooling3d({keepDims: true}),
    layers.globalAveragePooling3d(),
  ],
  Dense: () => [
    tfl.layers.dense({units: 3, activation: 'softmax'}),
    tfl.layers.dense({units: 4, useBias: false}),
    tfl.layers.flatten(),
    tfl.layers.dense({units: 5}),
  ],
  Activation: () => [
    layers.conv3d({filters: 4, kernelSize: 1}),
    tfl.layers.activation({activation: 'softmax'}),
  ],
  ReLU: () => [tfl.layers.reLU({maxValue: 0.7}), tfl.layers.reLU()],
  LeakyReLU: () => [tfl.layers.leakyReLU({alpha: 0.2})],
  Softmax: () => [
    layers.conv3d({filters: 4, kernelSize: 1}),
    tfl.layers.softmax({axis: 4}),
    tfl.layers.softmax({axis: -1}),
  ],
  Flatten: () => [
    layers.conv3d({filters: 3, kernelSize: 2}),
    tfl.layers.flatten({dataFormat: 'channelsFirst'}),
  ],
  Reshape: () => [layers.conv3d({filters: 3, kernelSize: 1}), tfl.layers.reshape({targetShape: [2, 60, 3]})],
  Permute: () => [layers.conv3d({filters: 3, kernelSize: 1}), tfl.layers.permute({dims: [4, 2, 1, 3]})],
  Dropout: () => [tfl.layers.dropout({rate: 0.5})],
  SpatialDropout1D: () => [
    tfl.layers.reshape({targetShape: [24, 20]}),
    tfl.layers.spatialDropout1d({rate: 0.5}),
  ],
  GaussianNoise: () => [tfl.layers.gaussianNoise({stddev: 1})],
  GaussianDropout: () => [tfl.layers.gaussianDropout({rate: 0.5})],
};

const image = [6, 7, 4];
const first2d = {dataFormat: 'channelsFirst'} as const;

/** Layers of images, by class. */
const ofImages: Record<string, () => Layer[]> = {
  Conv2D: () => [
    tfl.layers.conv2d({filters: 5, kernelSize: [2, 3], strides: [1, 2], padding: 'same', activation: 'relu'}),
    tfl.layers.conv2d({filters: 5, kernelSize: 2, dilationRate: 2, ...first2d}),
  ],
  DepthwiseConv2D: () => [
    tfl.layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2, padding: 'same', strides: 2}),
  ],
  SeparableConv2D: () => [tfl.layers.separableConv2d({filters: 3, kernelSize: [3, 2], depthMultiplier: 2})],
  Conv2DTranspose: () => [
    tfl.layers.conv2dTranspose({filters: 3, kernelSize: [3, 2], strides: [2, 1], padding: 'same'}),
    tfl.layers.conv2dTranspose({filters: 3, kernelSize: 2, strides: 3, useBias: false}),
  ],
  MaxPooling2D: () => [
    tfl.layers.maxPooling2d({poolSize: [2, 3], strides: [2, 1]}),
    tfl.layers.maxPooling2d({poolSize: 3, strides: 2, padding: 'same', ...first2d}),
  ],
  AveragePooling2D: () => [tfl.layers.averagePooling2d({poolSize: 3, strides: 2, padding: 'same'})],
  GlobalAveragePooling2D: () => [tfl.layers.globalAveragePooling2d({})],
  GlobalMaxPooling2D: () => [tfl.layers.globalMaxPooling2d(first2d)],
  ZeroPadding2D: () => [
    tfl.layers.zeroPadding2d({
      padding: [
        [1, 0],
        [2, 1],
      ],
    }),
  ],
  Cropping2D: () => [
    tfl.layers.cropping2D({
      cropping: [
        [1, 0],
        [2, 1],
      ],
    }),
  ],
  UpSampling2D: () => [
    tfl.layers.upSampling2d({size: [2, 3]}),
    tfl.layers.upSampling2d({size: [2, 2], ...first2d}),
  ],
};

/** Layers of rows, by class. */
const ofRows: Record<string, () => Layer[]> = {
  Conv1D: () => [
    tfl.layers.conv1d({filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu'}),
    tfl.layers.conv1d({filters: 5, kernelSize: 3, dilationRate: 2}),
  ],
  MaxPooling1D: () => [tfl.layers.maxPooling1d({poolSize: 3, strides: 2, padding: 'same'})],
  AveragePooling1D: () => [tfl.layers.averagePooling1d({poolSize: 2})],
  GlobalAveragePooling1D: () => [tfl.layers.globalAveragePooling1d({})],
  GlobalMaxPooling1D: () => [tfl.layers.globalMaxPooling1d({})],
};

/** Two branches of a clip, one of them in ONNX's order, the other not. */
function merged(merge: Layer): Model {
  const input = tfl.input({shape: clip, name: 'clip'});
  const left = layers.conv3d({filters: 4, kernelSize: 1}).apply(input) as tfl.SymbolicTensor;
  const right = tfl.layers.reshape({targetShape: clip}).apply(input) as tfl.SymbolicTensor;
  return tfl.model({inputs: input, outputs: merge.apply([left, right, input]) as tfl.SymbolicTensor});
}

const merging: Record<string, () => Layer> = {
  Add: () => tfl.layers.add(),
  Multiply: () => tfl.layers.multiply(),
  Maximum: () => tfl.layers.maximum(),
  Minimum: () => tfl.layers.minimum(),
  Average: () => tfl.layers.average(),
  Concatenate: () => tfl.layers.concatenate({axis: 2}),
};

describe('toOnnx of', () => {
  it.each(LAYER_CLASSES)('%s', async (className) => {
    if (Object.hasOwn(merging, className)) {
      expect(await errorOf(merged(merging[className]!()))).toBeLessThan(TOLERANCE);
      return;
    }
    if (Object.hasOwn(ofRows, className)) {
      const rows = [7, 4];
      for (const layer of ofRows[className]!())
        expect(await errorOf(modelOf(rows, layer))).toBeLessThan(TOLERANCE);
      const before = () => tfl.layers.conv1d({filters: 4, kernelSize: 1});
      for (const layer of ofRows[className]!())
        expect(await errorOf(modelOf(rows, before(), layer))).toBeLessThan(TOLERANCE);
      return;
    }
    if (Object.hasOwn(ofImages, className)) {
      const made = ofImages[className]!();
      // Alone, behind a layer that leaves channels first, and on each frame of a clip.
      for (const layer of made) expect(await errorOf(modelOf(image, layer))).toBeLessThan(TOLERANCE);
      for (const layer of ofImages[className]!())
        expect(
          await errorOf(modelOf(image, tfl.layers.conv2d({filters: 4, kernelSize: 1}), layer)),
        ).toBeLessThan(TOLERANCE);
      for (const layer of ofImages[className]!())
        expect(await errorOf(modelOf([3, ...image], tfl.layers.timeDistributed({layer})))).toBeLessThan(
          TOLERANCE,
        );
      return;
    }
    const made = single[className]!();
    expect(made.map((layer) => layer.getClassName())).toContain(className);
    // In one model all of them in a row, where shapes allow: every layer meets what another one leaves.
    const rows = [
      'Dense',
      'Activation',
      'Softmax',
      'Flatten',
      'Reshape',
      'Permute',
      'SpatialDropout1D',
      'SpatialDropout2D',
      'BatchNormalization',
      'RepeatVector',
      'ColorHistogram',
      'FrameSimilarity',
    ];
    const models = rows.includes(className)
      ? [modelOf(clip, ...made)]
      : made.map((layer) => modelOf(clip, layer));
    for (const model of models) expect(await errorOf(model)).toBeLessThan(TOLERANCE);
  });

  it.each(ACTIVATION_NAMES)('the activation %s', async (activation) => {
    // The types of the host's layer know its own activations alone.
    const layer = tfl.layers.activation({activation: activation as 'relu'});
    expect(await errorOf(modelOf(clip, layer))).toBeLessThan(TOLERANCE);
  });

  it('TimeDistributed of a model, of dense, and behind convolutions', async () => {
    const inner = tfl.sequential({
      layers: [
        tfl.layers.conv2d({filters: 3, kernelSize: 2, inputShape: clip.slice(1), activation: 'relu'}),
        tfl.layers.batchNormalization(),
        tfl.layers.flatten(),
      ],
    });
    const convolved = layers.conv3d({filters: 4, kernelSize: 1});
    const dense = tfl.layers.timeDistributed({
      layer: tfl.layers.dense({units: 3, activation: 'gelu' as 'relu'}),
    });
    const model = modelOf(clip, convolved, tfl.layers.timeDistributed({layer: inner}), dense);
    expect(await errorOf(model)).toBeLessThan(TOLERANCE);
  });

  it('flatten, whatever stands first, behind layers of both orders', async () => {
    for (const dataFormat of ['channelsFirst', 'channelsLast'] as const) {
      for (const before of [[], [layers.conv3d({filters: 3, kernelSize: 2, dataFormat})]]) {
        const model = modelOf(
          clip,
          ...before,
          tfl.layers.flatten({dataFormat}),
          tfl.layers.dense({units: 3}),
        );
        expect(await errorOf(model)).toBeLessThan(TOLERANCE);
      }
    }
  });

  it.each(['valid', 'same'] as const)(
    'zeros in front of a %s pooling, which ONNX Runtime fuses',
    async (padding) => {
      for (const pool of [tfl.layers.maxPooling3d, tfl.layers.averagePooling3d]) {
        for (const poolSize of [3, [1, 3, 3]] as const) {
          // Below zero, the padded zeros are the largest.
          const below = tfl.layers.rescaling({scale: 1, offset: -5});
          const layer = pool({poolSize: poolSize as number, strides: [1, 2, 2], padding});
          expect(await errorOf(modelOf(clip, below, layers.zeroPadding3d({padding: 1}), layer))).toBeLessThan(
            TOLERANCE,
          );
        }
      }
    },
  );

  it('random transposed convolutions', async () => {
    const triple = (least: number, most: number) =>
      fc.tuple(...[0, 1, 2].map(() => fc.integer({min: least, max: most}))) as fc.Arbitrary<
        [number, number, number]
      >;
    const geometry = fc.record({
      size: triple(1, 4),
      kernelSize: triple(1, 4),
      strides: triple(1, 3),
      padding: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({size, ...args}) => {
        for (const make of [tfl.layers.conv3dTranspose, layers.conv3dTranspose]) {
          const model = modelOf([...size, 2], make({filters: 3, ...args}) as Layer);
          expect(await errorOf(model)).toBeLessThan(TOLERANCE);
        }
      }),
      {numRuns: 25, seed: 5},
    );
  });

  it('random convolutions', async () => {
    const triple = (least: number, most: number) =>
      fc.tuple(...[0, 1, 2].map(() => fc.integer({min: least, max: most}))) as fc.Arbitrary<
        [number, number, number]
      >;
    const geometry = fc.record({
      size: triple(1, 7),
      kernelSize: triple(1, 4),
      strides: triple(1, 3),
      dilationRate: triple(1, 2),
      padding: fc.constantFrom<'same' | 'valid' | [number, number, number]>('same', 'valid', [1, 2, 0]),
      groups: fc.constantFrom(1, 2, 4),
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({size, ...args}) => {
        const model = builtOrNothing(() => modelOf([...size, 4], layers.conv3d({filters: 8, ...args})));
        if (model !== undefined) expect(await errorOf(model)).toBeLessThan(TOLERANCE);
      }),
      {numRuns: 40, seed: 5},
    );
  });

  it('random STS convolutions', async () => {
    const odd = fc.constantFrom(1, 3, 5);
    const geometry = fc.record({
      size: fc.tuple(
        fc.integer({min: 1, max: 6}),
        fc.integer({min: 1, max: 7}),
        fc.integer({min: 1, max: 7}),
      ),
      kernelSize: fc.tuple(fc.constantFrom(3, 5), odd, odd),
      strides: fc.tuple(
        fc.integer({min: 1, max: 2}),
        fc.integer({min: 1, max: 3}),
        fc.integer({min: 1, max: 3}),
      ),
      channels: fc.integer({min: 2, max: 5}),
    });
    await fc.assert(
      fc.asyncProperty(geometry, async ({size, channels, kernelSize, strides}) => {
        const temporal = layers.stsConv3d({
          filters: channels + 2,
          kernelSize: [kernelSize[0], 1, 1],
          strides: [strides[0], 1, 1],
        });
        const depthwise = layers.stsDepthwiseConv3d({kernelSize, strides});
        expect(await errorOf(modelOf([...size, channels], temporal, depthwise))).toBeLessThan(TOLERANCE);
      }),
      {numRuns: 30, seed: 5},
    );
  });

  it('several inputs and outputs, a layer used twice, a nested model', async () => {
    const [a, b] = ['left', 'right'].map((name) => tfl.input({shape: clip, name}));
    const inner = tfl.sequential({
      layers: [
        layers.conv3d({filters: 4, kernelSize: [3, 1, 1], padding: 'same', inputShape: clip}),
        tfl.layers.reLU(),
      ],
    });
    const shared = layers.conv3d({filters: 4, kernelSize: 1, name: 'shared'});
    const [x, y] = [a!, b!].map((input) => inner.apply(shared.apply(input)) as tfl.SymbolicTensor);
    const sum = tfl.layers.add({name: 'sum'}).apply([x!, y!]) as tfl.SymbolicTensor;
    const means = layers.globalAveragePooling3d({name: 'means'}).apply(sum) as tfl.SymbolicTensor;
    const model = tfl.model({inputs: [a!, b!], outputs: [means, sum, a!]});
    expect(await errorOf(model)).toBeLessThan(TOLERANCE);
  });
});

/** Geometries whose filter does not fit are refused when the model is built, which other tests see to. */
function builtOrNothing(build: () => Model): Model | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof sts.InvalidArgumentError) return undefined;
    throw error;
  }
}

describe('a file of toOnnx', () => {
  it("has PyTorch's layout at its borders if wanted", async () => {
    const model = modelOf(clip, layers.stsConv3d({filters: 4, kernelSize: [3, 1, 1], name: 'answer'}));
    fillWeights(model);
    const x = numbers([2, ...clip], 1);
    const ours = tf.transpose(model.predict(x) as tf.Tensor, [0, 4, 1, 2, 3]);
    const bytes = await toOnnx(model, {layout: 'channelsFirst'});
    const [theirs] = await runOnnx(native, bytes, [tf.transpose(x, [0, 4, 1, 2, 3])]);
    expect(theirs).toMatchObject({name: 'answer', shape: ours.shape});
    expect(difference(theirs!.values, ours.dataSync())).toBeLessThan(TOLERANCE);
  });

  it('tells names, types and lengths, the batch left open', async () => {
    const model = modelOf(clip, tfl.layers.dense({units: 3, name: 'answer'}));
    const session = await native.InferenceSession.create(
      await toOnnx(model, {metadata: {labels: '["cat"]'}}),
    );
    expect(session.inputMetadata).toMatchObject([
      {name: 'clip', type: 'float32', shape: ['batch', 4, 6, 5, 4]},
    ]);
    expect(session.outputMetadata).toMatchObject([
      {name: 'answer', type: 'float32', shape: ['batch', 4, 6, 5, 3]},
    ]);
  });

  it('leaves no tensor behind and changes nothing', async () => {
    const model = modelOf(clip, layers.batchNorm3d());
    const before = tf.memory().numTensors;
    const first = await toOnnx(model);
    expect(await toOnnx(model)).toEqual(first);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('toOnnx refuses', () => {
  it.each<[string, () => Model, RegExp]>([
    [
      'a layer without a rule',
      () => modelOf([4, 3], tfl.layers.lstm({units: 1, recurrentInitializer: 'zeros', name: 'memory'})),
      /layer LSTM "memory" has no form.*STSConv3D/s,
    ],
    [
      'a layer without a rule on each step',
      () =>
        modelOf(
          [2, 4, 3],
          tfl.layers.timeDistributed({
            layer: tfl.layers.simpleRNN({units: 1, recurrentInitializer: 'zeros', name: 'row'}),
          }),
        ),
      /layer SimpleRNN "row" has no form/,
    ],
    [
      'bilinear upsampling',
      () =>
        modelOf([4, 4, 3], tfl.layers.upSampling2d({size: [2, 2], interpolation: 'bilinear', name: 'up'})),
      /UpSampling2D "up" interpolates 'bilinear'; only 'nearest'/,
    ],
    [
      'a layer norm that is not over the last axes',
      () => modelOf(clip, tfl.layers.layerNormalization({axis: 1, name: 'norm'})),
      /LayerNormalization "norm" normalizes the axes 1 of 5/,
    ],
    [
      'a norm over time',
      () => modelOf([4, 5, 6], tfl.layers.batchNormalization({axis: 2, name: 'norm'})),
      /BatchNormalization "norm" normalizes axis 2/,
    ],
    [
      'unknown lengths',
      () => modelOf([null as unknown as number, 6, 5, 4], layers.conv3d({filters: 1, kernelSize: 1})),
      /the input clip has unknown lengths, \[null, null, 6, 5, 4\]/,
    ],
  ])('%s', async (_, build, message) => {
    const error: Error = await toOnnx(build()).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(sts.InvalidArgumentError);
    expect(error.message).toMatch(message);
  });

  it('an unknown layout', async () => {
    const model = modelOf(clip, tfl.layers.reLU());
    await expect(toOnnx(model, {layout: 'NCTHW' as 'channelsFirst'})).rejects.toThrow(
      /layout must be .* got "NCTHW"/,
    );
  });
});
