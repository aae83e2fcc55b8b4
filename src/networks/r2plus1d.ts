/**
 * R(2+1)D-34 (Tran et al., CVPR 2018) in the form of MMAction2 that the STS authors used: a ResNet-34 in which every
 * convolution is one in space, batch normalization, ReLU and one in time. With STS the temporal ones are STS; the weights
 * are the same.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../layers';
import {InvalidArgumentError} from '../util/errors';
import {addShortcut, type BlockPlace, IMAGE_TRAINING, residualStage, strideOfBlock} from './blocks/residual';
import {
  apply,
  checkTorchConfig,
  classifier,
  convolveBn,
  filterInitializer,
  norm,
  poolFeatures,
  poolStem,
  relu,
  type TorchNetworkConfig,
} from './blocks/torch';
import {configWith, defineVariants, type NetworkOverrides} from './definition';

export interface R2Plus1DConfig extends TorchNetworkConfig {
  /** Channels of the stem and of the first stage; each stage has twice the channels of the one before it. */
  readonly channels: number;
  /** Blocks of each stage. */
  readonly stages: readonly number[];
  /**
   * The stride in time of each stage, in its first block. With `pool: 'frame'` the answers are those of the frames that
   * are left. Default 1 everywhere, as in all of the authors' networks.
   */
  readonly temporalStrides: readonly number[];
}

/** What can be chosen of a given R(2+1)D. */
export interface R2Plus1DOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly dropout?: number;
  readonly dropPath?: number;
  readonly temporalStrides?: readonly number[];
}

type NamedConfig = R2Plus1DConfig & {readonly name: string};

/** Of the batch normalization between the two convolutions of a pair, and of the one behind the pair. */
const INNER_EPSILON = 1e-5;
const OUTER_EPSILON = 1e-3;

const R2PLUS1D_R34: R2Plus1DConfig = {
  frames: 8,
  height: 224,
  width: 224,
  classes: 400,
  pool: 'clip',
  activation: 'linear',
  weightless: false,
  sts: false,
  dropout: 0.5,
  dropPath: 0,
  channels: 64,
  stages: [3, 4, 6, 3],
  temporalStrides: [1, 1, 1, 1],
};

const TINY: R2Plus1DConfig = {
  ...R2PLUS1D_R34,
  frames: 4,
  height: 32,
  width: 48,
  classes: 7,
  dropout: 0,
  channels: 8,
  stages: [1, 1, 1, 1],
};

