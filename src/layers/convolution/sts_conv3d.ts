/**
 * The layer of Spatial-Temporal Separable 3D convolution (Li et al., ECCV 2022): weights, parameters and cost of the
 * convolution that it replaces; groups of output channels read other neighbours. See ops/sts_conv3d.ts for which.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import type {SplitRounding} from '../../geometry/conv_options';
import type {ConvSettings} from '../../geometry/conv_settings';
import {InvalidArgumentError} from '../../util/errors';
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

  override convSettings(): ConvSettings {
    return {...super.convSettings(), kind: 'stsConv3d', ...(this.split && {split: this.split})};
  }
}
