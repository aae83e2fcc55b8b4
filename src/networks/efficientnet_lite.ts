/**
 * EfficientNet-Lite on clips: EfficientNet without squeeze-excite and with ReLU6 (Tan and Le, ICML 2019; the Lite
 * release of tensorflow/tpu), every depthwise convolution lifted to three dimensions, plain or in STS form.
 * With temporal kernel 1 it is the image network, frame by frame.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../layers';
import {InvalidArgumentError} from '../util/errors';
import {checkNetworkConfig, defineVariants, type NetworkConfig, type NetworkOverrides} from './definition';

/** A run of inverted bottlenecks; the first has the stride and changes the channels. */
export interface InvertedBottleneckStage {
  readonly expansion: number;
  readonly channels: number;
  readonly repeats: number;
  readonly stride: number;
  readonly kernel: number;
}

export interface EfficientNetLiteConfig extends NetworkConfig {
  /** True: the depthwise convolutions are STS, `temporalKernel` must be odd and at least 3. */
  readonly sts: boolean;
  /** Taps in time of the depthwise convolutions. 1 without `sts`: the image network. */
  readonly temporalKernel: number;
  /** Part of the features that training sets to zero before the classifier. */
  readonly dropout: number;
  readonly stemChannels: number;
  readonly headChannels: number;
  readonly stages: readonly InvertedBottleneckStage[];
}

/** What can be chosen of a given EfficientNet-Lite. */
export interface EfficientNetLiteOptions extends NetworkOverrides {
  readonly sts?: boolean;
  readonly temporalKernel?: number;
  readonly dropout?: number;
}

type NamedConfig = EfficientNetLiteConfig & {readonly name: string};

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
export const efficientNetLiteNetworks = defineVariants<EfficientNetLiteConfig>('efficientnet_lite', build, {
  efficientnet_lite0: {
    description:
      'EfficientNet-Lite0, the image network on each frame, answers averaged over the clip as features',
    config: {...LITE0, temporalKernel: 1},
  },
  efficientnet_lite0_sts: {
    description: 'EfficientNet-Lite0 with every depthwise convolution 3 x k x k in STS form',
    config: {...LITE0, sts: true},
  },
  efficientnet_lite_tiny: {
    description: 'for tests: three blocks on 4 frames of 32 x 32, the image network',
    config: {...TINY, temporalKernel: 1},
  },
  efficientnet_lite_tiny_sts: {
    description: 'for tests: three blocks on 4 frames of 32 x 32, STS',
    config: {...TINY, sts: true},
  },
});

/**
 * EfficientNet-Lite0 on clips of RGB frames `[batch, frames, height, width, 3]`, values `(0..255 - 127) / 128`.
 *
 * Layers carry the names under which image weights are inflated into them: `stem_conv`, `stem_bn`,
 * `blocks_<i>_{expand,depthwise,project}_{conv,bn}` for i = 0..15 (block 0 has no expansion), `head_conv`, `head_bn`,
 * `classifier`. Spatial padding is TensorFlow's 'same'; all strides in time are 1. With `temporalKernel` 1 every frame
 * is treated as by the 2D network, and `frames` 1 makes it the image network itself. Of the original's training, dropout
 * is here and stochastic depth is not.
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
  return build({...LITE0, ...options, name: 'efficientNetLite0'});
}

function build(config: NamedConfig): tfl.LayersModel {
  checkConfig(config);
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  let x = convBnRelu(clip, config, 'stem', config.stemChannels, 3, 2);
  let index = 0;
  let channels = config.stemChannels;
  for (const stage of config.stages) {
    for (let repeat = 0; repeat < stage.repeats; repeat++) {
      const stride = repeat === 0 ? stage.stride : 1;
      x = invertedBottleneck(x, config, `blocks_${index++}`, {...stage, stride}, channels);
      channels = stage.channels;
    }
  }
  x = convBnRelu(x, config, 'head', config.headChannels, 1, 1);
  return tfl.model({inputs: clip, outputs: classify(x, config), name: config.name});
}

/** expand 1 x 1 -> depthwise -> project 1 x 1, with the input added where it has the shape of the output. */
function invertedBottleneck(
  input: tfl.SymbolicTensor,
  config: NamedConfig,
  name: string,
  {expansion, channels, kernel, stride}: InvertedBottleneckStage,
  inputChannels: number,
): tfl.SymbolicTensor {
  const expanded =
    expansion === 1 ? input : convBnRelu(input, config, `${name}_expand`, inputChannels * expansion, 1, 1);
  const depthwise = config.sts ? sts.stsDepthwiseConv3d : sts.depthwiseConv3d;
  const filtered = depthwise({
    kernelSize: [config.temporalKernel, kernel, kernel],
    strides: [1, stride, stride],
    padding: 'same',
    useBias: false,
    depthwiseInitializer: kernelInitializer(config, kernel * kernel),
    name: `${name}_depthwise_conv`,
  }).apply(expanded) as tfl.SymbolicTensor;
  const active = relu6(norm(filtered, `${name}_depthwise`), `${name}_depthwise`);
  const output = norm(convolve(active, config, `${name}_project`, channels, 1, 1), `${name}_project`);
  if (stride !== 1 || inputChannels !== channels) return output;
  return tfl.layers.add({name: `${name}_add`}).apply([output, input]) as tfl.SymbolicTensor;
}

