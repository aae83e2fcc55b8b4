/**
 * The layer of group normalization (Wu and He, 2018), which the host lacks: instance normalization with `groups: -1`,
 * layer normalization over positions and channels with one group. Of any rank; its arithmetic is norm_arithmetic.ts.
 */
import {type serialization, type Tensor, tidy} from '@tensorflow/tfjs-core';
import {InputSpec, type LayerVariable, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {
  type Constraint,
  getConstraint,
  getInitializer,
  getRegularizer,
  type Identifier,
  type Initializer,
  type Regularizer,
  toConfig,
} from '../host/keras_objects';
import {type HostShape, type Kwargs, type LayerArgs, oneTensor, shapeText} from '../host/layer_arguments';
import {groupNormalize} from './norm_arithmetic';

/** Arguments of `sts.layers.groupNormalization`. */
export interface GroupNormalizationLayerArgs extends LayerArgs {
  /** Groups of neighbouring channels, which must divide them; -1: each channel is a group. Default 32. */
  groups?: number;
  /** The channel axis, behind the batch. Default -1. */
  axis?: number;
  /** Added to the variance. Default 1e-3. */
  epsilon?: number;
  /** Whether there is an offset beta. Default true. */
  center?: boolean;
  /** Whether there is a gain gamma. Default true. */
  scale?: boolean;
  betaInitializer?: Identifier<Initializer>;
  gammaInitializer?: Identifier<Initializer>;
  betaRegularizer?: Identifier<Regularizer>;
  gammaRegularizer?: Identifier<Regularizer>;
  betaConstraint?: Identifier<Constraint>;
  gammaConstraint?: Identifier<Constraint>;
}

/**
 * Normalizes the groups of each sample over their channels and all positions, in training and outside alike. Input and
 * output have one shape. Weights, `[channels]`: gamma (if `scale`), beta (if `center`).
 */
export class GroupNormalization extends layers.Layer {
  /** @nocollapse */
  static className = 'GroupNormalization';
  private readonly groups: number;
  private readonly axis: number;
  private readonly epsilon: number;
  private readonly has: {gamma: boolean; beta: boolean};
  private readonly initializers: {gamma: Initializer; beta: Initializer};
  private readonly regularizers: {gamma: Regularizer | undefined; beta: Regularizer | undefined};
  private readonly constraints: {gamma: Constraint | undefined; beta: Constraint | undefined};
  private gamma: LayerVariable | undefined;
  private beta: LayerVariable | undefined;

  constructor(args: GroupNormalizationLayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
    const layer = this.label();
    this.groups = args.groups ?? 32;
    this.axis = args.axis ?? -1;
    this.epsilon = args.epsilon ?? 1e-3;
    if (!Number.isInteger(this.groups) || (this.groups < 1 && this.groups !== -1)) {
      throw new InvalidArgumentError(
        `${layer}: groups must be a whole number of at least 1, or -1; got ${this.groups}.`,
      );
    }
    if (!Number.isInteger(this.axis) || this.axis === 0) {
      throw new InvalidArgumentError(`${layer}: axis must be that of the channels, not 0; got ${this.axis}.`);
    }
    if (!(this.epsilon >= 0)) {
      throw new InvalidArgumentError(`${layer}: epsilon must be at least 0; got ${this.epsilon}.`);
    }
    this.has = {gamma: args.scale ?? true, beta: args.center ?? true};
    this.initializers = {
      gamma: getInitializer(args.gammaInitializer, 'ones', `${layer}: gammaInitializer`),
      beta: getInitializer(args.betaInitializer, 'zeros', `${layer}: betaInitializer`),
    };
    this.regularizers = {
      gamma: getRegularizer(args.gammaRegularizer, `${layer}: gammaRegularizer`),
      beta: getRegularizer(args.betaRegularizer, `${layer}: betaRegularizer`),
    };
    this.constraints = {
      gamma: getConstraint(args.gammaConstraint, `${layer}: gammaConstraint`),
      beta: getConstraint(args.betaConstraint, `${layer}: betaConstraint`),
    };
  }

  override build(inputShape: HostShape | HostShape[]): void {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as HostShape;
    const axis = this.axisOf(shape);
    const channels = shape[axis];
    if (channels == null || channels % this.groupsOf(channels) !== 0) {
      throw new InvalidArgumentError(
        `${this.label()}: groups (${this.groups}) must divide the channels; got ${shapeText(shape)} with axis ${this.axis}.`,
      );
    }
    const weight = (name: 'gamma' | 'beta') => {
      if (!this.has[name]) return undefined;
      const [initializer, regularizer] = [this.initializers[name], this.regularizers[name]];
      return this.addWeight(
        name,
        [channels],
        'float32',
        initializer,
        regularizer,
        true,
        this.constraints[name],
      );
    };
    this.gamma = weight('gamma');
    this.beta = weight('beta');
    this.inputSpec = [new InputSpec({ndim: shape.length, axes: {[axis]: channels}})];
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      const axis = this.axisOf(x.shape);
      const {gamma, beta, epsilon} = this;
      return groupNormalize(x, axis, this.groupsOf(x.shape[axis]!), {gamma, beta, epsilon});
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return inputShape as HostShape;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      groups: this.groups,
      axis: this.axis,
      epsilon: this.epsilon,
      center: this.has.beta,
      scale: this.has.gamma,
      betaInitializer: toConfig(this.initializers.beta),
      gammaInitializer: toConfig(this.initializers.gamma),
      betaRegularizer: toConfig(this.regularizers.beta),
      gammaRegularizer: toConfig(this.regularizers.gamma),
      betaConstraint: toConfig(this.constraints.beta),
      gammaConstraint: toConfig(this.constraints.gamma),
    };
  }

  private groupsOf(channels: number): number {
    return this.groups === -1 ? channels : this.groups;
  }

  private axisOf(shape: HostShape): number {
    const axis = this.axis < 0 ? this.axis + shape.length : this.axis;
    if (axis > 0 && axis < shape.length) return axis;
    throw new InvalidArgumentError(
      `${this.label()}: axis ${this.axis} must name the channels of the input, behind the batch; got ${shapeText(shape)}.`,
    );
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}
