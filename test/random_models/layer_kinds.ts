/**
 * The layers that random models are made of, ours and the host's, by the rank of what they take. Simple ones come first:
 * a failure shrinks towards them.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../../src/layers';
import type {Dice} from './recipe';

type Layer = tfl.layers.Layer;
type Value = tfl.SymbolicTensor;

/** What a kind may look at besides its dice. */
export interface Place {
  readonly x: Value;
  /** Shape of x without the batch. */
  readonly shape: readonly number[];
  readonly dice: Dice;
  /** Another value of the model whose shape, without the batch, passes; undefined if there is none. */
  other(passes: (shape: readonly number[]) => boolean): Value | undefined;
  /** A model of a few layers that takes values of this shape. */
  nested(shape: readonly number[]): tfl.LayersModel;
  /** A layer that was applied before to a value of x's shape. */
  known(): Layer | undefined;
}

/** How the kind goes on: a layer for x, a layer for several values, or nothing where the kind does not fit. */
export type Choice = Layer | {layer: Layer; values: Value[]} | undefined;

export interface Kind {
  readonly name: string;
  /** Ranks without the batch. */
  readonly ranks: readonly number[];
  /** Why toOnnx may refuse the layer; without it, a refusal is a failure. */
  readonly notInOnnx?: string;
  make(place: Place): Choice;
}

const T = tfl.layers;
const ANY = [1, 2, 3, 4];
const SMOOTH = ['linear', 'swish', 'sigmoid', 'tanh', 'softplus', 'gelu'] as const;
const ACTIVATIONS = [...SMOOTH, 'relu', 'relu6', 'elu', 'hardSigmoid', 'softsign', 'mish'] as const;
/** Around the lengths of vectors (4, 8) and of the wasm kernels' panels, and on both sides of minimal filtering (32). */
const WIDTHS = [2, 4, 3, 1, 5, 8, 7, 16, 33, 36] as const;

const pads = (dice: Dice) => dice.pick(['same', 'valid'] as const);
const activation = (dice: Dice) => ({activation: dice.pick(ACTIVATIONS) as 'relu'});
const fits = (taps: number, dilation: number, length: number) => (taps - 1) * dilation + 1 <= length;
const sameShape = (shape: readonly number[]) => (other: readonly number[]) => String(other) === String(shape);

/** Kernel, stride, dilation and padding of a 3D window that fits into the input. */
function window3d({dice, shape}: Place, dilated: boolean) {
  const kernelSize = dice.triple(1, 3).map((taps, axis) => Math.min(taps, shape[axis]!));
  const dilates = dilated && dice.oneIn(3);
  const dilationRate = dilates
    ? kernelSize.map((taps, axis) => (fits(taps, 2, shape[axis]!) ? 2 : 1))
    : [1, 1, 1];
  const strides = dilates ? [1, 1, 1] : dice.triple(1, 2);
  return {kernelSize, strides, dilationRate, padding: pads(dice)} as {
    kernelSize: [number, number, number];
    strides: [number, number, number];
    dilationRate: [number, number, number];
    padding: 'same' | 'valid';
  };
}

function poolWindow(place: Place) {
  const {kernelSize, strides, padding} = window3d(place, false);
  return {poolSize: kernelSize, strides, padding};
}

function window2d({dice, shape}: Place) {
  const taps = Math.min(dice.int(1, 3), shape[0]!, shape[1]!);
  return {kernelSize: taps, strides: dice.int(1, 2), padding: pads(dice)};
}

/** Groups that divide both counts of channels. */
function groupsOf(dice: Dice, inputs: number, filters: number): number {
  return dice.pick([1, 2, 3, 4].filter((groups) => inputs % groups === 0 && filters % groups === 0));
}

/** Of one channel the answer is the same everywhere, and a normalization behind it would blow up what rounding left. */
const ofSeveral = (shape: readonly number[], layer: () => Layer) => (shape.at(-1)! < 2 ? undefined : layer());

const merge = (name: string, make: () => Layer): Kind => ({
  name,
  ranks: ANY,
  make: ({x, shape, other}) => {
    const y = other(sameShape(shape));
    return y && {layer: make(), values: [x, y]};
  },
});

const recurrent = {recurrentInitializer: 'glorotUniform'} as const;
const RECURRENT = 'recurrent layers have no rule';

