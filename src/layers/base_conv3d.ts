/**
 * Private base of the 3D convolution layers: arguments, weights, shapes, layout and config. A subclass says which
 * filter it keeps, which shape arithmetic it follows and which op it calls. Not exported from the package.
 */
import {
  type serialization,
  type Tensor,
  type Tensor1D,
  type Tensor5D,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import {InputSpec, type LayerVariable, layers} from '@tensorflow/tfjs-layers';
import type {FusedOptions} from '../ops';
import {type ConvInfo, convMacs, type Padding3D} from '../ops/conv_info';
import {InvalidArgumentError} from '../util/errors';
import {positiveTriple, type Shape5D, type Triple} from '../util/shapes';
import {
  checkDataFormat,
  type DataFormat,
  type HostArgs,
  type Kwargs,
  oneShape5D,
  oneTensor,
  type Shape,
  shapeText,
} from './host';
import {
  type Activation,
  type Constraint,
  getActivation,
  getConstraint,
  getInitializer,
  getRegularizer,
  type Identifier,
  type Initializer,
  type Regularizer,
  toConfig,
} from './keras_objects';

/** 'same' and 'valid' as TensorFlow defines them, zeros on every side, per axis, or `[before, after]` per axis. */
export type LayerPadding = Padding3D | readonly [number, number, number];

type HostConv3DArgs = HostArgs<'conv3d'>;
type Replaced = 'filters' | 'strides' | 'padding' | 'activation' | 'dilationRate' | `kernel${string}`;

/** The arguments that all 3D convolution layers share: those of `tf.layers.conv3d`, with more kinds of padding. */
export interface BaseConv3DArgs extends Omit<HostConv3DArgs, Replaced> {
  /** Taps along time, height and width; one number for all three. */
  kernelSize: number | readonly number[];
  /** Steps along time, height and width. Default 1. */
  strides?: number | readonly number[];
  padding?: LayerPadding;
  /** Distance of neighbouring taps along time, height and width. Default 1. */
  dilationRate?: number | readonly number[];
  /** The name of an activation of the host, 'hardSwish', a config or an instance. Default 'linear'. */
  activation?: Identifier<Activation>;
}

/** Initializer, regularizer and constraint of the filter, whatever it is called in the subclass. */
export interface FilterArgs {
  initializer: Identifier<Initializer>;
  regularizer: Identifier<Regularizer>;
  constraint: Identifier<Constraint>;
}

const CHANNELS_LAST_FROM_FIRST = [0, 2, 3, 4, 1];
const CHANNELS_FIRST_FROM_LAST = [0, 4, 1, 2, 3];

/** Abstract 3D convolution layer. Input and output `[batch, time, height, width, channels]`, or channels first. */
export abstract class BaseConv3D extends layers.Layer {
  protected readonly kernelSize: Triple;
  protected readonly strides: Triple;
  protected readonly padding: Padding3D;
  protected readonly dilationRate: Triple;
  protected readonly dataFormat: DataFormat;
  protected readonly activation: Activation;
  protected readonly useBias: boolean;
  protected readonly filterInitializer: Initializer;
  protected readonly filterRegularizer: Regularizer | undefined;
  protected readonly filterConstraint: Constraint | undefined;
  private readonly biasInitializer: Initializer;
  private readonly biasRegularizer: Regularizer | undefined;
  private readonly biasConstraint: Constraint | undefined;
  private filter: LayerVariable | undefined;
  private bias: LayerVariable | undefined;

  protected constructor(args: BaseConv3DArgs, filter: FilterArgs, defaultPadding: Padding3D) {
    super(args);
    const layer = this.label();
    this.kernelSize = positiveTriple(args.kernelSize, `${layer}: kernelSize`, refuse);
    this.strides = positiveTriple(args.strides ?? 1, `${layer}: strides`, refuse);
    this.dilationRate = positiveTriple(args.dilationRate ?? 1, `${layer}: dilationRate`, refuse);
    this.padding = checkPadding(args.padding ?? defaultPadding, layer);
    this.dataFormat = checkDataFormat(args.dataFormat, layer);
    this.activation = getActivation(args.activation, `${layer}: activation`);
    this.useBias = args.useBias ?? true;
    this.filterInitializer = getInitializer(
      filter.initializer,
      'glorotNormal',
      `${layer}: initializer of the filter`,
    );
    this.filterRegularizer = getRegularizer(filter.regularizer, `${layer}: regularizer of the filter`);
    this.filterConstraint = getConstraint(filter.constraint, `${layer}: constraint of the filter`);
    this.biasInitializer = getInitializer(args.biasInitializer, 'zeros', `${layer}: biasInitializer`);
    this.biasRegularizer = getRegularizer(args.biasRegularizer, `${layer}: biasRegularizer`);
    this.biasConstraint = getConstraint(args.biasConstraint, `${layer}: biasConstraint`);
    const activityRegularizer = getRegularizer(args.activityRegularizer, `${layer}: activityRegularizer`);
    if (activityRegularizer !== undefined) this.activityRegularizer = activityRegularizer;
  }

  /** The weight's name: 'kernel' or 'depthwise_kernel'. */
  protected abstract filterName(): string;

  /** The shape of the filter for an input of so many channels. */
  protected abstract filterShape(channels: number): Shape5D;

  /** Shape arithmetic for a channels-last input without unknown lengths. */
  abstract convInfo(inputShape: Shape5D): ConvInfo;

  /**
   * The op of this layer with any filter of its shape and with whatever is fused to it; layout channels last, whatever
   * the layer's own. For whoever rewrites models: the layer's weights and activation are not used.
   */
  abstract convolve(x: Tensor5D, filter: Tensor5D, fused: FusedOptions): Tensor5D;

  /** How errors call this layer: class and name. */
  protected label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  override build(inputShape: Shape | Shape[]): void {
    const shape = oneShape5D(inputShape, this.label());
    const {filterShape, outputShape} = this.infoOf(shape);
    const [initializer, regularizer, constraint] = [
      this.filterInitializer,
      this.filterRegularizer,
      this.filterConstraint,
    ];
    this.filter = this.addWeight(
      this.filterName(),
      filterShape,
      'float32',
      initializer,
      regularizer,
      true,
      constraint,
    );
    if (this.useBias) {
      this.bias = this.addWeight(
        'bias',
        [outputShape[4]],
        'float32',
        this.biasInitializer,
        this.biasRegularizer,
        true,
        this.biasConstraint,
      );
    }
    const channelAxis = this.dataFormat === 'channelsFirst' ? 1 : 4;
    this.inputSpec = [new InputSpec({ndim: 5, axes: {[channelAxis]: shape[channelAxis]!}})];
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      const first = this.dataFormat === 'channelsFirst';
      const last = (first ? transpose(x, CHANNELS_LAST_FROM_FIRST) : x) as Tensor5D;
      const filter = this.filter!.read() as Tensor5D;
      const bias = this.bias?.read() as Tensor1D | undefined;
      const y = this.named(() => this.convolve(last, filter, {bias}));
      // As in the host, the activation sees the layout that the layer returns ('softmax' works on the last axis).
      return this.activation.apply(first ? transpose(y, CHANNELS_FIRST_FROM_LAST) : y);
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = oneShape5D(inputShape, this.label());
    const input = this.channelsLast(shape);
    const computed = this.infoOf(shape).outputShape;
    // A length is known after the layer exactly if it was known before; channels always are.
    const output: Shape = computed.map((length, axis) => (axis < 4 && input[axis] == null ? null : length));
    return this.dataFormat === 'channelsFirst'
      ? CHANNELS_FIRST_FROM_LAST.map((axis) => output[axis]!)
      : output;
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      padding: paddingConfig(this.padding),
      dilationRate: [...this.dilationRate],
      dataFormat: this.dataFormat,
      activation: this.activation.getClassName(),
      useBias: this.useBias,
      biasInitializer: toConfig(this.biasInitializer),
      biasRegularizer: toConfig(this.biasRegularizer),
      biasConstraint: toConfig(this.biasConstraint),
      activityRegularizer: toConfig(this.activityRegularizer ?? undefined),
    };
  }

  /**
   * Multiply-accumulates of one call; those on the zeros of the padding count too, as in every counter. An STS
   * convolution has as many as the convolution that it replaces.
   *
   * @param inputShape `[batch, time, height, width, channels]`; an unknown batch counts as one
   * @throws InvalidArgumentError for another unknown length, or a shape that the layer cannot take
   */
  multiplyAccumulates(inputShape: Shape): number {
    const unknown = oneShape5D(inputShape, this.label()).slice(1).includes(null);
    if (unknown) {
      throw new InvalidArgumentError(
        `${this.label()}: multiply-accumulates depend on every length but the batch's; got ${shapeText(inputShape)}.`,
      );
    }
    return convMacs(this.infoOf(inputShape));
  }

  /** Runs shape arithmetic or the op; its errors, which name the op, are told with this layer's name in front. */
  private named<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(`${this.label()}: ${error.message}`, {cause: error});
    }
  }

  /** The arithmetic of an input with unknown lengths, in which any length that fits the filter stands for them. */
  private infoOf(shape: Shape): ConvInfo {
    const input = this.channelsLast(shape);
    if (input[4] == null) {
      throw new InvalidArgumentError(
        `${this.label()}: the number of channels must be known; got ${shapeText(shape)} with dataFormat '${this.dataFormat}'.`,
      );
    }
    const reach = this.kernelSize.map((taps, axis) => (taps - 1) * this.dilationRate[axis]! + 1);
    const known = input.map((length, axis) => length ?? (axis === 0 ? 1 : reach[axis - 1]!));
    return this.named(() => this.convInfo(known as Shape5D));
  }

  private channelsLast(shape: Shape): Shape {
    return this.dataFormat === 'channelsFirst'
      ? CHANNELS_LAST_FROM_FIRST.map((axis) => shape[axis] ?? null)
      : shape;
  }
}

/** Checks a count such as `filters` or `groups`. */
export function positiveCount(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(
    `${what} must be a whole number of at least 1; got ${JSON.stringify(value)}.`,
  );
}

function refuse(message: string): never {
  throw new InvalidArgumentError(`${message}.`);
}

function checkPadding(padding: LayerPadding, layer: string): Padding3D {
  if (padding === 'same' || padding === 'valid') return padding;
  const natural = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (natural(padding)) return padding;
  const pair = (value: unknown) => (natural(value) ? [value, value] : Array.isArray(value) ? value : []);
  const pairs = (Array.isArray(padding) ? padding : []).map(pair);
  if (pairs.length === 3 && pairs.every((sides) => sides.length === 2 && sides.every(natural))) {
    return pairs as unknown as Padding3D;
  }
  throw new InvalidArgumentError(
    `${layer}: padding must be 'same', 'valid', a number of zeros, three numbers, or three pairs [before, after] for ` +
      `time, height, width; got ${JSON.stringify(padding)}.`,
  );
}

function paddingConfig(padding: Padding3D): serialization.ConfigDictValue {
  return typeof padding === 'object' ? padding.map((pair) => [...pair]) : padding;
}
