/**
 * Dropout of whole parts of a value, of which each is kept or dropped as one: what channels and samples have in common. The
 * host's own `tf.dropout` with a noise shape, on a view of rank 3. No weights.
 */
import {dropout, reshape, type serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {type HostShape, type Kwargs, type LayerArgs, oneTensor} from '../host/layer_arguments';

export interface WholeDropoutLayerArgs extends LayerArgs {
  /** The share of the parts that training drops, from 0 to below 1. */
  rate: number;
  /** Gives the same parts in every step. */
  seed?: number | null;
}

type Rank3 = readonly [number, number, number];

/** A view of a value, and its shape with 1 along the axes that are kept or dropped as one. */
export interface Parts {
  readonly view: Rank3;
  readonly noise: Rank3;
}

/** Keeps its input outside training; in training drops parts and divides the others by 1 - rate. */
export abstract class WholeDropout extends layers.Layer {
  private readonly rate: number;
  private readonly seed: number | undefined;

  constructor(args: WholeDropoutLayerArgs) {
    super(args);
    this.rate = args.rate;
    if (typeof args.rate !== 'number' || !(args.rate >= 0 && args.rate < 1)) {
      throw new InvalidArgumentError(
        `${this.label}: rate must be from 0 to below 1; got ${JSON.stringify(args.rate)}.`,
      );
    }
    this.seed = args.seed ?? undefined;
    this.supportsMasking = true;
  }

  protected get label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  protected abstract partsOf(x: Tensor): Parts;

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label);
      if (!kwargs?.training || this.rate === 0) return x;
      const {view, noise} = this.partsOf(x);
      return reshape(dropout(reshape(x, [...view]), this.rate, [...noise], this.seed), x.shape);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return inputShape as HostShape;
  }

  override getConfig(): serialization.ConfigDict {
    return {...super.getConfig(), rate: this.rate, seed: this.seed ?? null};
  }
}
