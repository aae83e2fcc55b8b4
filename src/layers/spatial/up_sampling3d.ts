/** The layer that repeats every position along time, height and width: nearest neighbours, the decoders of U-Nets. */
import {mul, ones, reshape, type serialization, type Tensor, type Tensor5D} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';
import {positiveTriple, type Triple} from '../../util/shapes';
import {BaseLayer3D, type BaseLayer3DArgs} from './base_layer3d';

/** Arguments of `sts.layers.upSampling3d`. */
export interface UpSampling3DLayerArgs extends BaseLayer3DArgs {
  /** How often each position is repeated along time, height and width; one number for all three. Default 2. */
  size?: number | readonly number[];
}

/** Input `[batch, time, height, width, channels]`; output `[batch, time * s0, height * s1, width * s2, channels]`. */
export class UpSampling3D extends BaseLayer3D {
  /** @nocollapse */
  static className = 'UpSampling3D';
  private readonly size: Triple;

  constructor(args: UpSampling3DLayerArgs = {}) {
    super(args);
    this.size = positiveTriple(args.size ?? 2, `${this.label()}: size`, (message) => {
      throw new InvalidArgumentError(`${message}.`);
    });
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), size: [...this.size]};
  }

  protected override lengthBehind(length: number, axis: number): number {
    return length * this.size[axis]!;
  }

  protected override compute(x: Tensor5D): Tensor {
    const shape: number[] = [...x.shape];
    let y: Tensor = x;
    // From the width outwards: the innermost axis repeats the least memory in the shortest pieces.
    for (const axis of [2, 1, 0]) {
      const times = this.size[axis]!;
      if (times === 1) continue;
      const inner = shape.slice(axis + 2).reduce((product, length) => product * length, 1);
      // On wasm a product takes a seventieth of the time of tf.tile, and its gradient is one sum.
      y = mul(reshape(y, [y.size / inner, 1, inner]), ones([1, times, 1]));
      shape[axis + 1]! *= times;
    }
    return reshape(y, shape);
  }
}
