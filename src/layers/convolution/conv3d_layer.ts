/**
 * Private root of all convolution layers, transposed and separable ones too: arguments, bias, layout and config. A
 * subclass says which kernels it keeps and what it computes of channels-last tensors. Not exported from the package.
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
import type {Padding3D} from '../../geometry/conv_options';
import {InvalidArgumentError} from '../../util/errors';
import {positiveTriple, type Shape5D, type Triple} from '../../util/shapes';
import {
  type ActivationObject,
  type Constraint,
  getActivation,
  getConstraint,
  getInitializer,
  getRegularizer,
  type Identifier,
  type Initializer,
  type Regularizer,
  toConfig,
} from '../host/keras_objects';
import {
  checkDataFormat,
  type DataFormat,
  type HostArgs,
  type HostShape,
  type Kwargs,
  oneShape5D,
  oneTensor,
  shapeText,
} from '../host/layer_arguments';

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
  activation?: Identifier<ActivationObject>;
}

/** Initializer, regularizer and constraint of the filter, whatever it is called in the subclass. */
export interface FilterArgs {
  initializer: Identifier<Initializer>;
  regularizer: Identifier<Regularizer>;
  constraint: Identifier<Constraint>;
}

const CHANNELS_LAST_FROM_FIRST = [0, 2, 3, 4, 1];
const CHANNELS_FIRST_FROM_LAST = [0, 4, 1, 2, 3];

/** A kernel's initializer, regularizer and constraint, resolved. */
export interface KernelObjects {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | undefined;
  readonly constraint: Constraint | undefined;
}

/** Abstract layer. Input and output `[batch, time, height, width, channels]`, or channels first. */
export abstract class Conv3DLayer extends layers.Layer {
  protected readonly kernelSize: Triple;
  protected readonly strides: Triple;
  protected readonly padding: Padding3D;
  protected readonly dilationRate: Triple;
  protected readonly dataFormat: DataFormat;
  protected readonly activation: ActivationObject;
  protected readonly useBias: boolean;
  private readonly biasObjects: KernelObjects;
  private bias: LayerVariable | undefined;

  protected constructor(args: BaseConv3DArgs, defaultPadding: Padding3D) {
    super(args);
    const layer = this.label();
    this.kernelSize = positiveTriple(args.kernelSize, `${layer}: kernelSize`, refuse);
    this.strides = positiveTriple(args.strides ?? 1, `${layer}: strides`, refuse);
    this.dilationRate = positiveTriple(args.dilationRate ?? 1, `${layer}: dilationRate`, refuse);
    this.padding = checkPadding(args.padding ?? defaultPadding, layer);
    this.dataFormat = checkDataFormat(args.dataFormat, layer);
    this.activation = getActivation(args.activation, `${layer}: activation`);
    this.useBias = args.useBias ?? true;
    this.biasObjects = {
      initializer: getInitializer(args.biasInitializer, 'zeros', `${layer}: biasInitializer`),
      regularizer: getRegularizer(args.biasRegularizer, `${layer}: biasRegularizer`),
      constraint: getConstraint(args.biasConstraint, `${layer}: biasConstraint`),
    };
    const activityRegularizer = getRegularizer(args.activityRegularizer, `${layer}: activityRegularizer`);
    if (activityRegularizer !== undefined) this.activityRegularizer = activityRegularizer;
  }

  /** Makes the kernels for an input of so many channels, in front of the bias. */
  protected abstract addKernels(channels: number): void;

  /** The output of a channels-last input without unknown lengths. */
  protected abstract outputShapeOf(inputShape: Shape5D): Shape5D;

  /** What the layer computes before its activation, channels last; bias `[output channels]`. */
  protected abstract compute(x: Tensor5D, bias: Tensor1D | undefined): Tensor5D;

  /** How errors call this layer: class and name. */
  protected label(): string {
    return `${this.getClassName()} "${this.name}"`;
  }

  override build(inputShape: HostShape | HostShape[]): void {
    const shape = oneShape5D(inputShape, this.label());
    const known = this.knownShape(shape);
    const outputChannels = this.named(() => this.outputShapeOf(known))[4];
    this.addKernels(known[4]);
    if (this.useBias) this.bias = this.addKernel('bias', [outputChannels], this.biasObjects);
    const channelAxis = this.dataFormat === 'channelsFirst' ? 1 : 4;
    this.inputSpec = [new InputSpec({ndim: 5, axes: {[channelAxis]: known[4]}})];
    this.built = true;
  }

  override call(inputs: Tensor | Tensor[], kwargs: Kwargs): Tensor {
    return tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const x = oneTensor(inputs, this.label());
      const first = this.dataFormat === 'channelsFirst';
      const last = (first ? transpose(x, CHANNELS_LAST_FROM_FIRST) : x) as Tensor5D;
      const y = this.named(() => this.compute(last, this.bias?.read() as Tensor1D | undefined));
      // As in the host, the activation sees the layout that the layer returns ('softmax' works on the last axis).
      return this.activation.apply(first ? transpose(y, CHANNELS_FIRST_FROM_LAST) : y);
    });
  }

  override computeOutputShape(inputShape: HostShape | HostShape[]): HostShape {
    const shape = oneShape5D(inputShape, this.label());
    const input = this.channelsLast(shape);
    const known = this.knownShape(shape);
    const computed = this.named(() => this.outputShapeOf(known));
    // A length is known after the layer exactly if it was known before; channels always are.
    const output: HostShape = computed.map((length, axis) =>
      axis < 4 && input[axis] == null ? null : length,
    );
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
      biasInitializer: toConfig(this.biasObjects.initializer),
      biasRegularizer: toConfig(this.biasObjects.regularizer),
      biasConstraint: toConfig(this.biasObjects.constraint),
      activityRegularizer: toConfig(this.activityRegularizer ?? undefined),
    };
  }

  /** Resolves the objects of a kernel that is called `what` in errors. */
  protected kernelObjects({initializer, regularizer, constraint}: FilterArgs, what: string): KernelObjects {
    const layer = this.label();
    return {
      initializer: getInitializer(initializer, 'glorotNormal', `${layer}: initializer of the ${what}`),
      regularizer: getRegularizer(regularizer, `${layer}: regularizer of the ${what}`),
      constraint: getConstraint(constraint, `${layer}: constraint of the ${what}`),
    };
  }

  protected addKernel(name: string, shape: number[], objects: KernelObjects): LayerVariable {
    const {initializer, regularizer, constraint} = objects;
    return this.addWeight(name, shape, 'float32', initializer, regularizer, true, constraint);
  }

  /** Runs shape arithmetic or the op; its errors, which name the op, are told with this layer's name in front. */
  protected named<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(`${this.label()}: ${error.message}`, {cause: error});
    }
  }

  /** Channels last, with lengths that fit the filter in the place of unknown ones. */
  protected knownShape(shape: HostShape): Shape5D {
    const input = this.channelsLast(shape);
    if (input[4] == null) {
      throw new InvalidArgumentError(
        `${this.label()}: the number of channels must be known; got ${shapeText(shape)} with dataFormat '${this.dataFormat}'.`,
      );
    }
    const reach = this.kernelSize.map((taps, axis) => (taps - 1) * this.dilationRate[axis]! + 1);
    return input.map((length, axis) => length ?? (axis === 0 ? 1 : reach[axis - 1]!)) as Shape5D;
  }

  private channelsLast(shape: HostShape): HostShape {
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
