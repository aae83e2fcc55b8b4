/**
 * Interaction-reduced channel-separated networks, ir-CSN (Tran et al., ICCV 2019), in the form of MMAction2 that the STS
 * authors used: a ResNet-50 whose 3 x 3 x 3 convolutions are depthwise. With STS these are STS; the weights are the same.
 * All strides in time are 1.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {
  addShortcut,
  type BlockPlace,
  depthwiseBn,
  IMAGE_TRAINING,
  projection,
  residualStage,
  strideOfBlock,
} from './blocks/residual';
import {
  checkTorchConfig,
  classifier,
  convolveBn,
  poolFeatures,
  poolStem,
  relu,
  type TorchNetworkConfig,
} from './blocks/torch';
import {configWith, defineVariants, type NetworkOverrides} from './definition';
import {ANY_FRAMES, ANY_SIDE, checkSizes, depthwiseStsSide, type SizeRules} from './sizes';

export interface CSNConfig extends TorchNetworkConfig {
  /** Channels of the stem and inside the blocks of the first stage; each stage has twice the channels before it. */
  readonly channels: number;
  /** Blocks of each stage. */
  readonly stages: readonly number[];
}

/** What can be chosen of a given ir-CSN. */
export interface CSNOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly dropout?: number;
  readonly dropPath?: number;
}

type NamedConfig = CSNConfig & {readonly name: string};

/** Output channels of a block per channel inside it. */
const EXPANSION = 4;
const EPSILON = 1e-3;

const IRCSN_R50: CSNConfig = {
  frames: 32,
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
};

const TINY: CSNConfig = {
  ...IRCSN_R50,
  frames: 4,
  height: 32,
  width: 64,
  classes: 7,
  dropout: 0,
  channels: 8,
  stages: [1, 1, 1, 1],
};

const BUILDER = {build, sizes};

/** The named variants. */
export const csnNetworks = defineVariants<CSNConfig>('csn', BUILDER, {
  ircsn_r50: {description: 'ir-CSN-50 with ordinary depthwise convolutions', config: IRCSN_R50},
  ircsn_r50_sts: {
    description: 'ir-CSN-50 with every depthwise convolution STS',
    config: {...IRCSN_R50, sts: true},
  },
  ircsn_r50_image: {
    description: 'ir-CSN-50 on images: one frame, 1000 classes, for pre-training on ImageNet',
    config: {...IRCSN_R50, ...IMAGE_TRAINING, frames: 1, classes: 1000},
  },
  ircsn_tiny: {
    description: 'ir-CSN with one block a stage on 4 frames of 32 x 64',
    config: TINY,
    tiny: true,
  },
  ircsn_tiny_sts: {
    description: 'ir-CSN with one block a stage on 4 frames of 32 x 64, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
});

/**
 * ir-CSN-50 on normalized clips `[batch, frames, height, width, 3]`: RGB, `(0..255 - [123.675, 116.28, 103.53]) /
 * [58.395, 57.12, 57.375]` for the authors' weights, which saw 32 frames 2 apart (Kinetics-400) or 8 spread over the
 * video (Something-Something V2).
 *
 * Layers are named after the modules of the authors' code: `conv1`, `layer<i>_<j>_{conv1,conv2,conv3,downsample}`,
 * `classifier`; `_bn` and `_relu` follow a convolution, and `layer<i>_<j>` is a block's output. With `sts`, height and width
 * a quarter (rounded up) must be multiples of 8 as in the authors' code, whose lines of a frame have no other meaning;
 * without, every size is taken.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`: logits, or
 *   probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a size that the network cannot take
 *
 * ```ts
 * const model = csn({sts: true, classes: 174, frames: 8});
 * ```
 */
export function csn(options: CSNOptions = {}): tfl.LayersModel {
  return build({...configWith('networks.csn', IRCSN_R50, options), name: 'csn'});
}

/** Stem and pooling halve a frame in ordinary layers, each stage but the first in an STS layer. */
function sizes({sts: isSts, stages}: CSNConfig): SizeRules {
  const side = isSts ? depthwiseStsSide({before: 2, multiple: 2 ** (stages.length - 1)}) : ANY_SIDE;
  return {frames: ANY_FRAMES, height: side, width: side};
}

function build(config: NamedConfig): tfl.LayersModel {
  checkTorchConfig(config);
  checkSizes(config, sizes(config));
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  const stem = {name: 'conv1', filters: config.channels, kernel: [3, 7, 7], stride: 2} as const;
  let x = poolStem(relu(convolveBn(clip, config, stem, EPSILON), 'conv1_relu'));
  config.stages.forEach((_, stage) => {
    x = residualStage(x, config.stages, stage, (input, place) => bottleneck(input, config, place));
  });
  const answer = classifier(poolFeatures(x, config.pool), config);
  return tfl.model({inputs: clip, outputs: answer, name: config.name});
}

/** 1 x 1 x 1 -> depthwise -> 1 x 1 x 1, plus the input. */
function bottleneck(input: tfl.SymbolicTensor, config: NamedConfig, place: BlockPlace): tfl.SymbolicTensor {
  const {name, stage} = place;
  const channels = config.channels * 2 ** stage;
  const filters = channels * EXPANSION;
  const stride = strideOfBlock(place);
  const reduced = convolveBn(input, config, {name: `${name}_conv1`, filters: channels, kernel: 1}, EPSILON);
  const depthwise = {name: `${name}_conv2`, stride, epsilon: EPSILON};
  const filtered = depthwiseBn(relu(reduced, `${name}_conv1_relu`), config, depthwise);
  const active = relu(filtered, `${name}_conv2_relu`);
  const output = convolveBn(active, config, {name: `${name}_conv3`, filters, kernel: 1}, EPSILON);
  const project = projection(input, config, {filters, stride, epsilon: EPSILON});
  return addShortcut(output, input, config, place, project);
}
