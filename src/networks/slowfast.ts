/**
 * SlowFast (Feichtenhofer et al., ICCV 2019): a wide ResNet-50 over every r-th frame and a narrow one over all frames,
 * whose features join the wide one's after the stem and after each stage. With STS the temporal convolutions of the
 * blocks are STS; the weights are the same.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../layers';
import {InvalidArgumentError} from '../util/errors';
import {checkResNetPath, type ResNetConfig, type ResNetPath, resNetStage, resNetStem} from './blocks/resnet';
import {apply, checkTorchConfig, classifier, filterInitializer, poolFeatures} from './blocks/torch';
import {configWith, defineVariants, type NetworkOverrides} from './definition';
import {ANY_SIDE, checkSizes, everyNthFrame, type SizeRules} from './sizes';

export interface SlowFastConfig extends ResNetConfig {
  readonly slow: ResNetPath;
  readonly fast: ResNetPath;
  /** The slow path takes frames 0, speedRatio, 2 * speedRatio, ... */
  readonly speedRatio: number;
  /** Taps in time of the convolutions that bring fast features to the slow path; odd. */
  readonly lateralTaps: number;
  /** The features that the classifier sees first: the fast path's in video networks, the slow path's in image networks. */
  readonly headOrder: 'fast-slow' | 'slow-fast';
}

/** What can be chosen of a given SlowFast. */
export interface SlowFastOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly dropout?: number;
  readonly dropPath?: number;
  readonly speedRatio?: number;
  readonly lateralTaps?: number;
  readonly headOrder?: SlowFastConfig['headOrder'];
}

type NamedConfig = SlowFastConfig & {readonly name: string};

const SLOW: ResNetPath = {channels: 64, stemTaps: 1, taps: [1, 1, 3, 3]};
const FAST: ResNetPath = {channels: 8, stemTaps: 5, taps: [3, 3, 3, 3]};

/** 4 slow frames, 16 apart in a video whose every second frame is taken. Size of a training crop. */
const R50_4X16: SlowFastConfig = {
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
  stages: [3, 4, 6, 3],
  slow: SLOW,
  fast: FAST,
  speedRatio: 8,
  lateralTaps: 5,
  headOrder: 'fast-slow',
};

/** 8 slow frames, 8 apart. */
const R50_8X8: SlowFastConfig = {...R50_4X16, speedRatio: 4, lateralTaps: 7};

/** What image networks differ in. */
const IMAGE = {frames: 1, classes: 1000, dropout: 0, headOrder: 'slow-fast'} as const;

const TINY: SlowFastConfig = {
  ...R50_4X16,
  frames: 8,
  height: 32,
  width: 32,
  classes: 7,
  dropout: 0,
  stages: [1, 1, 1, 1],
  slow: {...SLOW, channels: 32},
  fast: {...FAST, channels: 4},
};

const BUILDER = {build, sizes};