/** The named variants. */
export const r2plus1dNetworks = defineVariants<R2Plus1DConfig>('r2plus1d', build, {
  r2plus1d_r34_8x8: {description: 'R(2+1)D-34 with ordinary temporal convolutions', config: R2PLUS1D_R34},
  r2plus1d_r34_8x8_sts: {
    description: 'R(2+1)D-34 with every temporal convolution STS',
    config: {...R2PLUS1D_R34, sts: true},
  },
  r2plus1d_r34_8x8_image: {
    description: 'R(2+1)D-34 on images: one frame, 1000 classes, for pre-training on ImageNet',
    config: {...R2PLUS1D_R34, ...IMAGE_TRAINING, frames: 1, classes: 1000},
  },
  r2plus1d_tiny: {
    description: 'R(2+1)D with one block a stage on 4 frames of 32 x 48',
    config: TINY,
    tiny: true,
  },
  r2plus1d_tiny_sts: {
    description: 'R(2+1)D with one block a stage on 4 frames of 32 x 48, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
});

/**
 * R(2+1)D-34 on normalized clips `[batch, frames, height, width, 3]`: RGB, `(0..255 - [123.675, 116.28, 103.53]) /
 * [58.395, 57.12, 57.375]` for the authors' weights, which saw 8 frames 8 apart (Kinetics-400) or spread over the video
 * (Something-Something V2). Every clip length and size is taken, with `sts` too.
 *
 * Layers are named after the modules of the authors' code: `conv1`, `layer<i>_<j>_{conv1,conv2,downsample}` are pairs
 * `..._s` (space), `..._s_bn`, `..._s_relu`, `..._t` (time) with a `..._bn` behind the pair; `layer<i>_<j>` is a block's
 * output, `classifier` the classifier.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`: logits, or
 *   probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a value out of its range
 *
 * ```ts
 * const model = r2plus1d({sts: true, classes: 174});
 * ```
 */
export function r2plus1d(options: R2Plus1DOptions = {}): tfl.LayersModel {
  return build({...configWith('networks.r2plus1d', R2PLUS1D_R34, options), name: 'r2plus1d'});
}

function build(config: NamedConfig): tfl.LayersModel {
  checkConfig(config);
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  const stem = {name: 'conv1', filters: config.channels, kernel: [3, 7, 7], stride: 2} as const;
  let x = poolStem(relu(pair(clip, config, stem), 'conv1_relu'));
  config.stages.forEach((_, stage) => {
    x = residualStage(x, config.stages, stage, (input, place) => basicBlock(input, config, place));
  });
  const answer = classifier(poolFeatures(x, config.pool), config);
  return tfl.model({inputs: clip, outputs: answer, name: config.name});
}

/** Two pairs of 3 x 3 x 3, plus the input, through a pair of 1 x 1 x 1 where its shape differs. */
function basicBlock(input: tfl.SymbolicTensor, config: NamedConfig, place: BlockPlace): tfl.SymbolicTensor {
  const {name, stage, index} = place;
  const filters = config.channels * 2 ** stage;
  const stride = strideOfBlock(place);
  const timeStride = index === 0 ? config.temporalStrides[stage]! : 1;
  const kernel = [3, 3, 3] as const;
  const first = pair(input, config, {name: `${name}_conv1`, kernel, filters, stride, timeStride});
  const output = pair(relu(first, `${name}_conv1_relu`), config, {name: `${name}_conv2`, kernel, filters});
  const project = (shortcut: string) =>
    pair(input, config, {name: shortcut, kernel: [1, 1, 1], filters, stride, timeStride});
  const isPlain = stride === 1 && timeStride === 1;
  return addShortcut(output, input, config, place, isPlain ? undefined : project);
}

interface Pair {
  readonly name: string;
  readonly filters: number;
  /** Taps in time, height, width. */
  readonly kernel: readonly [number, number, number];
  /** In space. */
  readonly stride?: number;
  readonly timeStride?: number;
}

/** [1, kh, kw] -> batch normalization -> ReLU -> [kt, 1, 1] -> batch normalization. */
function pair(
  x: tfl.SymbolicTensor,
  config: NamedConfig,
  {name, filters, kernel: [time, height, width], stride = 1, timeStride = 1}: Pair,
): tfl.SymbolicTensor {
  const space = {
    name: `${name}_s`,
    filters: innerChannels(x.shape[4]!, filters, height * width),
    kernel: [1, height, width],
    stride,
  } as const;
  const inner = relu(convolveBn(x, config, space, INNER_EPSILON), `${name}_s_relu`);
  const args = {
    filters,
    kernelSize: [time, 1, 1],
    strides: [timeStride, 1, 1],
    padding: [(time - 1) / 2, 0, 0] as [number, number, number],
    useBias: false,
    kernelInitializer: filterInitializer(config, `${name}_t`, time * filters),
    name: `${name}_t`,
  };
  // One tap in time has no neighbours to read elsewhere.
  const layer = config.sts && time > 1 ? sts.stsConv3d({...args, split: 'floor'}) : sts.conv3d(args);
  return norm(apply(layer, inner), `${name}_bn`, OUTER_EPSILON);
}

/**
 * So many channels between the two convolutions that a pair of [1, kh, kw] and [3, 1, 1] has about the weights of a whole
 * [3, kh, kw] convolution (section 3.5 of the paper). The authors' code counts three taps in time for shortcuts too.
 */
function innerChannels(inputs: number, outputs: number, taps: number): number {
  return Math.floor((3 * inputs * outputs * taps) / (inputs * taps + 3 * outputs));
}

function checkConfig(config: NamedConfig): void {
  checkTorchConfig(config);
  const {name, frames, stages, temporalStrides} = config;
  const given = JSON.stringify(temporalStrides);
  if (
    temporalStrides.length !== stages.length ||
    temporalStrides.some((n) => !(Number.isInteger(n) && n > 0))
  ) {
    throw new InvalidArgumentError(
      `${name}: temporalStrides must be ${stages.length} whole numbers of at least 1, one for each stage; got ${given}.`,
    );
  }
  const product = temporalStrides.reduce((a, b) => a * b, 1);
  // The authors' static channels read frames 0, s, 2s, ... and end with the clip only if s divides it.
  if (config.sts && frames % product !== 0) {
    throw new InvalidArgumentError(
      `${name}: with sts and temporalStrides ${given}, frames must be a multiple of ${product}; got ${frames}.`,
    );
  }
}
