/**
 * The layer of Spatial-Temporal Separable 3D convolution (Li et al., ECCV 2022): weights, parameters and cost of the
 * convolution that it replaces; groups of output channels read other neighbours. See ops/sts_conv3d.ts for which.
 */
import type {serialization, Tensor5D} from '@tensorflow/tfjs-core';
import {type ConvInfo, type SplitRounding, stsConv3dInfo} from '../../geometry/conv_info';
import {type FusedOptions, stsConv3d} from '../../ops';
import {InvalidArgumentError} from '../../util/errors';
import type {Shape5D} from '../../util/shapes';
import {GroupedConv3D, type GroupedConv3DLayerArgs} from './grouped_conv3d';

/** Arguments of `sts.layers.stsConv3d`: those of `tf.layers.conv3d`, `groups`, `split`, and explicit padding. */
export interface STSConv3DLayerArgs extends GroupedConv3DLayerArgs {
  /**
   * With one group, how an odd number of filters is halved: 'ceil' gives the static half one more (SlowFast,
   * SlowOnly), 'floor' the dynamic half (R(2+1)D). Default 'ceil'.
   */
  split?: SplitRounding;
}

/**
 * Weights: kernel `[kt, 1, 1, in, filters]` with one group, `[kt, kh, kw, in / groups, filters]` with more; bias
 * `[filters]`. Default padding 'same': a frame read as a line has no border to give up, so that only paddings that
 * give `ceil(input / stride)` are accepted, `(k - 1) / 2` on every side (PyTorch's) among them.
 */
export class STSConv3D extends GroupedConv3D {
  /** @nocollapse */
  static override className = 'STSConv3D';
  private readonly split: SplitRounding | undefined;

  constructor(args: STSConv3DLayerArgs) {
    super(args, 'same');
    if (args.split != null && args.split !== 'ceil' && args.split !== 'floor') {
      throw new InvalidArgumentError(
        `${this.label()}: split must be 'ceil' or 'floor'; got ${JSON.stringify(args.split)}.`,
      );
    }
    this.split = args.split ?? undefined;
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), split: this.split ?? null};
  }

  override convInfo(inputShape: Shape5D): ConvInfo {
    return stsConv3dInfo(inputShape, this.filterShape(inputShape[4]), {
      strides: this.strides,
      pad: this.padding,
      dilations: this.dilationRate,
      ...this.channelOptions(),
    });
  }

  override convolve(x: Tensor5D, filter: Tensor5D, fused: FusedOptions): Tensor5D {
    return stsConv3d(x, filter, this.strides, this.padding, 'NDHWC', this.dilationRate, {
      ...this.channelOptions(),
      ...fused,
    });
  }

  private channelOptions(): {groups: number; split?: SplitRounding} {
    return {groups: this.groups, ...(this.split && {split: this.split})};
  }
}