/** The named variants. */
export const slowFastNetworks = defineVariants<SlowFastConfig>('slowfast', BUILDER, {
  slowfast_r50_4x16: {
    description: 'SlowFast-50 with 4 slow and 32 fast frames, ordinary temporal convolutions',
    config: R50_4X16,
  },
  slowfast_r50_4x16_sts: {
    description: 'SlowFast-50 with 4 slow and 32 fast frames, temporal convolutions of the blocks STS',
    config: {...R50_4X16, sts: true},
  },
  slowfast_r50_4x16_image: {
    description: 'SlowFast-50 4x16 on images: one frame, 1000 classes, for pre-training on ImageNet',
    config: {...R50_4X16, ...IMAGE},
  },
  slowfast_r50_8x8: {
    description: 'SlowFast-50 with 8 slow and 32 fast frames, ordinary temporal convolutions',
    config: R50_8X8,
  },
  slowfast_r50_8x8_sts: {
    description: 'SlowFast-50 with 8 slow and 32 fast frames, temporal convolutions of the blocks STS',
    config: {...R50_8X8, sts: true},
  },
  slowfast_r50_8x8_image: {
    description: 'SlowFast-50 8x8 on images: one frame, 1000 classes, for pre-training on ImageNet',
    config: {...R50_8X8, ...IMAGE},
  },
  slowfast_tiny: {
    description: 'SlowFast with one block a stage on 8 frames of 32 x 32',
    config: TINY,
    tiny: true,
  },
  slowfast_tiny_sts: {
    description: 'SlowFast with one block a stage on 8 frames of 32 x 32, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
});

/**
 * SlowFast-50 on normalized clips `[batch, frames, height, width, 3]`: RGB, `(0..255 - [123.675, 116.28, 103.53]) /
 * [58.395, 57.12, 57.375]` for the authors' weights, which saw 32 frames, 2 apart (Kinetics-400) or spread over the video
 * (Something-Something V2). Default 4 x 16; `{speedRatio: 4, lateralTaps: 7}` makes it 8 x 8.
 *
 * Any size is taken, with STS too. `frames` must be a multiple of `speedRatio`, as in the authors' code, or 1, where both
 * paths see the one frame.
 *
 * Layers are named after the modules of the authors' code, `slow_...` and `fast_...`: `conv1`, `maxpool`,
 * `layer<i>_<j>_{conv1,conv2,conv3,downsample}`; `_bn` and `_relu` follow a convolution, and `layer<i>_<j>` is a block's
 * output. `slow_conv1_lateral` and `slow_layer<i>_lateral` bring the fast features; `classifier` is the last.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`, where each slow
 *   feature goes with the `speedRatio` frames that begin at its own: logits, or probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a clip length that the network cannot take, and options out of range
 *
 * ```ts
 * const model = slowFast({sts: true, classes: 174});
 * ```
 */
export function slowFast(options: SlowFastOptions = {}): tfl.LayersModel {
  return build({...configWith('networks.slowFast', R50_4X16, options), name: 'slowFast'});
}

function sizes({speedRatio}: SlowFastConfig): SizeRules {
  return {frames: everyNthFrame(speedRatio), height: ANY_SIDE, width: ANY_SIDE};
}

function build(config: NamedConfig): tfl.LayersModel {
  checkConfig(config);
  const {slow: slowPath, fast: fastPath} = config;
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  let slow = resNetStem(everyNth(clip, config.speedRatio), config, slowPath, 'slow_');
  let fast = resNetStem(clip, config, fastPath, 'fast_');
  slow = fuse(slow, fast, config, 'slow_conv1_lateral');
  config.stages.forEach((_, stage) => {
    slow = resNetStage(slow, config, slowPath, stage, 'slow_');
    fast = resNetStage(fast, config, fastPath, stage, 'fast_');
    if (stage + 1 < config.stages.length) {
      slow = fuse(slow, fast, config, `slow_layer${stage + 1}_lateral`);
    }
  });
  return tfl.model({inputs: clip, outputs: classifier(head(slow, fast, config), config), name: config.name});
}

/** Frames 0, n, 2n, ...: averages over single values, n apart. Max pooling would do but is wrong below 0 on wasm. */
function everyNth(clip: tfl.SymbolicTensor, n: number): tfl.SymbolicTensor {
  const layer = tfl.layers.averagePooling3d({poolSize: [1, 1, 1], strides: [n, 1, 1], name: 'slow_frames'});
  return apply(layer, clip);
}

/** The slow features, and behind them twice as many channels as the fast path has, made of the fast features. */
function fuse(
  slow: tfl.SymbolicTensor,
  fast: tfl.SymbolicTensor,
  config: NamedConfig,
  name: string,
): tfl.SymbolicTensor {
  const {speedRatio, lateralTaps} = config;
  const filters = 2 * fast.shape[4]!;
  const lateral = sts.conv3d({
    filters,
    kernelSize: [lateralTaps, 1, 1],
    strides: [speedRatio, 1, 1],
    padding: [(lateralTaps - 1) / 2, 0, 0],
    useBias: false,
    kernelInitializer: filterInitializer(config, name, lateralTaps * filters),
    name,
  });
  const layer = tfl.layers.concatenate({name: `${name}_concat`});
  return layer.apply([slow, apply(lateral, fast)]) as tfl.SymbolicTensor;
}

/** The features of both paths. */
function head(slow: tfl.SymbolicTensor, fast: tfl.SymbolicTensor, config: NamedConfig): tfl.SymbolicTensor {
  const pooled = {
    slow: poolFeatures(slow, config.pool, 'slow_pool'),
    fast: poolFeatures(fast, config.pool, 'fast_pool'),
  };
  if (config.pool === 'frame' && config.frames > 1) pooled.slow = held(pooled.slow, config.speedRatio);
  const features = config.headOrder === 'fast-slow' ? [pooled.fast, pooled.slow] : [pooled.slow, pooled.fast];
  return tfl.layers.concatenate({name: 'pool'}).apply(features) as tfl.SymbolicTensor;
}

/** Each slow feature n times: `[batch, slow frames, channels]` to `[batch, frames, channels]`. */
function held(slow: tfl.SymbolicTensor, n: number): tfl.SymbolicTensor {
  const [, frames, channels] = slow.shape as [null, number, number];
  const copies = Array.from({length: n}, () => slow);
  const repeated = tfl.layers.concatenate({name: 'slow_repeat'}).apply(copies) as tfl.SymbolicTensor;
  return apply(tfl.layers.reshape({targetShape: [frames * n, channels], name: 'slow_held'}), repeated);
}

function checkConfig(config: NamedConfig): void {
  checkTorchConfig(config);
  checkResNetPath(config, config.slow);
  checkResNetPath(config, config.fast);
  const {name, speedRatio, lateralTaps, headOrder} = config;
  if (!Number.isInteger(speedRatio) || speedRatio < 1) {
    throw new InvalidArgumentError(
      `${name}: speedRatio must be a whole number of at least 1; got ${speedRatio}.`,
    );
  }
  if (!Number.isInteger(lateralTaps) || lateralTaps < 1 || lateralTaps % 2 === 0) {
    throw new InvalidArgumentError(`${name}: lateralTaps must be odd and at least 1; got ${lateralTaps}.`);
  }
  if (headOrder !== 'fast-slow' && headOrder !== 'slow-fast') {
    throw new InvalidArgumentError(
      `${name}: headOrder must be one of fast-slow, slow-fast; got ${JSON.stringify(headOrder)}.`,
    );
  }
  checkSizes(config, sizes(config));
}
