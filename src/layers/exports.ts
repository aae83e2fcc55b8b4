/**
 * The factories of `sts.layers`, one per layer, in the manner of `tf.layers`. Arguments and classes are described in
 * the file of each class.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import {checkOptions, optionNames} from '../util/names';
import {BatchNorm3D, type BatchNorm3DLayerArgs} from './batch_norm3d';
import {DepthwiseConv3D, type DepthwiseConv3DLayerArgs} from './depthwise_conv3d';
import {GlobalAveragePooling3D, type GlobalAveragePooling3DLayerArgs} from './global_average_pooling3d';
import {GroupedConv3D, type GroupedConv3DLayerArgs} from './grouped_conv3d';
import type {LayerArgs} from './host';
import {STSConv3D, type STSConv3DLayerArgs} from './sts_conv3d';
import {STSDepthwiseConv3D} from './sts_depthwise_conv3d';
import {ZeroPadding3D, type ZeroPadding3DLayerArgs} from './zero_padding3d';

/** What every layer of the host takes, whether its config has it or not. */
const HOST_ARGS = optionNames<LayerArgs>({
  inputShape: true,
  batchInputShape: true,
  batchSize: true,
  dtype: true,
  name: true,
  trainable: true,
  weights: true,
  inputDType: true,
});

/** A layer whose arguments are all its own: those that its config has. The host would ignore others without a word. */
function checked<L extends {getConfig(): serialization.ConfigDict}>(
  factory: string,
  args: object,
  layer: L,
): L {
  const known = new Set([...Object.keys(layer.getConfig()), ...HOST_ARGS]);
  checkOptions(`layers.${factory}`, args, [...known]);
  return layer;
}

/**
 * Spatial-Temporal Separable 3D convolution, a drop-in for a kt x 1 x 1 `tf.layers.conv3d`.
 *
 * @param args those of `tf.layers.conv3d`, and `groups`, `split`, explicit `padding`
 * @returns a layer `[batch, time, height, width, channels]` to `[batch, time, height, width, filters]`
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for a geometry that has no STS form
 * @example
 * const y = sts.layers.stsConv3d({filters: 64, kernelSize: [3, 1, 1], name: 'conv1'}).apply(x);
 */
export function stsConv3d(args: STSConv3DLayerArgs): STSConv3D {
  return checked('stsConv3d', args, new STSConv3D(args));
}

/**
 * Depthwise Spatial-Temporal Separable 3D convolution.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[..., channels * depthMultiplier]`
 * @throws InvalidArgumentError as `stsConv3d`
 * @example
 * sts.layers.stsDepthwiseConv3d({kernelSize: 3, strides: [1, 2, 2], padding: 1});
 */
export function stsDepthwiseConv3d(args: DepthwiseConv3DLayerArgs): STSDepthwiseConv3D {
  return checked('stsDepthwiseConv3d', args, new STSDepthwiseConv3D(args));
}

/**
 * Depthwise 3D convolution.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[..., channels * depthMultiplier]`
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for a filter larger than the input
 */
export function depthwiseConv3d(args: DepthwiseConv3DLayerArgs): DepthwiseConv3D {
  return checked('depthwiseConv3d', args, new DepthwiseConv3D(args));
}

/**
 * Ordinary and grouped 3D convolution: `tf.layers.conv3d` with `groups`, explicit padding, TensorFlow's 'same', and
 * gradients on every backend.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[batch, time, height, width, filters]`
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for a filter larger than the input
 */
export function conv3d(args: GroupedConv3DLayerArgs): GroupedConv3D {
  return checked('conv3d', args, new GroupedConv3D(args));
}

/**
 * Batch normalization of rank 5 that trains.
 *
 * @returns a layer that keeps the shape of its input, `[batch, time, height, width, channels]`
 * @throws InvalidArgumentError for an axis, momentum or epsilon out of range
 */
export function batchNorm3d(args: BatchNorm3DLayerArgs = {}): BatchNorm3D {
  return checked('batchNorm3d', args, new BatchNorm3D(args));
}

/** The average over time, height and width: `[batch, time, height, width, channels]` to `[batch, channels]`. */
export function globalAveragePooling3d(args: GlobalAveragePooling3DLayerArgs = {}): GlobalAveragePooling3D {
  return checked('globalAveragePooling3d', args, new GlobalAveragePooling3D(args));
}

/**
 * Zeros around time, height and width.
 *
 * @throws InvalidArgumentError for padding that is not one, three, or three pairs of whole numbers
 */
export function zeroPadding3d(args: ZeroPadding3DLayerArgs = {}): ZeroPadding3D {
  return checked('zeroPadding3d', args, new ZeroPadding3D(args));
}
