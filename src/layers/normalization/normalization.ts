/**
 * The layer of Keras that shifts and scales inputs by statistics of the training data, given as arguments or kept as
 * weights; the host lacks it. Of any rank. Statistics are computed in Keras (`adapt`), not here.
 */
import {
  add,
  div,
  maximum,
  mul,
  reshape,
  type serialization,
  sqrt,
  sub,
  type Tensor,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import {type LayerVariable, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {getInitializer} from '../host/keras_objects';
import {type HostShape, type Kwargs, type LayerArgs, oneTensor, shapeText} from '../host/layer_arguments';

export type NestedNumbers = number | readonly NestedNumbers[];

/** Arguments of `sts.layers.normalization`. */
export interface NormalizationLayerArgs extends LayerArgs {
  /** The axes that have statistics of their own; null: one mean and variance for all. Default -1. */
  axis?: number | readonly number[] | null;
  /** One number, or one for each entry of the axes. Default: a weight, as `variance`. */
  mean?: NestedNumbers | null;
  variance?: NestedNumbers | null;
  /** Whether to undo instead. Default false. */
  invert?: boolean;
}

/** The least that Keras divides by. */
const LEAST = 1e-7;

/** y = (x - mean) / sqrt(variance); the shape stays. Weights, without `mean` and `variance`: mean, variance, count. */
export class Normalization extends layers.Layer {
  /** @nocollapse */
  static className = 'Normalization';
  private readonly axes: readonly number[];
  private readonly given: {mean: number[]; variance: number[]} | undefined;
  private readonly invert: boolean;
  private statistics: {mean: LayerVariable; variance: LayerVariable} | undefined;

  constructor(args: NormalizationLayerArgs = {}) {
    super(args);
    const {axis = -1, mean, variance} = args;
    if ((mean == null) !== (variance == null)) {
      throw new InvalidArgumentError(`${this.label()}: mean and variance go together; give both or neither.`);
    }
    this.axes = axis === null ? [] : [axis].flat();
    this.given = mean == null || variance == null ? undefined : {mean: flat(mean), variance: flat(variance)};
    this.invert = args.invert ?? false;
    this.supportsMasking = true;
  }

  override build(inputShape: HostShape | HostShape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as HostShape;
    const lengths = this.kept(shape.length).map((axis) => shape[axis]!);
    if (lengths.some((length) => length == null)) {
      throw new InvalidArgumentError(
        `${this.label()}: the lengths of axis [${this.axes.join(', ')}] must be known; got ${shapeText(shape)}.`,
      );
    }
    if (this.given === undefined) {
      const initializer = (name: string) => getInitializer(name, name, 'statistics');
      this.statistics = {
        mean: this.addWeight('mean', lengths, 'float32', initializer('zeros'), undefined, false),
        variance: this.addWeight('variance', lengths, 'float32', initializer('ones'), undefined, false),
      };
      this.addWeight('count', [], 'int32', initializer('zeros'), undefined, false);
    }
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      const kept = this.kept(x.rank);
      const shape = x.shape.map((length, axis) => (kept.includes(axis) ? length : 1));
      const spread = (name: 'mean' | 'variance') => {
        const values = this.given ? tensor1d(this.given[name]) : this.statistics![name].read();
        return reshape(values, values.size === 1 ? shape.map(() => 1) : shape);
      };
      const deviation = maximum(sqrt(spread('variance')), LEAST);
      return this.invert ? add(mul(x, deviation), spread('mean')) : div(sub(x, spread('mean')), deviation);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return inputShape as HostShape;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      axis: this.axes.length === 0 ? null : [...this.axes],
      mean: this.given?.mean ?? null,
      variance: this.given?.variance ?? null,
      invert: this.invert,
    };
  }

  /** The axes with statistics of their own, in order. */
  private kept(rank: number): number[] {
    return this.axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

function flat(values: NestedNumbers): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flat);
}
