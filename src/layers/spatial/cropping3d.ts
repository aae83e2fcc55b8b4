/** The layer that cuts off the borders of time, height and width: the skip connections of U-Nets without padding. */
import {reshape, type serialization, slice, type Tensor, type Tensor5D} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {BaseLayer3D, type BaseLayer3DArgs, checkSides, type Sides, type SidesArgument} from './base_layer3d';

/** Arguments of `sts.layers.cropping3d`. */
export interface Cropping3DLayerArgs extends BaseLayer3DArgs {
  /** What is cut on every side, on both sides per axis, or `[before, after]` per axis (time, height, width). Default 1. */
  cropping?: SidesArgument;
}

/** Input `[batch, time, height, width, channels]`; output the same without the borders. No weights. */
export class Cropping3D extends BaseLayer3D {
  /** @nocollapse */
  static className = 'Cropping3D';
  private readonly cropping: [Sides, Sides, Sides];

  constructor(args: Cropping3DLayerArgs = {}) {
    super(args);
    this.cropping = checkSides(args.cropping ?? 1, `${this.label()}: cropping`, 'positions');
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), cropping: this.cropping.map((sides) => [...sides])};
  }

  protected override lengthBehind(length: number, axis: number): number {
    const [before, after] = this.cropping[axis]!;
    if (length > before + after) return length - before - after;
    throw new InvalidArgumentError(
      `${this.label()}: cropping [${before}, ${after}] leaves nothing of the ${length} positions of ` +
        `${['time', 'height', 'width'][axis]}. Crop less, or give larger inputs.`,
    );
  }

  /** Slices of rank 5 are slow on wasm (4.22), so time is cut in one view, the frames in another. */
  protected override compute(x: Tensor5D): Tensor {
    const [batch, time, height, width, channels] = x.shape;
    const [inTime, inHeight, inWidth] = this.cropping.map(([before]) => before) as [number, number, number];
    const [t, h, w] = [time, height, width].map((length, axis) => this.lengthBehind(length, axis)) as [
      number,
      number,
      number,
    ];
    const frame = height * width * channels;
    const shorter = slice(reshape(x, [batch, time, frame]), [0, inTime, 0], [batch, t, frame]);
    const frames = reshape(shorter, [batch * t, height, width, channels]);
    const smaller = slice(frames, [0, inHeight, inWidth, 0], [batch * t, h, w, channels]);
    return reshape(smaller, [batch, t, h, w, channels]);
  }
}
