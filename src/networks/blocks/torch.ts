/**
 * What networks from PyTorch share: convolutions with PyTorch's padding and without bias, batch normalization with its
 * momentum, the start of weights, the head. Layers are named by the caller, a batch normalization `<convolution>_bn`.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../../layers';
import {checkChances, checkNetworkConfig, isWeightless, type NetworkConfig} from '../definition';

export interface TorchNetworkConfig extends NetworkConfig {
  /** Whether the convolutions that the authors replace are STS. */
  readonly sts: boolean;
  /** Part of the features that training sets to zero before the classifier. */
  readonly dropout: number;
  /** The chance at which training drops the branch of the last residual block; it grows evenly from 0 in the first. */
  readonly dropPath: number;
}

export interface Convolution {
  readonly name: string;
  readonly filters: number;
  /** Odd; time, height, width, or one number for all. */
  readonly kernel: number | readonly [number, number, number];
  /** In space. */
  readonly stride?: number;
  /** Of the batch normalization; 'zeros' lets a residual block begin as its shortcut (Goyal et al. 2017). */
  readonly gamma?: 'ones' | 'zeros';
}

/** Applies a layer of one input and one output. */
export function apply(layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor;
}

/** An ordinary convolution with (kernel - 1) / 2 zeros on every side. */
export function convolve(
  x: tfl.SymbolicTensor,
  config: TorchNetworkConfig,
  {name, filters, kernel, stride = 1}: Convolution,
): tfl.SymbolicTensor {
  const [time, height, width] = typeof kernel === 'number' ? [kernel, kernel, kernel] : kernel;
  const layer = sts.conv3d({
    filters,
    kernelSize: [time, height, width],
    strides: [1, stride, stride],
    padding: [(time - 1) / 2, (height - 1) / 2, (width - 1) / 2],
    useBias: false,
    kernelInitializer: filterInitializer(config, name, time * height * width * filters),
    name,
  });
  return apply(layer, x);
}

/** `convolve` and its batch normalization. */
export function convolveBn(
  x: tfl.SymbolicTensor,
  config: TorchNetworkConfig,
  convolution: Convolution,
  epsilon: number,
): tfl.SymbolicTensor {
  return norm(convolve(x, config, convolution), `${convolution.name}_bn`, epsilon, convolution.gamma);
}

/** Batch normalization whose moving averages are PyTorch's at its default momentum of 0.1. */
export function norm(
  x: tfl.SymbolicTensor,
  name: string,
  epsilon: number,
  gamma: 'ones' | 'zeros' = 'ones',
): tfl.SymbolicTensor {
  const options = {epsilon, momentum: 0.9, unbiasedMovingVariance: true, gammaInitializer: gamma, name};
  return apply(sts.batchNorm3d(options), x);
}

export function relu(x: tfl.SymbolicTensor, name: string): tfl.SymbolicTensor {
  return apply(tfl.layers.reLU({name}), x);
}

/** Normal, variance 2 / fan-out (He et al. 2015), as in MMAction2; zeros for weights that are loaded afterwards. */
export function filterInitializer(config: NetworkConfig, layer: string, fanOut: number) {
  return isWeightless(config, layer)
    ? tfl.initializers.zeros()
    : tfl.initializers.randomNormal({stddev: Math.sqrt(2 / fanOut)});
}

/** Of a linear layer, as in MMAction2. */
export function denseInitializer(config: NetworkConfig, layer: string) {
  return isWeightless(config, layer)
    ? tfl.initializers.zeros()
    : tfl.initializers.randomNormal({stddev: 0.01});
}

/**
 * The pooling behind a stem: 3 x 3 windows 2 apart, one position of padding on every side. PyTorch pads with minus
 * infinity; behind a ReLU zeros give the same maxima.
 */
export function poolStem(x: tfl.SymbolicTensor, name = 'maxpool'): tfl.SymbolicTensor {
  const padded = apply(sts.zeroPadding3d({padding: [0, 1, 1], name: `${name}_pad`}), x);
  return apply(tfl.layers.maxPooling3d({poolSize: [1, 3, 3], strides: [1, 2, 2], name}), padded);
}

/** Means over the clip `[batch, channels]`, or over each frame `[batch, frames, channels]`. */
export function poolFeatures(
  x: tfl.SymbolicTensor,
  pool: NetworkConfig['pool'],
  name = 'pool',
): tfl.SymbolicTensor {
  if (pool === 'clip') return apply(sts.globalAveragePooling3d({name}), x);
  const [, frames, height, width, channels] = x.shape as [null, number, number, number, number];
  const size: [number, number, number] = [1, height, width];
  const means = apply(tfl.layers.averagePooling3d({poolSize: size, strides: size, name: `${name}_frame`}), x);
  return apply(tfl.layers.reshape({targetShape: [frames, channels], name}), means);
}

/** Dropout and the last linear layer, `classifier`. */
export function classifier(x: tfl.SymbolicTensor, config: TorchNetworkConfig): tfl.SymbolicTensor {
  const layer = tfl.layers.dense({
    units: config.classes,
    activation: config.activation,
    kernelInitializer: denseInitializer(config, 'classifier'),
    name: 'classifier',
  });
  return apply(layer, apply(tfl.layers.dropout({rate: config.dropout, name: 'dropout'}), x));
}

/** Checks the choices that these networks share. */
export function checkTorchConfig(config: TorchNetworkConfig & {readonly name: string}): void {
  checkNetworkConfig(config);
  checkChances(config, ['dropout', 'dropPath']);
}
