/**
 * The factories of `sts.layers`, one per layer, in the manner of `tf.layers`. Arguments and classes are described in
 * the file of each class.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';
import {type Conv3DTransposeLayerArgs, TransposedConv3D} from './convolution/conv3d_transpose';
import {DepthwiseConv3D, type DepthwiseConv3DLayerArgs} from './convolution/depthwise_conv3d';
import {GroupedConv3D, type GroupedConv3DLayerArgs} from './convolution/grouped_conv3d';
import {SeparableConv3D, type SeparableConv3DLayerArgs} from './convolution/separable_conv3d';
import {STSConv3D, type STSConv3DLayerArgs} from './convolution/sts_conv3d';
import {STSDepthwiseConv3D} from './convolution/sts_depthwise_conv3d';
import {ColorHistogram, type ColorHistogramLayerArgs} from './frames/color_histogram';
import {FrameSimilarity, type FrameSimilarityLayerArgs} from './frames/frame_similarity';
import type {LayerArgs} from './host/layer_arguments';
import {BatchNorm3D, type BatchNorm3DLayerArgs} from './normalization/batch_norm3d';
import {GroupNormalization, type GroupNormalizationLayerArgs} from './normalization/group_normalization';
import {Normalization, type NormalizationLayerArgs} from './normalization/normalization';
import {RMSNormalization, type RMSNormalizationLayerArgs} from './normalization/rms_normalization';
import {UnitNormalization, type UnitNormalizationLayerArgs} from './normalization/unit_normalization';
import {DropPath} from './regularization/drop_path';
import {SpatialDropout3D, type SpatialDropoutLayerArgs} from './regularization/spatial_dropout';
import type {WholeDropoutLayerArgs} from './regularization/whole_dropout';
import {Cropping3D, type Cropping3DLayerArgs} from './spatial/cropping3d';
import {
  GlobalAveragePooling3D,
  GlobalMaxPooling3D,
  type GlobalPooling3DLayerArgs,
} from './spatial/global_pooling3d';
import {UpSampling3D, type UpSampling3DLayerArgs} from './spatial/up_sampling3d';
import {ZeroPadding3D, type ZeroPadding3DLayerArgs} from './spatial/zero_padding3d';

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
function checked<A extends object, L extends {getConfig(): serialization.ConfigDict}>(
  factory: string,
  args: A,
  LayerClass: new (args: A) => L,
): L {
  const caller = `layers.${factory}`;
  if (typeof args !== 'object' || args === null) {
    throw new InvalidArgumentError(
      `${caller}: arguments are ${String(args)}; an object is needed, as for tf.layers.conv3d.`,
    );
  }
  const layer = new LayerClass(args);
  const known = new Set([...Object.keys(layer.getConfig()), ...HOST_ARGS]);
  checkOptions(caller, args, [...known]);
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
  return checked('stsConv3d', args, STSConv3D);
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
  return checked('stsDepthwiseConv3d', args, STSDepthwiseConv3D);
}

/**
 * Depthwise 3D convolution.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[..., channels * depthMultiplier]`
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for a filter larger than the input
 */
export function depthwiseConv3d(args: DepthwiseConv3DLayerArgs): DepthwiseConv3D {
  return checked('depthwiseConv3d', args, DepthwiseConv3D);
}

/**
 * Ordinary and grouped 3D convolution: `tf.layers.conv3d` with `groups`, explicit padding, TensorFlow's 'same', and
 * gradients on every backend.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[batch, time, height, width, filters]`
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for a filter larger than the input
 */
export function conv3d(args: GroupedConv3DLayerArgs): GroupedConv3D {
  return checked('conv3d', args, GroupedConv3D);
}

/**
 * Batch normalization of rank 5 that trains.
 *
 * @returns a layer that keeps the shape of its input, `[batch, time, height, width, channels]`
 * @throws InvalidArgumentError for an axis, momentum or epsilon out of range
 */
export function batchNorm3d(args: BatchNorm3DLayerArgs = {}): BatchNorm3D {
  return checked('batchNorm3d', args, BatchNorm3D);
}

/** The average over time, height and width: `[batch, time, height, width, channels]` to `[batch, channels]`. */
export function globalAveragePooling3d(args: GlobalPooling3DLayerArgs = {}): GlobalAveragePooling3D {
  return checked('globalAveragePooling3d', args, GlobalAveragePooling3D);
}

/**
 * Zeros around time, height and width.
 *
 * @throws InvalidArgumentError for padding that is not one, three, or three pairs of whole numbers
 */
export function zeroPadding3d(args: ZeroPadding3DLayerArgs = {}): ZeroPadding3D {
  return checked('zeroPadding3d', args, ZeroPadding3D);
}

/**
 * Depthwise separable 3D convolution: `depthwiseConv3d`, then a pointwise convolution over the channels.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[batch, time, height, width, filters]`
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for a filter larger than the input
 * @example
 * sts.layers.separableConv3d({filters: 16, kernelSize: 3, padding: 'same'});
 */
export function separableConv3d(args: SeparableConv3DLayerArgs): SeparableConv3D {
  return checked('separableConv3d', args, SeparableConv3D);
}

