/**
 * The layer of batch normalization of video, rank 5, with the moving variance of PyTorch on demand. In training it is a
 * kernel of the package (ops/batch_norm_train.ts); its arithmetic is norm_arithmetic.ts.
 */
import {type serialization, type Tensor, type Tensor1D, tidy} from '@tensorflow/tfjs-core';
import {InputSpec, type LayerVariable, layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {isOfKind} from '../../util/kinds';
import {
  type Constraint,
  getConstraint,
  getInitializer,
  getRegularizer,
  type Initializer,
  type Regularizer,
  toConfig,
} from '../host/keras_objects';
import {
  type HostArgs,
  type HostShape,
  type Kwargs,
  oneShape5D,
  oneTensor,
  shapeText,
} from '../host/layer_arguments';
import {type BatchNormWeights, batchNormalize, movingAffine, type NormEnd} from './norm_arithmetic';

/** Arguments of `sts.layers.batchNorm3d`: those of `tf.layers.batchNormalization` and `unbiasedMovingVariance`. */
export interface BatchNorm3DLayerArgs extends HostArgs<'batchNormalization'> {
  /** The channel axis: -1 or 4 for `[batch, time, height, width, channels]`, 1 for channels first. Default -1. */
  axis?: number;
  /**
   * Whether moving_variance follows `sum (x - mean)^2 / (n - 1)`, as in PyTorch, instead of `/ n`, as in the host and
   * in Keras at rank 5. The normalization itself divides by n in all of them. Default false.
   */
  unbiasedMovingVariance?: boolean;
}

/**
 * Normalizes each channel over batch, time, height and width; input and output `[batch, time, height, width,
 * channels]`, or channels first with `axis: 1`.
 *
 * Weights, all `[channels]`: gamma (if `scale`), beta (if `center`), moving_mean, moving_variance. In training the
 * statistics are those of the batch, and the moving averages become `m * momentum + batch * (1 - momentum)` (the
 * momentum of PyTorch is 1 minus this one). A frozen layer (`trainable = false`) uses its moving averages in training
 * too, as in TensorFlow 2; the host's layer does not.
 */
export class BatchNorm3D extends layers.Layer {
  /** @nocollapse */
  static className = 'BatchNorm3D';
  protected static readonly stsKind: string = 'BatchNorm3D';

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }

  private readonly axis: number;
  private readonly momentum: number;
  private readonly epsilon: number;
  private readonly center: boolean;
  private readonly scale: boolean;
  private readonly unbiasedMovingVariance: boolean;
  private readonly initializers: {
    beta: Initializer;
    gamma: Initializer;
    mean: Initializer;
    variance: Initializer;
  };
  private readonly regularizers: {beta: Regularizer | undefined; gamma: Regularizer | undefined};
  private readonly constraints: {beta: Constraint | undefined; gamma: Constraint | undefined};
  private gamma: LayerVariable | undefined;
  private beta: LayerVariable | undefined;
  private movingMean: LayerVariable | undefined;
  private movingVariance: LayerVariable | undefined;

  constructor(args: BatchNorm3DLayerArgs = {}) {
    super(args);
    this.supportsMasking = true;
    const layer = this.label();
    this.axis = args.axis ?? -1;
    if (![-1, 4, 1, -4].includes(this.axis)) {
      throw new InvalidArgumentError(
        `${layer}: axis must be -1 or 4 (channels last) or 1 (channels first); got ${this.axis}.`,
      );
    }
    this.momentum = checkRange(args.momentum ?? 0.99, 0, 1, `${layer}: momentum`);
    this.epsilon = checkRange(args.epsilon ?? 1e-3, 0, Infinity, `${layer}: epsilon`);
    this.center = args.center ?? true;
    this.scale = args.scale ?? true;
    this.unbiasedMovingVariance = args.unbiasedMovingVariance ?? false;
    this.initializers = {
      beta: getInitializer(args.betaInitializer, 'zeros', `${layer}: betaInitializer`),
      gamma: getInitializer(args.gammaInitializer, 'ones', `${layer}: gammaInitializer`),
      mean: getInitializer(args.movingMeanInitializer, 'zeros', `${layer}: movingMeanInitializer`),
      variance: getInitializer(args.movingVarianceInitializer, 'ones', `${layer}: movingVarianceInitializer`),
    };
    this.regularizers = {
      beta: getRegularizer(args.betaRegularizer, `${layer}: betaRegularizer`),
      gamma: getRegularizer(args.gammaRegularizer, `${layer}: gammaRegularizer`),
    };
    this.constraints = {
      beta: getConstraint(args.betaConstraint, `${layer}: betaConstraint`),
      gamma: getConstraint(args.gammaConstraint, `${layer}: gammaConstraint`),
    };
  }

  override build(inputShape: HostShape | HostShape[]): void {
    const shape = oneShape5D(inputShape, this.label());
    const axis = this.channelAxis();
    const channels = shape[axis];
    if (channels == null) {
      throw new InvalidArgumentError(
        `${this.label()}: the number of channels must be known; got ${shapeText(shape)} with axis ${this.axis}.`,
      );
    }
    const {initializers, regularizers, constraints} = this;
    const trained = (name: 'gamma' | 'beta') =>
      this.addWeight(
        name,
        [channels],
        'float32',
        initializers[name],
        regularizers[name],
        true,
        constraints[name],
      );
    const moving = (name: 'mean' | 'variance') =>
      this.addWeight(`moving_${name}`, [channels], 'float32', initializers[name], undefined, false);
    if (this.scale) this.gamma = trained('gamma');
    if (this.center) this.beta = trained('beta');
    this.movingMean = moving('mean');
    this.movingVariance = moving('variance');
    this.inputSpec = [new InputSpec({ndim: 5, axes: {[axis]: channels}})];
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const training = Boolean(kwargs?.training) && this.trainable;
      return batchNormalize(
        oneTensor(inputs, this.label()),
        this.channelAxis(),
        this.builtWeights(),
        training,
        // Of the layers behind this one, which models/training_calls.ts leaves out.
        kwargs as NormEnd | undefined,
      );
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    return oneShape5D(inputShape, this.label());
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      axis: this.axis,
      momentum: this.momentum,
      epsilon: this.epsilon,
      center: this.center,
      scale: this.scale,
      unbiasedMovingVariance: this.unbiasedMovingVariance,
      betaInitializer: toConfig(this.initializers.beta),
      gammaInitializer: toConfig(this.initializers.gamma),
      movingMeanInitializer: toConfig(this.initializers.mean),
      movingVarianceInitializer: toConfig(this.initializers.variance),
      betaRegularizer: toConfig(this.regularizers.beta),
      gammaRegularizer: toConfig(this.regularizers.gamma),
      betaConstraint: toConfig(this.constraints.beta),
      gammaConstraint: toConfig(this.constraints.gamma),
    };
  }

  /** What the built layer does outside training: x * scale + offset, both `[channels]`. */
  affine(): {scale: Tensor1D; offset: Tensor1D} {
    return movingAffine(this.builtWeights());
  }

  isChannelsLast(): boolean {
    return this.channelAxis() === 4;
  }

  private builtWeights(): BatchNormWeights {
    return {
      gamma: this.gamma,
      beta: this.beta,
      movingMean: this.movingMean!,
      movingVariance: this.movingVariance!,
      epsilon: this.epsilon,
      momentum: this.momentum,
      unbiased: this.unbiasedMovingVariance,
    };
  }

  private channelAxis(): 1 | 4 {
    return this.axis === 1 || this.axis === -4 ? 1 : 4;
  }

  private label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }
}

function checkRange(value: number, least: number, most: number, what: string): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new InvalidArgumentError(
    `${what} must be a number from ${least} to ${most}; got ${JSON.stringify(value)}.`,
  );
}
