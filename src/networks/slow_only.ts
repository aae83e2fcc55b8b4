/**
 * SlowOnly (Feichtenhofer et al., ICCV 2019): the slow path of SlowFast alone, a ResNet over few frames far apart that
 * sees time in its last two stages. With STS their temporal convolutions are STS; the weights are the same. All strides
 * in time are 1. Seeing no time at all it is the ResNet of images (He et al., CVPR 2016), frame by frame.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {IMAGE_TRAINING} from './blocks/residual';
import {checkResNetPath, type ResNetConfig, type ResNetPath, resNetStage, resNetStem} from './blocks/resnet';
import {checkTorchConfig, classifier, poolFeatures} from './blocks/torch';
import {configWith, defineVariants, type NetworkOverrides} from './definition';

export interface SlowOnlyConfig extends ResNetConfig {
  readonly path: ResNetPath;
}

/** What can be chosen of a given SlowOnly. */
export interface SlowOnlyOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly dropout?: number;
  readonly dropPath?: number;
}

type NamedConfig = SlowOnlyConfig & {readonly name: string};

/** Size of a training crop. */
const SLOW_ONLY_R50: SlowOnlyConfig = {
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
  stages: [3, 4, 6, 3],
  path: {channels: 64, stemTaps: 1, taps: [1, 1, 3, 3]},
};

/** Of basic blocks, as MMAction2 builds it. */
const SLOW_ONLY_R34: SlowOnlyConfig = {...SLOW_ONLY_R50, path: {...SLOW_ONLY_R50.path, block: 'basic'}};

/** The image network: no convolution sees time. */
const imageResNet = ({path, ...config}: SlowOnlyConfig): SlowOnlyConfig => ({
  ...config,
  classes: 1000,
  dropout: 0,
  path: {...path, taps: [1, 1, 1, 1]},
});

const TINY: SlowOnlyConfig = {
  ...SLOW_ONLY_R50,
  frames: 4,
  height: 32,
  width: 48,
  classes: 7,
  dropout: 0,
  stages: [1, 1, 1, 1],
  path: {channels: 8, stemTaps: 1, taps: [1, 1, 3, 3]},
};

/** The named variants. */
export const slowOnlyNetworks = defineVariants<SlowOnlyConfig>('slowonly', build, {
  slowonly_r50_8x8: {
    description: 'SlowOnly-50 with ordinary temporal convolutions in its last two stages',
    config: SLOW_ONLY_R50,
  },
  slowonly_r50_8x8_sts: {
    description: 'SlowOnly-50 with the temporal convolutions of its last two stages STS',
    config: {...SLOW_ONLY_R50, sts: true},
  },
  slowonly_r50_8x8_image: {
    description: 'SlowOnly-50 on images: one frame, 1000 classes, for pre-training on ImageNet',
    config: {...SLOW_ONLY_R50, ...IMAGE_TRAINING, frames: 1, classes: 1000},
  },
  slowonly_r34_8x8: {
    description: 'SlowOnly-34, of basic blocks: 3 x 3 x 3 convolutions in its last two stages',
    config: SLOW_ONLY_R34,
  },
  resnet34: {
    description: 'ResNet-34, the image network on each frame, answers averaged over the clip as features',
    config: imageResNet(SLOW_ONLY_R34),
  },
  resnet50: {
    description: 'ResNet-50, the image network on each frame, answers averaged over the clip as features',
    config: imageResNet(SLOW_ONLY_R50),
  },
  slowonly_tiny: {
    description: 'SlowOnly with one block a stage on 4 frames of 32 x 48',
    config: TINY,
    tiny: true,
  },
  slowonly_tiny_sts: {
    description: 'SlowOnly with one block a stage on 4 frames of 32 x 48, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
  slowonly_tiny_basic: {
    description: 'SlowOnly with one basic block a stage on 4 frames of 32 x 48',
    config: {...TINY, path: {...TINY.path, block: 'basic'}},
    tiny: true,
  },
});

/**
 * SlowOnly-50 on normalized clips `[batch, frames, height, width, 3]`: RGB, `(0..255 - [123.675, 116.28, 103.53]) /
 * [58.395, 57.12, 57.375]` for the authors' weights, which saw 8 frames, 8 apart (Kinetics-400) or spread over the video
 * (Something-Something V2). Any clip length and any size is taken, with STS too.
 *
 * Layers are named after the modules of the authors' code: `conv1`, `maxpool`,
 * `layer<i>_<j>_{conv1,conv2,conv3,downsample}`, `classifier`; `_bn` and `_relu` follow a convolution, and `layer<i>_<j>`
 * is a block's output.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`: logits, or
 *   probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a length that is no whole number, or a dropout outside 0..1
 *
 * ```ts
 * const model = slowOnly({sts: true, classes: 174});
 * ```
 */
export function slowOnly(options: SlowOnlyOptions = {}): tfl.LayersModel {
  return build({...configWith('networks.slowOnly', SLOW_ONLY_R50, options), name: 'slowOnly'});
}

function build(config: NamedConfig): tfl.LayersModel {
  checkTorchConfig(config);
  checkResNetPath(config, config.path);
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  const features = config.stages.reduce(
    (x, _, stage) => resNetStage(x, config, config.path, stage),
    resNetStem(clip, config, config.path),
  );
  const answer = classifier(poolFeatures(features, config.pool), config);
  return tfl.model({inputs: clip, outputs: answer, name: config.name});
}
