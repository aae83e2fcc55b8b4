/**
 * The layers of dropout that drop whole channels of a volume or an image; the host has that of rank 3 alone. The host's
 * own `tf.dropout` with a noise shape, on a view of rank 3.
 */
import {dropout, reshape, type serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {InputSpec, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {
  checkDataFormat,
  type DataFormat,
  type HostShape,
  type Kwargs,
  type LayerArgs,
  oneTensor,
} from '../host/layer_arguments';

/** Arguments of `sts.layers.spatialDropout3d`. */
export interface SpatialDropoutLayerArgs extends LayerArgs {
  /** The share of the channels that training drops, from 0 to below 1. */
  rate: number;
  seed?: number | null;
  dataFormat?: DataFormat;
}

/** Keeps its input outside training; in training drops channels and divides the others by 1 - rate. No weights. */
abstract class SpatialDropout extends layers.Layer {
  private readonly rate: number;
  private readonly seed: number | undefined;
  private readonly dataFormat: DataFormat;

  protected constructor(args: SpatialDropoutLayerArgs, rank: number) {
    super(args);
    const label = `${this.getClassName()} "${this.name}"`;
    this.rate = args.rate;
    if (typeof args.rate !== 'number' || !(args.rate >= 0 && args.rate < 1)) {
      throw new InvalidArgumentError(
        `${label}: rate must be from 0 to below 1; got ${JSON.stringify(args.rate)}.`,
      );
    }
    this.seed = args.seed ?? undefined;
    this.dataFormat = checkDataFormat(args.dataFormat, label);
    this.inputSpec = [new InputSpec({ndim: rank})];
    this.supportsMasking = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, `${this.getClassName()} "${this.name}"`);
      if (!kwargs?.training || this.rate === 0) return x;
      const last = this.dataFormat === 'channelsLast';
      const [batch, channels] = [x.shape[0]!, x.shape[last ? x.rank - 1 : 1]!];
      const positions = x.size / (batch * channels);
      const view = reshape(x, last ? [batch, positions, channels] : [batch, channels, positions]);
      const noise = last ? [batch, 1, channels] : [batch, channels, 1];
      return reshape(dropout(view, this.rate, noise, this.seed), x.shape);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return inputShape as HostShape;
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), rate: this.rate, seed: this.seed ?? null, dataFormat: this.dataFormat};
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
