/** The layers of dropout that drop whole channels of a volume or an image; the host has that of rank 3 alone. */
import type {serialization, Tensor} from '@tensorflow/tfjs-core';
import {InputSpec} from '@tensorflow/tfjs-layers';
import {checkDataFormat, type DataFormat} from '../host/layer_arguments';
import {type Parts, WholeDropout, type WholeDropoutLayerArgs} from './whole_dropout';

/** Arguments of `sts.layers.spatialDropout3d`. */
export interface SpatialDropoutLayerArgs extends WholeDropoutLayerArgs {
  dataFormat?: DataFormat;
}

abstract class SpatialDropout extends WholeDropout {
  private readonly dataFormat: DataFormat;

  protected constructor(args: SpatialDropoutLayerArgs, rank: number) {
    super(args);
    this.dataFormat = checkDataFormat(args.dataFormat, this.label);
    this.inputSpec = [new InputSpec({ndim: rank})];
  }

  protected override partsOf(x: Tensor): Parts {
    const last = this.dataFormat === 'channelsLast';
    const [batch, channels] = [x.shape[0]!, x.shape[last ? x.rank - 1 : 1]!];
    const positions = x.size / (batch * channels);
    return last
      ? {view: [batch, positions, channels], noise: [batch, 1, channels]}
      : {view: [batch, channels, positions], noise: [batch, channels, 1]};
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), dataFormat: this.dataFormat};
  }
}

/** Input and output `[batch, time, height, width, channels]`, or channels first. */
export class SpatialDropout3D extends SpatialDropout {
  /** @nocollapse */
  static className = 'SpatialDropout3D';
  constructor(args: SpatialDropoutLayerArgs) {
    super(args, 5);
  }
}

/** Input and output `[batch, height, width, channels]`, or channels first. */
export class SpatialDropout2D extends SpatialDropout {
  /** @nocollapse */
  static className = 'SpatialDropout2D';
  constructor(args: SpatialDropoutLayerArgs) {
    super(args, 4);
  }
}
