/**
 * Convolutions of a frozen model, `activation(conv(x) + bias + residual)`. Of each input shape the attributes are one object,
 * by which kernels find what they have worked out for it.
 */
import {add, cast, type Tensor, type Tensor5D, type TensorInfo, tidy} from '@tensorflow/tfjs-core';
import type {ConvInfo, RowPlace} from '../../../geometry/conv_info';
import {CONV_KINDS, type ConvKind, type ConvSettings, convInfo} from '../../../geometry/conv_settings';
import type {Activation, IndirectConv3DAttrs} from '../../../geometry/kernel_names';
import {activate, checkActivation} from '../../../ops/activations';
import {runFused} from '../../../ops/run_convolution';
import {InvalidArgumentError} from '../../../util/errors';
import {sameShape} from '../../../util/shapes';
import type {FrozenStep, Json, JsonObject} from '../frozen_data';
import {ByShape} from './by_shape';
import type {DirectKernels} from './direct_kernels';
import {type FilterAndBias, isHostConv3D, runHostConv3D} from './host_conv3d';
import {checkKeys, type RunnableStep, type StepOp, type StepParts} from './step';

/** A convolution of the host's layer, which runs as in the model wherever the host's kernel does. */
export const HOST_CONV3D = 'hostConv3d';

/** Attributes for an input shape, with the activation and, for a sum that broadcasts, without. */
interface Attributes {
  readonly fused: IndirectConv3DAttrs;
  readonly linear: IndirectConv3DAttrs;
}

export class ConvolutionStep implements RunnableStep {
  readonly kind = 'convolution';
  private readonly attributes = new ByShape<Attributes>((shape) => {
    const info = this.infoFor(shape);
    return {fused: {info, activation: this.activation}, linear: {info}};
  });

  /** Of the steps that write into a wider tensor, for the place that they have in it. */
  private placed: {readonly place: RowPlace; readonly attributes: ByShape<IndirectConv3DAttrs>} | undefined;
  private readonly alike: string;

  constructor(
    readonly settings: ConvSettings,
    readonly activation: Activation,
    readonly weights: FilterAndBias,
    /** Of every output. */
    readonly outputChannels: number,
    private readonly isHosts: boolean,
  ) {
    this.alike = JSON.stringify([settings, activation, isHosts]);
  }

  /** The convolution on an input of this shape. */
  infoFor(shape: readonly number[]): ConvInfo {
    return convInfo(this.settings, shape, this.weights.filter.shape);
  }

  run(given: readonly Tensor[]): Tensor {
    if (this.isHosts && isHostConv3D()) return this.runHosts(given[0]!, given[1]);
    // Kernels take values of float32 alone, to which the host's ops bring others.
    const floats = given.map((one) => (one.dtype === 'float32' ? one : cast(one, 'float32')));
    const [x, residual] = floats as [Tensor, Tensor?];
    const {fused, linear} = this.attributes.get(x.shape);
    const inputs = {x, ...this.weights};
    let y: Tensor;
    if (residual === undefined) y = runFused(inputs, fused);
    else if (sameShape(residual.shape, fused.info.outputShape)) y = runFused({...inputs, residual}, fused);
    // Shapes that are one for the sizes that the model was made for may differ for others, and then broadcast.
    else y = tidy(() => activate(add(runFused(inputs, linear), residual), this.activation));
    for (const one of floats) if (!given.includes(one)) one.dispose();
    return y;
  }

  runDirectly([x, residual]: readonly TensorInfo[], kernels: DirectKernels): TensorInfo | undefined {
    if (x!.dtype !== 'float32' || (this.isHosts && !kernels.replacesConv3D)) return undefined;
    if (residual !== undefined && residual.dtype !== 'float32') return undefined;
    const {fused} = this.attributes.get(x!.shape);
    if (residual !== undefined && !sameShape(residual.shape, fused.info.outputShape)) return undefined;
    const {filter, bias} = this.weights;
    return kernels.convolve({x: x!, filter, bias, residual}, fused);
  }

  /**
   * As `runDirectly`, without residual and into some channels of a wider value.
   *
   * @param y the wider value, if another step has made it
   * @returns the wider value; undefined also where the one that there is has other positions
   */
  runInto(
    x: TensorInfo,
    place: RowPlace,
    y: TensorInfo | undefined,
    kernels: DirectKernels,
  ): TensorInfo | undefined {
    if (x.dtype !== 'float32' || (this.isHosts && !kernels.replacesConv3D)) return undefined;
    const attrs = this.attributesAt(place).get(x.shape);
    const positions = (shape: readonly number[]) => shape.slice(0, 4);
    if (y !== undefined && !sameShape(positions(y.shape), positions(attrs.info.outputShape)))
      return undefined;
    const {filter, bias} = this.weights;
    return kernels.convolve({x, filter, bias, residual: undefined, y}, attrs);
  }

