/**
 * Networks of inverted bottlenecks (Sandler et al., CVPR 2018) on clips, which MobileNetV2 and EfficientNet-Lite are:
 * stem, blocks, head, mean, classifier, with every depthwise convolution lifted to three dimensions, plain or in STS form.
 * With temporal kernel 1 it is the image network, frame by frame.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {type LayerPadding, layers as sts} from '../../layers';
import {InvalidArgumentError} from '../../util/errors';
import {checkChances, checkNetworkConfig, isWeightless, type NetworkConfig} from '../definition';
import {depthOf, droppedBranch} from './drop_path';

/** A run of inverted bottlenecks; the first has the stride and changes the channels. */
export interface InvertedBottleneckStage {
  readonly expansion: number;
  readonly channels: number;
  readonly repeats: number;
  readonly stride: number;
  readonly kernel: number;
}

export interface InvertedBottleneckConfig extends NetworkConfig {
  /** True: the depthwise convolutions are STS, `temporalKernel` must be odd and at least 3. */
  readonly sts: boolean;
  /** Taps in time of the depthwise convolutions. 1 without `sts`: the image network. */
  readonly temporalKernel: number;
  /** Part of the features that training sets to zero before the classifier. */
  readonly dropout: number;
  /** The chance at which training drops the branch of the last block, if it has a shortcut; it grows evenly from 0 in the first. */
  readonly dropPath: number;
  readonly stemChannels: number;
  readonly headChannels: number;
  readonly stages: readonly InvertedBottleneckStage[];
  /** Where the weights come from: it decides the padding in space and the constants of batch normalization. */
  readonly style: 'tensorflow' | 'torch';
}

type NamedConfig = InvertedBottleneckConfig & {readonly name: string};

/** Of batch normalization; of the two momenta PyTorch's is written as TensorFlow writes it. */
const NORM = {
  tensorflow: {epsilon: 1e-3, momentum: 0.99},
  torch: {epsilon: 1e-5, momentum: 0.9, unbiasedMovingVariance: true},
} as const;

/**
 * Layers: `stem_conv`, `stem_bn`, `blocks_<i>_{expand,depthwise,project}_{conv,bn}` (no `expand` where the expansion is
 * 1), `head_conv`, `head_bn`, `classifier`.
 *
 * @throws InvalidArgumentError for a length that is no whole number, or an even or too short temporal kernel with `sts`
 */
export function buildInvertedBottlenecks(config: NamedConfig): tfl.LayersModel {
  checkConfig(config);
  const clip = tfl.input({shape: [config.frames, config.height, config.width, 3], name: 'clip'});
  let x = convBnRelu(clip, config, 'stem', config.stemChannels, 3, 2);
  const blocks = config.stages.reduce((sum, {repeats}) => sum + repeats, 0);
  let index = 0;
  let channels = config.stemChannels;
  for (const stage of config.stages) {
    for (let repeat = 0; repeat < stage.repeats; repeat++) {
      const stride = repeat === 0 ? stage.stride : 1;
      const place = {name: `blocks_${index}`, depth: depthOf(index, blocks)};
      x = invertedBottleneck(x, config, place, {...stage, stride}, channels);
      index++;
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
  place: {readonly name: string; readonly depth: number},
  {expansion, channels, kernel, stride}: InvertedBottleneckStage,
  inputChannels: number,
): tfl.SymbolicTensor {
  const {name} = place;
  const expanded =
    expansion === 1 ? input : convBnRelu(input, config, `${name}_expand`, inputChannels * expansion, 1, 1);
  const depthwise = config.sts ? sts.stsDepthwiseConv3d : sts.depthwiseConv3d;
  const filtered = depthwise({
    kernelSize: [config.temporalKernel, kernel, kernel],
    strides: [1, stride, stride],
    padding: padding(config, [config.temporalKernel, kernel, kernel]),
    useBias: false,
    depthwiseInitializer: kernelInitializer(config, `${name}_depthwise_conv`, kernel * kernel),
    name: `${name}_depthwise_conv`,
  }).apply(expanded) as tfl.SymbolicTensor;
  const active = relu6(norm(filtered, config, `${name}_depthwise`), `${name}_depthwise`);
  const output = norm(convolve(active, config, `${name}_project`, channels, 1, 1), config, `${name}_project`);
  if (stride !== 1 || inputChannels !== channels) return output;
  const branch = droppedBranch(output, config.dropPath, place);
  return tfl.layers.add({name: `${name}_add`}).apply([branch, input]) as tfl.SymbolicTensor;
}

function convBnRelu(
  x: tfl.SymbolicTensor,
  config: NamedConfig,
  name: string,
  filters: number,
  kernel: number,
  stride: number,
): tfl.SymbolicTensor {
  return relu6(norm(convolve(x, config, name, filters, kernel, stride), config, name), name);
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
    padding: padding(config, [1, kernel, kernel]),
    useBias: false,
    kernelInitializer: kernelInitializer(config, `${name}_conv`, kernel * kernel * filters),
    name: `${name}_conv`,
  });
  return layer.apply(x) as tfl.SymbolicTensor;
}

/** TensorFlow's 'same', or PyTorch's (kernel - 1) / 2 on every side; they differ under a stride, which time has not. */
function padding({style}: NamedConfig, kernel: readonly [number, number, number]): LayerPadding {
  if (style === 'tensorflow') return 'same';
  return kernel.map((size) => [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)]) as LayerPadding;
}

function norm(x: tfl.SymbolicTensor, {style}: NamedConfig, name: string): tfl.SymbolicTensor {
  return sts.batchNorm3d({...NORM[style], name: `${name}_bn`}).apply(x) as tfl.SymbolicTensor;
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
      kernelInitializer: isWeightless(config, 'classifier') ? 'zeros' : 'glorotUniform',
      name: 'classifier',
    }),
  ];
  return head.reduce((y, layer) => layer.apply(y) as tfl.SymbolicTensor, x);
}

/** The original's: normal, variance 2 / (taps of a frame * output channels), of a depthwise kernel 2 / taps. */
function kernelInitializer(config: NamedConfig, layer: string, fanOut: number) {
  return isWeightless(config, layer)
    ? tfl.initializers.zeros()
    : tfl.initializers.randomNormal({stddev: Math.sqrt(2 / fanOut)});
}

function checkConfig(config: NamedConfig): void {
  checkNetworkConfig(config);
  checkChances(config, ['dropout', 'dropPath']);
  const {name, sts: isSts, temporalKernel} = config;
  const least = isSts ? 3 : 1;
  if (!Number.isInteger(temporalKernel) || temporalKernel < least || (isSts && temporalKernel % 2 === 0)) {
    const needed = isSts ? 'odd and at least 3 with sts' : 'a whole number of at least 1';
    throw new InvalidArgumentError(`${name}: temporalKernel must be ${needed}; got ${temporalKernel}.`);
  }
}
