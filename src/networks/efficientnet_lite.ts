/**
 * EfficientNet-Lite on clips: EfficientNet without squeeze-excite and with ReLU6 (Tan and Le, ICML 2019; the Lite
 * release of tensorflow/tpu), every depthwise convolution lifted to three dimensions, plain or in STS form.
 * With temporal kernel 1 it is the image network, frame by frame.
 */
import type * as tfl from '@tensorflow/tfjs-layers';
import {buildInvertedBottlenecks, type InvertedBottleneckConfig} from './blocks/inverted_bottlenecks';
import {configWith, defineVariants, type NetworkOverrides} from './definition';

export type EfficientNetLiteConfig = InvertedBottleneckConfig;

/** What can be chosen of a given EfficientNet-Lite. */
export interface EfficientNetLiteOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly temporalKernel?: number;
  readonly dropout?: number;
  readonly dropPath?: number;
  readonly style?: EfficientNetLiteConfig['style'];
}

/** The widths and depths of EfficientNet-B0; Lite scales neither stem nor head. */
const LITE0: EfficientNetLiteConfig = {
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
    {expansion: 6, channels: 40, repeats: 2, stride: 2, kernel: 5},
    {expansion: 6, channels: 80, repeats: 3, stride: 2, kernel: 3},
    {expansion: 6, channels: 112, repeats: 3, stride: 1, kernel: 5},
    {expansion: 6, channels: 192, repeats: 4, stride: 2, kernel: 5},
    {expansion: 6, channels: 320, repeats: 1, stride: 1, kernel: 3},
  ],
  style: 'tensorflow',
};

/** Every kind of block at a size that a test can afford: no expansion, stride 2, 5 x 5, a residual connection. */
const TINY: EfficientNetLiteConfig = {
  ...LITE0,
  frames: 4,
  height: 32,
  width: 32,
  classes: 5,
  stemChannels: 8,
  headChannels: 24,
  stages: [
    {expansion: 1, channels: 6, repeats: 1, stride: 1, kernel: 3},
    {expansion: 3, channels: 8, repeats: 2, stride: 2, kernel: 5},
  ],
};

/** The named variants. */
export const efficientNetLiteNetworks = defineVariants('efficientnet_lite', buildInvertedBottlenecks, {
  efficientnet_lite0: {
    description:
      'EfficientNet-Lite0, the image network on each frame, answers averaged over the clip as features',
    config: {...LITE0, temporalKernel: 1},
  },
  efficientnet_lite0_sts: {
    description: 'EfficientNet-Lite0 with every depthwise convolution 3 x k x k in STS form',
    config: {...LITE0, sts: true},
  },
  efficientnet_lite0_timm: {
    description:
      "EfficientNet-Lite0 with PyTorch's padding, as timm trains it: the image network on each frame",
    config: {...LITE0, temporalKernel: 1, style: 'torch'},
  },
  efficientnet_lite0_timm_sts: {
    description:
      "EfficientNet-Lite0 with PyTorch's padding and every depthwise convolution 3 x k x k in STS form",
    config: {...LITE0, sts: true, style: 'torch'},
  },
  efficientnet_lite_tiny: {
    description: 'three blocks on 4 frames of 32 x 32, the image network',
    config: {...TINY, temporalKernel: 1},
    tiny: true,
  },
  efficientnet_lite_tiny_sts: {
    description: 'three blocks on 4 frames of 32 x 32, STS',
    config: {...TINY, sts: true},
    tiny: true,
  },
});

/**
 * EfficientNet-Lite0 on clips of RGB frames `[batch, frames, height, width, 3]`, values `(0..255 - 127) / 128`.
 *
 * Layers carry the names under which image weights are inflated into them: `stem_conv`, `stem_bn`,
 * `blocks_<i>_{expand,depthwise,project}_{conv,bn}` for i = 0..15 (block 0 has no expansion), `head_conv`, `head_bn`,
 * `classifier`. Spatial padding is TensorFlow's 'same', or PyTorch's with `style: 'torch'`, which also has PyTorch's
 * constants of batch normalization; all strides in time are 1. With `temporalKernel` 1 every frame is treated as by the 2D
 * network, and `frames` 1 makes it the image network itself. Of the original's training, dropout is on;
 * stochastic depth is `dropPath`, which is 0.
 *
 * @returns a model with output `[batch, classes]`, or `[batch, frames, classes]` with `pool: 'frame'`: logits, or
 *   probabilities with `activation: 'softmax'`
 * @throws InvalidArgumentError for a length that is no whole number, or an even or too short temporal kernel with `sts`
 *
 * ```ts
 * const model = efficientNetLite0({frames: 8, sts: true, classes: 10});
 * ```
 */
export function efficientNetLite0(options: EfficientNetLiteOptions = {}): tfl.LayersModel {
  return buildInvertedBottlenecks({
    ...configWith('networks.efficientNetLite0', LITE0, options),
    name: 'efficientNetLite0',
  });
}
