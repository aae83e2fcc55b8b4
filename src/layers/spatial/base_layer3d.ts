/**
 * Private base of the layers without weights that change time, height and width and leave batch and channels: layout,
 * shapes and config. A subclass says what becomes of a channels-last tensor. Not exported from the package.
 */
import {type serialization, type Tensor, type Tensor5D, tidy, transpose} from '@tensorflow/tfjs-core';
import {InputSpec, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {
  checkDataFormat,
  type DataFormat,
  type HostShape,
  type Kwargs,
  type LayerArgs,
  oneShape5D,
  oneTensor,
} from '../host/layer_arguments';

/** The arguments of such a layer. */
export interface BaseLayer3DArgs extends LayerArgs {
  dataFormat?: DataFormat;
}

/** What a layer adds or takes before and behind an axis. */
export type Sides = [before: number, after: number];

/** One number for all sides, one for both sides per axis, or `[before, after]` per axis (time, height, width). */
export type SidesArgument = number | readonly (number | readonly number[])[];

export abstract class BaseLayer3D extends layers.Layer {
  protected readonly dataFormat: DataFormat;

  protected constructor(args: BaseLayer3DArgs) {
    super(args);
    this.dataFormat = checkDataFormat(args.dataFormat, this.label());
    this.inputSpec = [new InputSpec({ndim: 5})];
  }

  /** What the layer makes of `[batch, time, height, width, channels]`. */
  protected abstract compute(x: Tensor5D): Tensor;

  /** The length of an axis (time 0, height 1, width 2) behind the layer. */
  protected abstract lengthBehind(length: number, axis: number): number;

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label()) as Tensor5D;
      if (this.dataFormat === 'channelsLast') return this.compute(x);
      return transpose(this.compute(transpose(x, [0, 2, 3, 4, 1])), [0, 4, 1, 2, 3]);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    const output = [...oneShape5D(inputShape, this.label())];
    const first = this.dataFormat === 'channelsLast' ? 1 : 2;
    for (let axis = 0; axis < 3; axis++) {
      const length = output[first + axis];
      output[first + axis] = length == null ? null : this.lengthBehind(length, axis);
    }
    return output;
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), dataFormat: this.dataFormat};
  }

  /** How errors call this layer: class and name. */
  protected label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

/** Checks an argument such as `padding`; `things` says what is counted. */
export function checkSides(given: SidesArgument, what: string, things: string): [Sides, Sides, Sides] {
  const axes = typeof given === 'number' ? [given, given, given] : given;
  const sides = Array.isArray(axes)
    ? axes.map((axis) => (typeof axis === 'number' ? [axis, axis] : axis))
    : [];
  const valid = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((count) => Number.isInteger(count) && count >= 0);
  if (sides.length === 3 && sides.every(valid)) return sides as unknown as [Sides, Sides, Sides];
  throw new InvalidArgumentError(
    `${what} must be a number of ${things}, three numbers, or three pairs [before, after] for time, height, ` +
      `width; got ${JSON.stringify(given)}.`,
  );
}
