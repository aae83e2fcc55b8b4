/** The layer that divides by the root mean square along an axis; the host lacks it. Of any rank. */
import {type serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {type LayerVariable, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {getInitializer} from '../host/keras_objects';
import {type HostShape, type Kwargs, type LayerArgs, oneTensor, shapeText} from '../host/layer_arguments';
import {rmsNormalize} from './norm_arithmetic';

/** Arguments of `sts.layers.rmsNormalization`. */
export interface RMSNormalizationLayerArgs extends LayerArgs {
  /** The last axis, or the last axes in order. Default -1. */
  axis?: number | readonly number[];
  /** Added to the mean of the squares. Default 1e-6. */
  epsilon?: number;
}

/** y = x / sqrt(mean of x^2 along the axes + epsilon) * scale; the shape stays. Weight: scale, of the axes' lengths. */
export class RMSNormalization extends layers.Layer {
  /** @nocollapse */
  static className = 'RMSNormalization';
  private readonly axes: readonly number[];
  private readonly epsilon: number;
  private gain: LayerVariable | undefined;

  constructor(args: RMSNormalizationLayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
    this.axes = [args.axis ?? -1].flat();
    this.epsilon = args.epsilon ?? 1e-6;
  }

  override build(inputShape: HostShape | HostShape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as HostShape;
    const axes = this.axesOf(shape.length);
    const lengths = axes.map((axis) => shape[axis]!);
    // Keras multiplies by the gain along the last axes, whichever were normalized.
    const areLast = axes.every((axis, i) => axis === shape.length - axes.length + i);
    if (!areLast || lengths.some((length) => length == null)) {
      throw new InvalidArgumentError(
        `${this.getClassName()} "${this.name}": axis [${this.axes.join(', ')}] must be the last axes, of known lengths; ` +
          `got ${shapeText(shape)}.`,
      );
    }
    const ones = getInitializer('ones', 'ones', 'scale');
    this.gain = this.addWeight('scale', lengths, 'float32', ones, undefined, true);
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, `${this.getClassName()} "${this.name}"`);
      return rmsNormalize(x, this.axesOf(x.rank), this.gain!.read(), this.epsilon);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return inputShape as HostShape;
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), axis: [...this.axes], epsilon: this.epsilon};
  }

  private axesOf(rank: number): number[] {
    return this.axes.map((axis) => (axis < 0 ? axis + rank : axis));
  }
}
