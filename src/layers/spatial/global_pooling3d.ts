/** The layers that take the average or the maximum of each channel over time, height and width: heads of networks. */
import {max, mean, reshape, type serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {InputSpec, layers} from '@tensorflow/tfjs-layers';
import {positionMeans} from '../../ops/position_means';
import {isOfKind} from '../../util/kinds';
import {
  checkDataFormat,
  type DataFormat,
  type HostShape,
  type Kwargs,
  type LayerArgs,
  oneShape5D,
  oneTensor,
} from '../host/layer_arguments';

/** Arguments of `sts.layers.globalAveragePooling3d` and `globalMaxPooling3d`. */
export interface GlobalPooling3DLayerArgs extends LayerArgs {
  dataFormat?: DataFormat;
  /** Whether the three axes stay, with length 1. Default false. Keras' name for it, `keepdims`, is read too. */
  keepDims?: boolean;
}

/** Input `[batch, time, height, width, channels]`; output `[batch, channels]`, or `[batch, 1, 1, 1, channels]`. */
abstract class GlobalPooling3D extends layers.Layer {
  private readonly dataFormat: DataFormat;
  private readonly keepDims: boolean;

  constructor(args: GlobalPooling3DLayerArgs & {keepdims?: boolean} = {}) {
    super(args);
    this.dataFormat = checkDataFormat(args.dataFormat, this.label());
    this.keepDims = args.keepDims ?? args.keepdims ?? false;
    this.inputSpec = [new InputSpec({ndim: 5})];
  }

  /** Of `[batch, ..., channels]`, or with the channels first: `[batch, channels]`. */
  protected abstract pool(x: Tensor, isChannelsLast: boolean): Tensor;

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      const pooled = this.pool(x, this.dataFormat === 'channelsLast');
      return this.keepDims ? reshape(pooled, this.computeOutputShape(x.shape) as number[]) : pooled;
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    const shape = oneShape5D(inputShape, this.label());
    const [batch, channels] = [shape[0]!, shape[this.dataFormat === 'channelsLast' ? 4 : 1]!];
    if (!this.keepDims) return [batch, channels];
    return this.dataFormat === 'channelsLast' ? [batch, 1, 1, 1, channels] : [batch, channels, 1, 1, 1];
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), dataFormat: this.dataFormat, keepDims: this.keepDims};
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

/** One axis of a view of rank 3 reduced: every backend has it, and none has to transpose rank 5 for it. */
function overPositions(
  x: Tensor,
  isChannelsLast: boolean,
  reduce: (view: Tensor, axis: number) => Tensor,
): Tensor {
  const [batch, channels] = [x.shape[0]!, x.shape[isChannelsLast ? 4 : 1]!];
  const positions = x.size / (batch * channels);
  return isChannelsLast
    ? reduce(reshape(x, [batch, positions, channels]), 1)
    : reduce(reshape(x, [batch, channels, positions]), 2);
}

export class GlobalAveragePooling3D extends GlobalPooling3D {
  /** @nocollapse */
  static className = 'GlobalAveragePooling3D';
  protected static readonly stsKind: string = 'GlobalAveragePooling3D';

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }

  protected override pool(x: Tensor, isChannelsLast: boolean): Tensor {
    return isChannelsLast ? positionMeans(x) : overPositions(x, isChannelsLast, mean);
  }
}

export class GlobalMaxPooling3D extends GlobalPooling3D {
  /** @nocollapse */
  static className = 'GlobalMaxPooling3D';

  protected override pool(x: Tensor, isChannelsLast: boolean): Tensor {
    return overPositions(x, isChannelsLast, max);
  }
}
