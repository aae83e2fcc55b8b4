/**
 * A convolution without its sizes: which of the four it is and with which settings, as plain data. Together with the
 * shapes of input and filter it becomes a ConvInfo. Layers, frozen models and slabs keep convolutions as this.
 */
import type {ConvInfo} from './conv_info';
import type {StsConvOptions} from './conv_options';
import {conv3dInfo, depthwiseConv3dInfo} from './ordinary_info';
import {stsConv3dInfo, stsDepthwiseConv3dInfo} from './sts_info';

/** By the names of the ops. */
const INFO_OF = {
  conv3d: conv3dInfo,
  depthwiseConv3d: depthwiseConv3dInfo,
  stsConv3d: stsConv3dInfo,
  stsDepthwiseConv3d: stsDepthwiseConv3dInfo,
} as const;

export type ConvKind = keyof typeof INFO_OF;

export const CONV_KINDS = Object.keys(INFO_OF) as readonly ConvKind[];

/** `groups` is for conv3d and stsConv3d, `split` for stsConv3d alone. */
export interface ConvSettings extends StsConvOptions {
  readonly kind: ConvKind;
}

/**
 * The convolution on an input `[batch, time, height, width, channels]` with a filter of this shape.
 *
 * @throws InvalidArgumentError as the info function of the kind does
 */
export function convInfo(
  {kind, ...options}: ConvSettings,
  xShape: readonly number[],
  filterShape: readonly number[],
): ConvInfo {
  return INFO_OF[kind](xShape, filterShape, options);
}
