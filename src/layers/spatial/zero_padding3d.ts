/**
 * The layer that puts zeros around time, height and width, for the pooling of networks from PyTorch: the host pools
 * with 'same' and 'valid' only. The convolutions here take such padding themselves.
 */
import {pad, reshape, type serialization, type Tensor, type Tensor5D} from '@tensorflow/tfjs-core';
import {BaseLayer3D, type BaseLayer3DArgs, checkSides, type Sides, type SidesArgument} from './base_layer3d';

/** Arguments of `sts.layers.zeroPadding3d`. */
export interface ZeroPadding3DLayerArgs extends BaseLayer3DArgs {
  /** Zeros on every side, on both sides per axis, or `[before, after]` per axis (time, height, width). Default 1. */
  padding?: SidesArgument;
}

/** Input `[batch, time, height, width, channels]`; output the same with the zeros added. No weights. */
export class ZeroPadding3D extends BaseLayer3D {
  /** @nocollapse */
  static className = 'ZeroPadding3D';
  private readonly padding: [Sides, Sides, Sides];

  constructor(args: ZeroPadding3DLayerArgs = {}) {
    super(args);
    this.padding = checkSides(args.padding ?? 1, `${this.label()}: padding`, 'zeros');
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), padding: this.padding.map((sides) => [...sides])};
  }

  protected override lengthBehind(length: number, axis: number): number {
    const [before, after] = this.padding[axis]!;
    return length + before + after;
  }

  /** Padding of rank 5 is broken on webgl and webgpu (4.22), so time is padded in one view, the frames in another. */
  protected override compute(x: Tensor5D): Tensor {
    const [batch, , height, width, channels] = x.shape;
    const [inTime, inHeight, inWidth] = this.padding;
    const frame = height * width * channels;
    const longer = padded(reshape(x, [batch, x.shape[1], frame]), [[0, 0], inTime, [0, 0]]);
    const frames = reshape(longer, [batch * longer.shape[1]!, height, width, channels]);
    const larger = padded(frames, [[0, 0], inHeight, inWidth, [0, 0]]);
    return reshape(larger, [batch, longer.shape[1]!, larger.shape[1]!, larger.shape[2]!, channels]);
  }
}

/** What is not padded is not copied. */
function padded<T extends Tensor>(x: T, paddings: Sides[]): T {
  return paddings.every(([before, after]) => before === 0 && after === 0) ? x : pad(x, paddings);
}
