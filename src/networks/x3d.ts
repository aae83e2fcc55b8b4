/**
 * X3D (Feichtenhofer, CVPR 2020) in the form of MMAction2 and timm that the STS authors used: a factorized stem, inverted
 * bottlenecks with a depthwise 3 x 3 x 3 convolution and squeeze-excite on every second block. With STS the depthwise
 * convolutions are STS; the weights are the same. All strides in time are 1.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../layers';
import {addShortcut, type BlockPlace, depthwiseBn, projection, residualStage} from './blocks/residual';
import {
  apply,
  checkTorchConfig,
  classifier,
  convolve,
  convolveBn,
  denseInitializer,
  filterInitializer,
  norm,
  poolFeatures,
  relu,
  type TorchNetworkConfig,
} from './blocks/torch';
import {configWith, defineVariants, type NetworkOverrides} from './definition';
import {ANY_FRAMES, ANY_SIDE, checkSizes, depthwiseStsSide, type SizeRules} from './sizes';

/** A run of blocks; the first has stride 2 in space. */
export interface X3DStage {
  readonly channels: number;
  readonly blocks: number;
}

export interface X3DConfig extends TorchNetworkConfig {
  readonly stemChannels: number;
  /** Channels inside a block per channel of its output. */
  readonly expansion: number;
  readonly stages: readonly X3DStage[];
  /** Width of the hidden layer of the head. */
  readonly hidden: number;
  /** Whether the hidden layer has a bias: the image network's has. */
  readonly hiddenBias: boolean;
}

/** What can be chosen of a given X3D. */
export interface X3DOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly dropout?: number;
  readonly dropPath?: number;
  readonly hiddenBias?: boolean;
}

type NamedConfig = X3DConfig & {readonly name: string};

const EPSILON = 1e-5;

/** gamma_w 1, gamma_b 2.25, gamma_d 2.2 of the paper. Size of a training crop. */
const X3D_S: X3DConfig = {
  frames: 13,
  height: 160,
  width: 160,
  classes: 400,
  pool: 'clip',
  activation: 'linear',
  weightless: false,
  sts: false,
  dropout: 0.5,
  dropPath: 0,
  stemChannels: 24,
  expansion: 2.25,
  stages: [
    {channels: 24, blocks: 3},
    {channels: 48, blocks: 5},
    {channels: 96, blocks: 11},
    {channels: 192, blocks: 7},
  ],
  hidden: 2048,
  hiddenBias: false,
};

/** gamma_w 1/3, gamma_d 0.2: one block a stage. */
const TINY: X3DConfig = {
  ...X3D_S,
  frames: 5,
  height: 32,
  width: 64,
  classes: 7,
  dropout: 0,
  stemChannels: 8,
  stages: [8, 16, 32, 64].map((channels) => ({channels, blocks: 1})),
};

const BUILDER = {build, sizes};

