/**
 * The layer that puts zeros around time, height and width, for the pooling of networks from PyTorch: the host pools
 * with 'same' and 'valid' only. The convolutions here take such padding themselves.
 */
import {pad, reshape, type serialization, type Tensor, tidy, transpose} from '@tensorflow/tfjs-core';
import {InputSpec, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../util/errors';
import {
  checkDataFormat,
  type DataFormat,
  type Kwargs,
  type LayerArgs,
  oneShape5D,
  oneTensor,
  type Shape,
} from './host';

type Sides = [before: number, after: number];

/** Arguments of `sts.layers.zeroPadding3d`. */
export interface ZeroPadding3DLayerArgs extends LayerArgs {
  /** Zeros on every side, on both sides per axis, or `[before, after]` per axis (time, height, width). Default 1. */
  padding?: number | readonly (number | readonly number[])[];
  dataFormat?: DataFormat;
}

/** Input `[batch, time, height, width, channels]`; output the same with the zeros added. No weights. */
export class ZeroPadding3D extends layers.Layer {
  /** @nocollapse */
  static className = 'ZeroPadding3D';
  private readonly padding: [Sides, Sides, Sides];
  private readonly dataFormat: DataFormat;

  constructor(args: ZeroPadding3DLayerArgs = {}) {
    super(args);
    this.padding = checkSides(args.padding ?? 1, this.label());
    this.dataFormat = checkDataFormat(args.dataFormat, this.label());
    this.inputSpec = [new InputSpec({ndim: 5})];
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      if (this.dataFormat === 'channelsLast') return this.padChannelsLast(x);
      return transpose(this.padChannelsLast(transpose(x, [0, 2, 3, 4, 1])), [0, 4, 1, 2, 3]);
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const output = [...oneShape5D(inputShape, this.label())];
    const first = this.dataFormat === 'channelsLast' ? 1 : 2;
    this.padding.forEach(([before, after], i) => {
      const length = output[first + i];
      output[first + i] = length == null ? null : length + before + after;
    });
    return output;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      padding: this.padding.map((sides) => [...sides]),
      dataFormat: this.dataFormat,
    };
  }

  /** Padding of rank 5 is broken on webgl and webgpu (4.22), so time is padded in one view, the frames in another. */
  private padChannelsLast(x: Tensor): Tensor {
    const [batch, time, height, width, channels] = x.shape as [number, number, number, number, number];
    const [inTime, inHeight, inWidth] = this.padding;
    const frame = height * width * channels;
    const longer = pad(reshape(x, [batch, time, frame]), [[0, 0], inTime, [0, 0]]);
    const frames = reshape(longer, [longer.size / frame, height, width, channels]);
    const larger = pad(frames, [[0, 0], inHeight, inWidth, [0, 0]]);
    return reshape(larger, [batch, longer.shape[1]!, larger.shape[1]!, larger.shape[2]!, channels]);
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

function checkSides(
  padding: number | readonly (number | readonly number[])[],
  layer: string,
): [Sides, Sides, Sides] {
  const axes = typeof padding === 'number' ? [padding, padding, padding] : padding;
  const sides = Array.isArray(axes)
    ? axes.map((axis) => (typeof axis === 'number' ? [axis, axis] : axis))
    : [];
  const valid = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((zeros) => Number.isInteger(zeros) && zeros >= 0);
  if (sides.length === 3 && sides.every(valid)) return sides as unknown as [Sides, Sides, Sides];
  throw new InvalidArgumentError(
    `${layer}: padding must be a number of zeros, three numbers, or three pairs [before, after] for time, height, ` +
      `width; got ${JSON.stringify(padding)}.`,
  );
}