/**
 * Transposed 3D convolution: `tf.layers.conv3dTranspose` with `dilationRate` and `outputPadding`, which the host ignores.
 *
 * @returns a layer `[batch, time, height, width, channels]` to `[batch, time, height, width, filters]`, with padding
 *     'same' each length times its stride
 * @throws InvalidArgumentError for arguments of the wrong kind
 * @example
 * sts.layers.conv3dTranspose({filters: 8, kernelSize: 2, strides: 2, padding: 'same'});
 */
export function conv3dTranspose(args: Conv3DTransposeLayerArgs): TransposedConv3D {
  return checked('conv3dTranspose', args, TransposedConv3D);
}

/**
 * Group normalization of any rank; instance normalization with `groups: -1`.
 *
 * @returns a layer that keeps the shape of its input
 * @throws InvalidArgumentError for arguments of the wrong kind; when built, for channels that the groups do not divide
 * @example
 * sts.layers.groupNormalization({groups: -1, epsilon: 1e-5});
 */
export function groupNormalization(args: GroupNormalizationLayerArgs = {}): GroupNormalization {
  return checked('groupNormalization', args, GroupNormalization);
}

/** Divides by the L2 norm along an axis, by default the last. */
export function unitNormalization(args: UnitNormalizationLayerArgs = {}): UnitNormalization {
  return checked('unitNormalization', args, UnitNormalization);
}

/** Divides by the root mean square along an axis, by default the last, and multiplies by a gain. */
export function rmsNormalization(args: RMSNormalizationLayerArgs = {}): RMSNormalization {
  return checked('rmsNormalization', args, RMSNormalization);
}

/**
 * Shifts and scales by statistics of the training data, as Keras' Normalization that was adapted.
 *
 * @throws InvalidArgumentError for a mean without variance, or the other way round
 * @example
 * sts.layers.normalization({axis: null, mean: 127.5, variance: 127.5 ** 2});
 */
export function normalization(args: NormalizationLayerArgs = {}): Normalization {
  return checked('normalization', args, Normalization);
}

/** The maximum over time, height and width: `[batch, time, height, width, channels]` to `[batch, channels]`. */
export function globalMaxPooling3d(args: GlobalPooling3DLayerArgs = {}): GlobalMaxPooling3D {
  return checked('globalMaxPooling3d', args, GlobalMaxPooling3D);
}

/**
 * Borders of time, height and width cut off.
 *
 * @throws InvalidArgumentError for cropping that is not one, three, or three pairs of whole numbers; for an input of
 *     which nothing would be left
 */
export function cropping3d(args: Cropping3DLayerArgs = {}): Cropping3D {
  return checked('cropping3d', args, Cropping3D);
}

/**
 * Every position repeated along time, height and width.
 *
 * @throws InvalidArgumentError for a size that is not one or three whole numbers
 */
export function upSampling3d(args: UpSampling3DLayerArgs = {}): UpSampling3D {
  return checked('upSampling3d', args, UpSampling3D);
}

/**
 * Dropout of whole channels of `[batch, time, height, width, channels]`. As in the host's dropout, a seed gives the same
 * channels in every step.
 *
 * @throws InvalidArgumentError for a rate that is not from 0 to below 1
 */
export function spatialDropout3d(args: SpatialDropoutLayerArgs): SpatialDropout3D {
  return checked('spatialDropout3d', args, SpatialDropout3D);
}

/**
 * Drop-path (stochastic depth, Huang et al., ECCV 2016) for the branch of a residual block, `[batch, ...]` of any rank: training sets a
 * sample's branch to zero with the chance `rate`, and divides the others by 1 - rate.
 *
 * @throws InvalidArgumentError for a rate that is not from 0 to below 1
 * @example
 * const y = tf.layers.add().apply([sts.layers.dropPath({rate: 0.05}).apply(branch), shortcut]);
 */
export function dropPath(args: WholeDropoutLayerArgs): DropPath {
  return checked('dropPath', args, DropPath);
}

/**
 * The colours of each frame, counted: `[batch, time, height, width, 3]` of 0..255 to `[batch, time, levels^3]`. Colour
 * (r, g, b), each from 0 to levels - 1, is entry (r * levels + g) * levels + b.
 *
 * @throws InvalidArgumentError for levels that are no whole number from 1 to 256
 * @example
 * const counts = sts.layers.colorHistogram({levels: 4}).apply(frames); // [batch, time, 64]
 */
export function colorHistogram(args: ColorHistogramLayerArgs = {}): ColorHistogram {
  return checked('colorHistogram', args, ColorHistogram);
}

/**
 * How much each frame is like those around it: `[batch, time, features]` to cosines `[batch, time, 2 * reach + 1]`; the one
 * in the middle is of the frame with itself, those beyond the ends of the clip are 0.
 *
 * @throws InvalidArgumentError for a reach that is no whole number of at least 0
 * @example
 * const cosines = sts.layers.frameSimilarity({reach: 5}).apply(features); // [batch, time, 11]
 */
export function frameSimilarity(args: FrameSimilarityLayerArgs = {}): FrameSimilarity {
  return checked('frameSimilarity', args, FrameSimilarity);
}