  private attributesAt(place: RowPlace): ByShape<IndirectConv3DAttrs> {
    if (this.placed?.place !== place) {
      const attributes = new ByShape((shape) => ({
        info: {...this.infoFor(shape), place},
        activation: this.activation,
      }));
      this.placed = {place, attributes};
    }
    return this.placed.attributes;
  }

  /** Whether another may be computed together with this one: of the same attributes on every input. */
  isSiblingOf(other: ConvolutionStep): boolean {
    const {filter, bias} = this.weights;
    const of = other.weights;
    return (
      this.alike === other.alike &&
      sameShape(filter.shape, of.filter.shape) &&
      (bias === undefined) === (of.bias === undefined)
    );
  }

  /** This one and its siblings of the same input; none where each runs as well by itself. */
  runTogether(
    x: TensorInfo,
    siblings: readonly ConvolutionStep[],
    kernels: DirectKernels,
  ): readonly TensorInfo[] {
    if (x.dtype !== 'float32' || (this.isHosts && !kernels.replacesConv3D)) return [];
    const weights = [this, ...siblings].map((step) => step.weights);
    return kernels.convolveSiblings(x, weights, this.attributes.get(x.shape).fused);
  }

  dispose(): void {}

  private runHosts(x: Tensor, residual: Tensor | undefined): Tensor {
    return tidy(() => {
      const y = runHostConv3D(this.settings, x as Tensor5D, this.weights);
      return activate(residual === undefined ? y : add(y, residual), this.activation);
    });
  }
}

const SETTINGS = ['strides', 'pad', 'dilations', 'groups', 'split', 'activation'];

/** The ops of convolutions, by name: those of the package, and the host's. */
export const CONVOLUTIONS: Readonly<Record<string, StepOp<ConvolutionStep>>> = Object.fromEntries(
  [...CONV_KINDS, HOST_CONV3D].map((op) => [op, {inputs: [1, 2], outputs: [1, 1], make}]),
);

/** The settings of a step that is this convolution. */
export function convolutionSettings(
  {kind: _, ...settings}: ConvSettings,
  activation: Activation,
): JsonObject {
  return {...(settings as JsonObject), activation: activation as Json};
}

function make(step: FrozenStep, {tensors}: StepParts): ConvolutionStep {
  checkKeys(step, SETTINGS, ['filter', 'bias']);
  const {op} = step;
  const {activation, ...rest} = step.settings;
  const convolution = {...rest, kind: op === HOST_CONV3D ? 'conv3d' : (op as ConvKind)} as ConvSettings;
  const channels = checkWeights(op, convolution, tensors);
  const weights = tensors as unknown as FilterAndBias;
  const isHosts = op === HOST_CONV3D;
  return new ConvolutionStep(convolution, checkActivation(op, activation), weights, channels, isHosts);
}

/** Tries the settings on the smallest input that the filter fits. Returns how many channels come out. */
function checkWeights(op: string, settings: ConvSettings, {filter, bias}: Record<string, Tensor>): number {
  const fits = (tensor: Tensor, shape: readonly number[]) =>
    tensor.dtype === 'float32' && sameShape(tensor.shape, shape);
  if (filter === undefined || !fits(filter, filter.shape) || filter.rank !== 5) {
    throw new InvalidArgumentError(
      `${op}: the filter is ${textOf(filter)}; it must be of rank 5 and float32.`,
    );
  }
  const isDepthwise = settings.kind === 'depthwiseConv3d' || settings.kind === 'stsDepthwiseConv3d';
  const channels = filter.shape[3]! * (isDepthwise ? 1 : (settings.groups ?? 1));
  const dilations = [settings.dilations ?? 1].flat();
  const reach = filter.shape
    .slice(0, 3)
    .map((taps, axis) => (taps - 1) * (dilations[axis] ?? dilations[0]!) + 1);
  const outputs = convInfo(settings, [1, ...reach, channels], filter.shape).outputShape[4];
  if (bias !== undefined && !fits(bias, [outputs])) {
    throw new InvalidArgumentError(
      `${op}: the bias is ${textOf(bias)}; it must be [${outputs}] and float32.`,
    );
  }
  return outputs;
}

function textOf(tensor: Tensor | undefined): string {
  return tensor === undefined ? 'missing' : `[${tensor.shape.join(', ')}] of ${tensor.dtype}`;
}
