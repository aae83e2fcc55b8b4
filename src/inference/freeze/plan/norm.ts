/** Batch normalization behind a convolution, ours or the host's, as what it does outside training: x * scale + offset. */
import {add, mul, rsqrt, slice, sub, type Tensor1D} from '@tensorflow/tfjs-core';
import {BatchNorm3D} from '../../../layers';
import type {Layer} from '../../../layers/models/graph';

/** A normalization behind a convolution, or behind several that are side by side: the convolution's own channels begin at `first`. */
export interface FoldedNorm {
  readonly layer: Layer;
  readonly first: number;
}

/** Whether a layer normalizes each channel of `[batch, time, height, width, channels]`. */
export function isChannelNorm(layer: Layer): boolean {
  if (layer instanceof BatchNorm3D) return layer.isChannelsLast();
  if (layer.getClassName() !== 'BatchNormalization') return false;
  const {axis} = layer.getConfig();
  return axis === -1 || axis === 4;
}

/** Scale and offset of so many of its channels, both `[channels]`. */
export function affineOf({layer, first}: FoldedNorm, channels: number) {
  const {scale, offset} = wholeAffine(layer);
  if (scale.size === channels) return {scale, offset};
  return {scale: slice(scale, first, channels), offset: slice(offset, first, channels)};
}

function wholeAffine(layer: Layer): {scale: Tensor1D; offset: Tensor1D} {
  if (layer instanceof BatchNorm3D) return layer.affine();
  const weight = (name: string) =>
    layer.weights.find(({originalName}) => originalName.endsWith(name))?.read() as Tensor1D | undefined;
  const inverse = rsqrt(add(weight('moving_variance')!, layer.getConfig().epsilon as number));
  const [gamma, beta] = [weight('gamma'), weight('beta')];
  const scale = (gamma ? mul(inverse, gamma) : inverse) as Tensor1D;
  const shift = mul(weight('moving_mean')!, scale);
  return {scale, offset: (beta ? sub(beta, shift) : mul(shift, -1)) as Tensor1D};
}