function convBnRelu(
  x: tfl.SymbolicTensor,
  config: NamedConfig,
  name: string,
  filters: number,
  kernel: number,
  stride: number,
): tfl.SymbolicTensor {
  return relu6(norm(convolve(x, config, name, filters, kernel, stride), name), name);
}

/** A convolution of single frames. */
function convolve(
  x: tfl.SymbolicTensor,
  config: NamedConfig,
  name: string,
  filters: number,
  kernel: number,
  stride: number,
): tfl.SymbolicTensor {
  const layer = sts.conv3d({
    filters,
    kernelSize: [1, kernel, kernel],
    strides: [1, stride, stride],
    padding: 'same',
    useBias: false,
    kernelInitializer: kernelInitializer(config, kernel * kernel * filters),
    name: `${name}_conv`,
  });
  return layer.apply(x) as tfl.SymbolicTensor;
}

/** Momentum and epsilon of the original. */
function norm(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
  const layer = sts.batchNorm3d({epsilon: 1e-3, momentum: 0.99, name: `${name}_bn`});
  return layer.apply(x) as tfl.SymbolicTensor;
}

function relu6(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
  return tfl.layers.reLU({maxValue: 6, name: `${name}_relu`}).apply(x) as tfl.SymbolicTensor;
}

/**
 * Mean over what is to have one answer, then the classifier. A frame's mean is a pooling over its whole area, followed
 * by dropping the two axes of length 1.
 */
function classify(x: tfl.SymbolicTensor, config: NamedConfig): tfl.SymbolicTensor {
  const [, frames, height, width, channels] = x.shape as number[];
  const perFrame = [
    tfl.layers.averagePooling3d({
      poolSize: [1, height!, width!],
      strides: [1, height!, width!],
      name: 'pool_frame',
    }),
    tfl.layers.reshape({targetShape: [frames!, channels!], name: 'pool'}),
  ];
  const head: tfl.layers.Layer[] = [
    ...(config.pool === 'frame' ? perFrame : [sts.globalAveragePooling3d({name: 'pool'})]),
    tfl.layers.dropout({rate: config.dropout, name: 'dropout'}),
    tfl.layers.dense({
      units: config.classes,
      activation: config.activation,
      kernelInitializer: config.weightless ? 'zeros' : 'glorotUniform',
      name: 'classifier',
    }),
  ];
  return head.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
}

/** The original's: normal, variance 2 / (taps of a frame * output channels), of a depthwise kernel 2 / taps. */
function kernelInitializer({weightless}: NamedConfig, fanOut: number) {
  return weightless
    ? tfl.initializers.zeros()
    : tfl.initializers.randomNormal({stddev: Math.sqrt(2 / fanOut)});
}

function checkConfig(config: NamedConfig): void {
  checkNetworkConfig(config);
  const {name, sts: isSts, temporalKernel, dropout} = config;
  const least = isSts ? 3 : 1;
  if (!Number.isInteger(temporalKernel) || temporalKernel < least || (isSts && temporalKernel % 2 === 0)) {
    const needed = isSts ? 'odd and at least 3 with sts' : 'a whole number of at least 1';
    throw new InvalidArgumentError(`${name}: temporalKernel must be ${needed}; got ${temporalKernel}.`);
  }
  if (!(dropout >= 0 && dropout < 1)) {
    throw new InvalidArgumentError(`${name}: dropout must be at least 0 and less than 1; got ${dropout}.`);
  }
}