/** The named variants. */
export const x3dNetworks = defineVariants<X3DConfig>('x3d', BUILDER, {
  x3d_s: {description: 'X3D-S with ordinary depthwise convolutions', config: X3D_S},
  x3d_s_sts: {description: 'X3D-S with every depthwise convolution STS', config: {...X3D_S, sts: true}},
  x3d_s_image: {
    description: 'X3D-S on images: one frame, 1000 classes, for pre-training on ImageNet',
    config: {...X3D_S, frames: 1, height: 224, width: 224, classes: 1000, dropout: 0, hiddenBias: true},
  },
  x3d_tiny: {
    description: 'X3D with one block a stage on 5 frames of 32 x 64',
    config: TINY,
    tiny: true,
  },
  x3d_tiny_sts: {
    description: 'X3D with one block a stage on 5 frames of 32 x 64, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
});

/**
 * X3D-S on normalized clips `[batch, frames, height, width, 3]`: RGB, `(0..255 - [123.675, 116.28, 103.53]) / [58.395,
 * 57.12, 57.375]` for the authors' weights, which saw 13 frames 6 apart (Kinetics-400) or 8 spread over the video
 * (Something-Something V2).
 *
 * Layers are named after the modules of the authors' code: `conv1_s`, `conv1_t`, `layer<i>_<j>_{conv1,conv2,conv3}`,
 * `..._se_fc1`, `..._se_fc2`, `..._downsample`, `conv5`, `fc1`, `classifier`; `_bn` and `_relu` follow a convolution, and
 * `layer<i>_<j>` is a block's output. With `sts`, ceil(height / 2) and ceil(width / 2) must be multiples of 16 as in the
 * authors' code, whose lines of a frame have no other meaning; without, every size is taken.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`: logits, or
 *   probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a size that the network cannot take
 *
 * ```ts
 * const model = x3d({sts: true, classes: 174, frames: 8, height: 224, width: 224});
 * ```
 */
export function x3d(options: X3DOptions = {}): tfl.LayersModel {
  return build({...configWith('networks.x3d', X3D_S, options), name: 'x3d'});
}

/** The stem halves a frame in an ordinary layer, each stage in an STS layer. */
function sizes({sts: isSts, stages}: X3DConfig): SizeRules {
  const side = isSts ? depthwiseStsSide({before: 1, multiple: 2 ** stages.length}) : ANY_SIDE;
  return {frames: ANY_FRAMES, height: side, width: side};
}

function build(config: NamedConfig): tfl.LayersModel {
  checkTorchConfig(config);
  checkSizes(config, sizes(config));
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  let x = stem(clip, config);
  const counts = config.stages.map(({blocks}) => blocks);
  config.stages.forEach(({channels}, stage) => {
    x = residualStage(x, counts, stage, (input, place) => block(input, config, place, channels));
  });
  const width = Math.floor(config.stages.at(-1)!.channels * config.expansion);
  x = convolveBn(x, config, {name: 'conv5', filters: width, kernel: 1}, EPSILON);
  return tfl.model({inputs: clip, outputs: head(relu(x, 'conv5_relu'), config), name: config.name});
}

/** A 3 x 3 convolution of the frames, then one over 5 frames for each channel; only the second is normalized. */
function stem(clip: tfl.SymbolicTensor, config: NamedConfig): tfl.SymbolicTensor {
  const frames = convolve(clip, config, {
    name: 'conv1_s',
    filters: config.stemChannels,
    kernel: [1, 3, 3],
    stride: 2,
  });
  const depthwise = sts.depthwiseConv3d({
    kernelSize: [5, 1, 1],
    padding: [2, 0, 0],
    useBias: false,
    depthwiseInitializer: filterInitializer(config, 'conv1_t', 5),
    name: 'conv1_t',
  });
  return relu(norm(apply(depthwise, frames), 'conv1_t_bn', EPSILON), 'conv1_t_relu');
}

/** expand -> depthwise -> squeeze-excite in even blocks -> swish -> project; plus the input, projected at stride 2. */
function block(
  input: tfl.SymbolicTensor,
  config: NamedConfig,
  place: BlockPlace,
  channels: number,
): tfl.SymbolicTensor {
  const {name, index} = place;
  const stride = index === 0 ? 2 : 1;
  const inner = Math.floor(channels * config.expansion);
  const expanded = convolveBn(input, config, {name: `${name}_conv1`, filters: inner, kernel: 1}, EPSILON);
  const depthwise = {name: `${name}_conv2`, stride, epsilon: EPSILON};
  const filtered = depthwiseBn(relu(expanded, `${name}_conv1_relu`), config, depthwise);
  const weighted = index % 2 === 0 ? squeezeExcite(filtered, config, name, inner) : filtered;
  const active = apply(tfl.layers.activation({activation: 'swish', name: `${name}_swish`}), weighted);
  const last = {name: `${name}_conv3`, filters: channels, kernel: 1, gamma: 'zeros'} as const;
  const output = convolveBn(active, config, last, EPSILON);
  const project = projection(input, config, {filters: channels, stride, epsilon: EPSILON});
  return addShortcut(output, input, config, place, project);
}

/** Each channel times a number in 0..1 that depends on the means of all channels over the clip. */
function squeezeExcite(
  x: tfl.SymbolicTensor,
  config: NamedConfig,
  name: string,
  channels: number,
): tfl.SymbolicTensor {
  const gate = [
    sts.globalAveragePooling3d({keepDims: true, name: `${name}_se_pool`}),
    sts.conv3d({...pointwise(config, `${name}_se_fc1`, squeezedWidth(channels)), activation: 'relu'}),
    sts.conv3d({...pointwise(config, `${name}_se_fc2`, channels), activation: 'sigmoid'}),
  ].reduce((y, layer) => apply(layer, y), x);
  return tfl.layers.multiply({name: `${name}_se`}).apply([x, gate]) as tfl.SymbolicTensor;
}

function pointwise(config: NamedConfig, name: string, filters: number) {
  return {filters, kernelSize: 1, kernelInitializer: filterInitializer(config, name, filters), name};
}

/** A sixteenth, rounded to a multiple of 8 that is at least 8 and at least 0.9 of it. */
function squeezedWidth(channels: number): number {
  const wanted = channels / 16;
  const rounded = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

function head(x: tfl.SymbolicTensor, config: NamedConfig): tfl.SymbolicTensor {
  const hidden = tfl.layers.dense({
    units: config.hidden,
    useBias: config.hiddenBias,
    kernelInitializer: denseInitializer(config, 'fc1'),
    name: 'fc1',
  });
  return classifier(relu(apply(hidden, poolFeatures(x, config.pool)), 'fc1_relu'), config);
}
