/** The layer that divides by the length (L2 norm) along axes; the host lacks it. Of any rank. */
import {type serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {type HostShape, type Kwargs, type LayerArgs, oneTensor} from '../host/layer_arguments';
import {unitNormalize} from './norm_arithmetic';

/** Arguments of `sts.layers.unitNormalization`. */
export interface UnitNormalizationLayerArgs extends LayerArgs {
  /** The axis, or axes, whose sum of squares becomes 1. Default -1. */
  axis?: number | number[];
}

/** y = x / sqrt(max(sum of x^2 along the axes, 1e-12)); the shape stays. No weights. */
export class UnitNormalization extends layers.Layer {
  /** @nocollapse */
  static className = 'UnitNormalization';
  private readonly axes: readonly number[];

  constructor(args: UnitNormalizationLayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
    this.axes = [args.axis ?? -1].flat();
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, `${this.getClassName()} "${this.name}"`);
      return unitNormalize(
        x,
        this.axes.map((axis) => (axis < 0 ? axis + x.rank : axis)),
      );
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return inputShape as HostShape;
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), axis: [...this.axes]};
  }
}