export const KINDS: readonly Kind[] = [
  {name: 'activation', ranks: ANY, make: ({dice}) => T.activation(activation(dice))},
  {
    name: 'reLU',
    ranks: ANY,
    make: ({dice}) => T.reLU({maxValue: dice.pick([undefined, 6, 0.5]) as number}),
  },
  {name: 'sts.batchNorm3d', ranks: [4], make: () => sts.batchNorm3d()},
  {
    name: 'sts.conv3d',
    ranks: [4],
    make: (place) => {
      const {dice, shape} = place;
      const filters = dice.pick(WIDTHS);
      const groups = groupsOf(dice, shape[3]!, filters);
      return sts.conv3d({...window3d(place, true), ...activation(dice), filters, groups});
    },
  },
  {
    name: 'conv3d',
    ranks: [4],
    make: (place) =>
      T.conv3d({...window3d(place, true), ...activation(place.dice), filters: place.dice.pick(WIDTHS)}),
  },
  {
    name: 'sts.conv3d with explicit padding',
    ranks: [4],
    make: (place) => {
      const {kernelSize, strides, dilationRate} = window3d(place, true);
      const {dice} = place;
      const padding = kernelSize.map(() => [dice.int(0, 1), dice.int(0, 2)] as const) as unknown as 'same';
      return sts.conv3d({kernelSize, strides, dilationRate, padding, filters: dice.int(1, 6)});
    },
  },
  {
    name: 'sts.depthwiseConv3d',
    ranks: [4],
    make: (place) =>
      sts.depthwiseConv3d({
        ...window3d(place, true),
        ...activation(place.dice),
        depthMultiplier: place.dice.int(1, 2),
      }),
  },
  {
    name: 'sts.stsConv3d',
    ranks: [4],
    make: ({dice, shape}) => {
      if (shape[0]! < 3) return undefined;
      return sts.stsConv3d({
        filters: dice.int(4, 9),
        kernelSize: [3, 1, 1],
        strides: [dice.int(1, 2), 1, 1],
        padding: [1, 0, 0],
        useBias: dice.oneIn(2),
      });
    },
  },
  {
    name: 'sts.stsDepthwiseConv3d',
    ranks: [4],
    make: ({dice, shape}) => {
      if (shape.some((length) => length < 3)) return undefined;
      const stride = dice.int(1, 2);
      return sts.stsDepthwiseConv3d({kernelSize: 3, strides: [1, stride, stride], padding: 1});
    },
  },
  {name: 'maxPooling3d', ranks: [4], make: (place) => T.maxPooling3d(poolWindow(place))},
  {name: 'averagePooling3d', ranks: [4], make: (place) => T.averagePooling3d(poolWindow(place))},
  {
    name: 'sts.zeroPadding3d',
    ranks: [4],
    make: ({dice}) => sts.zeroPadding3d({padding: [dice.int(0, 1), dice.int(0, 2), dice.int(0, 1)]}),
  },
  {name: 'sts.globalAveragePooling3d', ranks: [4], make: () => sts.globalAveragePooling3d()},
  merge('add', () => T.add()),
  merge('multiply', () => T.multiply()),
  merge('average', () => T.average()),
  merge('maximum', () => T.maximum()),
  merge('minimum', () => T.minimum()),
  {
    name: 'concatenate',
    ranks: ANY,
    make: ({x, shape, other}) => {
      const y = other(
        (given) => sameShape(shape.slice(0, -1))(given.slice(0, -1)) && given.length === shape.length,
      );
      return y && {layer: T.concatenate({axis: -1}), values: [x, y]};
    },
  },
  {
    name: 'squeeze-excite',
    ranks: [4],
    make: ({x, shape, dice}) => {
      const means = sts.globalAveragePooling3d({keepDims: true}).apply(x) as Value;
      const gate = sts
        .conv3d({filters: shape[3]!, kernelSize: 1, activation: 'sigmoid'})
        .apply(means) as Value;
      return {layer: T.multiply(), values: dice.oneIn(2) ? [x, gate] : [gate, x]};
    },
  },
  {name: 'again', ranks: ANY, make: ({known}) => known()},
  {name: 'nested model', ranks: ANY, make: ({shape, nested}) => nested(shape)},
  {name: 'dense', ranks: ANY, make: ({dice}) => T.dense({units: dice.int(1, 6), ...activation(dice)})},
  {name: 'leakyReLU', ranks: ANY, make: () => T.leakyReLU({alpha: 0.2})},
  {name: 'elu', ranks: ANY, make: () => T.elu()},
  {
    name: 'prelu',
    ranks: ANY,
    make: ({shape}) =>
      T.prelu({sharedAxes: shape.length > 1 ? shape.slice(1).map((_, i) => i + 1) : undefined!}),
  },
  {name: 'softmax', ranks: ANY, make: ({shape}) => ofSeveral(shape, () => T.softmax({axis: -1}))},
  {name: 'dropout', ranks: ANY, make: () => T.dropout({rate: 0})},
  {name: 'flatten', ranks: [2, 3, 4], make: ({shape}) => (size(shape) > 600 ? undefined : T.flatten())},
  {
    name: 'permute',
    ranks: [4, 3],
    make: ({dice, shape}) =>
      T.permute({
        dims: dice.pick(
          shape.length === 4
            ? [
                [2, 1, 3, 4],
                [1, 3, 2, 4],
                [4, 1, 2, 3],
              ]
            : [
                [2, 1, 3],
                [3, 1, 2],
              ],
        ),
      }),
  },
  {
    name: 'reshape, frames joined',
    ranks: [4],
    make: ({shape}) => T.reshape({targetShape: [shape[0]! * shape[1]!, shape[2]!, shape[3]!]}),
  },
  {name: 'reshape to frames', ranks: [3], make: ({shape}) => T.reshape({targetShape: [1, ...shape]})},
  {name: 'reshape to factors', ranks: [1], make: ({shape}) => T.reshape({targetShape: [1, 1, 1, shape[0]!]})},
  {name: 'repeatVector', ranks: [1], make: ({dice}) => T.repeatVector({n: dice.int(1, 3)})},
  {
    name: 'conv3dTranspose',
    ranks: [4],
    make: ({dice, shape}) => {
      if (size(shape) > 3000) return undefined;
      const strides = dice.int(1, 2);
      return T.conv3dTranspose({
        filters: dice.int(1, 5),
        kernelSize: dice.int(1, 3),
        strides,
        padding: pads(dice),
      });
    },
  },
  {
    name: 'sts.separableConv3d',
    ranks: [4],
    make: (place) =>
      sts.separableConv3d({
        ...window3d(place, true),
        ...activation(place.dice),
        filters: place.dice.int(1, 6),
        depthMultiplier: place.dice.int(1, 2),
      }),
  },
  {
    name: 'sts.upSampling3d',
    ranks: [4],
    make: ({dice, shape}) => (size(shape) > 1500 ? undefined : sts.upSampling3d({size: dice.triple(1, 2)})),
  },
  {
    name: 'sts.cropping3d',
    ranks: [4],
    make: ({dice, shape}) =>
      sts.cropping3d({
        cropping: [0, 1, 2].map((axis) => dice.int(0, shape[axis]! > 2 ? 1 : 0)) as [number, number, number],
      }),
  },
  {
    name: 'sts.groupNormalization',
    ranks: [4],
    make: ({dice, shape}) => {
      // Of one value alone the answer is beta, and of two all but it: rounding decides on the rest.
      const fitting = [1, 2, 3, 4].filter((count) => shape[3]! % count === 0 && size(shape) / count > 8);
      const groups: number | undefined = dice.pick(fitting);
      return groups === undefined ? undefined : sts.groupNormalization({groups});
    },
  },
  {
    name: 'sts.globalMaxPooling3d',
    ranks: [4],
    make: ({dice}) => sts.globalMaxPooling3d({keepDims: dice.oneIn(2)}),
  },
  {name: 'sts.spatialDropout3d', ranks: [4], make: () => sts.spatialDropout3d({rate: 0})},
  {name: 'sts.dropPath', ranks: ANY, make: () => sts.dropPath({rate: 0})},
  {
    name: 'timeDistributed',
    ranks: [4],
    make: (place) => {
      const {dice, shape} = place;
      const frame = {...place, shape: shape.slice(1)};
      const layer = dice.pick([
        () => T.flatten(),
        () => T.dense({units: 3}),
        () => T.conv2d({...window2d(frame), filters: 4}),
        () => T.globalAveragePooling2d({}),
        () => T.batchNormalization(),
      ])();
      return T.timeDistributed({layer});
    },
  },
  {
    name: 'convLstm2d',
    ranks: [4],
    notInOnnx: RECURRENT,
    make: ({dice}) =>
      T.convLstm2d({
        ...recurrent,
        filters: dice.int(1, 3),
        kernelSize: 1,
        returnSequences: dice.oneIn(2),
      }),
  },
  {
    name: 'conv2d',
    ranks: [3],
    make: (place) => T.conv2d({...window2d(place), ...activation(place.dice), filters: place.dice.int(1, 6)}),
  },
  {name: 'batchNormalization', ranks: ANY, make: () => T.batchNormalization()},
  {
    name: 'layerNormalization',
    ranks: ANY,
    make: ({shape}) => ofSeveral(shape, () => T.layerNormalization({axis: -1})),
  },
  {
    name: 'lstm',
    ranks: [2],
    notInOnnx: RECURRENT,
    make: ({dice}) => T.lstm({...recurrent, units: dice.int(1, 4), returnSequences: dice.oneIn(2)}),
  },
  {
    name: 'gru',
    ranks: [2],
    notInOnnx: RECURRENT,
    make: ({dice}) => T.gru({...recurrent, units: dice.int(1, 4), returnSequences: dice.oneIn(2)}),
  },
  {
    name: 'bidirectional simpleRNN',
    ranks: [2],
    notInOnnx: RECURRENT,
    make: ({dice}) =>
      T.bidirectional({
        layer: T.simpleRNN({
          ...recurrent,
          units: dice.int(1, 4),
          returnSequences: dice.oneIn(2),
        }),
        mergeMode: dice.pick(['concat', 'sum']),
      }),
  },
  {name: 'conv1d', ranks: [2], make: ({dice}) => T.conv1d({filters: dice.int(1, 4), kernelSize: 1})},
  {name: 'globalAveragePooling1d', ranks: [2], make: () => T.globalAveragePooling1d({})},
];

export function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
