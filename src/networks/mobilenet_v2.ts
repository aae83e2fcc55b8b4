/**
 * MobileNetV2 on clips (Sandler et al., CVPR 2018), with the widths, padding and constants of torchvision: every depthwise
 * convolution lifted to three dimensions, plain or in STS form. With temporal kernel 1 it is the image network, frame by
 * frame.
 */
import type * as tfl from '@tensorflow/tfjs-layers';
import {buildInvertedBottlenecks, type InvertedBottleneckConfig} from './blocks/inverted_bottlenecks';
import {configWith, defineVariants, type NetworkOverrides} from './definition';

export type MobileNetV2Config = InvertedBottleneckConfig;

/** What can be chosen of a given MobileNetV2. */
export interface MobileNetV2Options extends NetworkOverrides {
  readonly sts?: boolean;
  readonly temporalKernel?: number;
  readonly dropout?: number;
  readonly dropPath?: number;
}

/** Width 1. */
const MOBILENET_V2: MobileNetV2Config = {
  frames: 8,
  height: 224,
  width: 224,
  classes: 1000,
  pool: 'clip',
  activation: 'linear',
  weightless: false,
  sts: false,
  temporalKernel: 3,
  dropout: 0.2,
  dropPath: 0,
  stemChannels: 32,
  headChannels: 1280,
  stages: [
    {expansion: 1, channels: 16, repeats: 1, stride: 1, kernel: 3},
    {expansion: 6, channels: 24, repeats: 2, stride: 2, kernel: 3},
    {expansion: 6, channels: 32, repeats: 3, stride: 2, kernel: 3},
    {expansion: 6, channels: 64, repeats: 4, stride: 2, kernel: 3},
    {expansion: 6, channels: 96, repeats: 3, stride: 1, kernel: 3},
    {expansion: 6, channels: 160, repeats: 3, stride: 2, kernel: 3},
    {expansion: 6, channels: 320, repeats: 1, stride: 1, kernel: 3},
  ],
  style: 'torch',
};

const TINY: MobileNetV2Config = {
  ...MOBILENET_V2,
  frames: 4,
  height: 32,
  width: 32,
  classes: 5,
  stemChannels: 8,
  headChannels: 24,
  stages: [
    {expansion: 1, channels: 6, repeats: 1, stride: 1, kernel: 3},
    {expansion: 3, channels: 8, repeats: 2, stride: 2, kernel: 3},
  ],
};

/** The named variants. */
export const mobileNetV2Networks = defineVariants('mobilenet_v2', buildInvertedBottlenecks, {
  mobilenet_v2: {
    description: 'MobileNetV2, the image network on each frame, answers averaged over the clip as features',
    config: {...MOBILENET_V2, temporalKernel: 1},
  },
  mobilenet_v2_sts: {
    description: 'MobileNetV2 with every depthwise convolution 3 x 3 x 3 in STS form',
    config: {...MOBILENET_V2, sts: true},
  },
  mobilenet_v2_tiny: {
    description: 'three blocks on 4 frames of 32 x 32, the image network',
    config: {...TINY, temporalKernel: 1},
    tiny: true,
  },
  mobilenet_v2_tiny_sts: {
    description: 'three blocks on 4 frames of 32 x 32, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
});

/**
 * MobileNetV2 on normalized clips `[batch, frames, height, width, 3]`: RGB, `(0..255 - [123.675, 116.28, 103.53]) /
 * [58.395, 57.12, 57.375]` for the weights of torchvision and timm.
 *
 * Layers carry the names under which image weights are inflated into them: `stem_conv`, `stem_bn`,
 * `blocks_<i>_{expand,depthwise,project}_{conv,bn}` for i = 0..16 (block 0 has no expansion), `head_conv`, `head_bn`,
 * `classifier`. Spatial padding is PyTorch's; all strides in time are 1. With `temporalKernel` 1 every frame is treated as
 * by the 2D network, and `frames` 1 makes it the image network itself.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`: logits, or
 *   probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a length that is no whole number, or an even or too short temporal kernel with `sts`
 *
 * ```ts
 * const model = mobileNetV2({frames: 8, sts: true, classes: 10});
 * ```
 */
export function mobileNetV2(options: MobileNetV2Options = {}): tfl.LayersModel {
  return buildInvertedBottlenecks({
    ...configWith('networks.mobileNetV2', MOBILENET_V2, options),
    name: 'mobileNetV2',
  });
}
