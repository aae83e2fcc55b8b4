/**
 * Private base of the convolution layers with one filter: a subclass says which filter it keeps and which convolution it
 * is. Not exported from the package.
 */
import type {Tensor1D, Tensor5D} from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {type ConvInfo, convMacs} from '../../geometry/conv_info';
import type {Padding3D} from '../../geometry/conv_options';
import {type ConvSettings, convInfo} from '../../geometry/conv_settings';
import {runConvolution} from '../../ops/run_convolution';
import {InvalidArgumentError} from '../../util/errors';
import {isOfKind} from '../../util/kinds';
import type {Shape5D} from '../../util/shapes';
import {type HostShape, oneShape5D, shapeText} from '../host/layer_arguments';
import {type BaseConv3DArgs, Conv3DLayer, type FilterArgs, type KernelObjects} from './conv3d_layer';

/** Abstract 3D convolution layer. Input and output `[batch, time, height, width, channels]`, or channels first. */
export abstract class BaseConv3D extends Conv3DLayer {
  protected static readonly stsKind: string = 'BaseConv3D';

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class that is asked about, which may be one derived from this.
    return isOfKind(this, value);
  }

  protected readonly filterObjects: KernelObjects;
  private filter: LayerVariable | undefined;

  protected constructor(args: BaseConv3DArgs, filter: FilterArgs, defaultPadding: Padding3D) {
    super(args, defaultPadding);
    this.filterObjects = this.kernelObjects(filter, 'filter');
  }

  /** The weight's name: 'kernel' or 'depthwise_kernel'. */
  protected abstract filterName(): string;

  /** The shape of the filter for an input of so many channels. */
  protected abstract filterShape(channels: number): Shape5D;

  /** Which convolution it is, on channels last whatever the layer's own layout. */
  abstract convSettings(): ConvSettings;

  /** Shape arithmetic for a channels-last input without unknown lengths. */
  convInfo(inputShape: Shape5D): ConvInfo {
    return convInfo(this.convSettings(), inputShape, this.filterShape(inputShape[4]));
  }

  protected override addKernels(channels: number): void {
    this.filter = this.addKernel(this.filterName(), this.filterShape(channels), this.filterObjects);
  }

  protected override outputShapeOf(inputShape: Shape5D): Shape5D {
    return this.convInfo(inputShape).outputShape;
  }

  protected override compute(x: Tensor5D, bias: Tensor1D | undefined): Tensor5D {
    return runConvolution(this.convSettings(), x, this.filter!.read() as Tensor5D, 'NDHWC', {bias});
  }

  /**
   * Multiply-accumulates of one call; those on the zeros of the padding count too, as in every counter. An STS
   * convolution has as many as the convolution that it replaces.
   *
   * @param inputShape `[batch, time, height, width, channels]`; an unknown batch counts as one
   * @throws InvalidArgumentError for another unknown length, or a shape that the layer cannot take
   */
  multiplyAccumulates(inputShape: HostShape): number {
    const unknown = oneShape5D(inputShape, this.label()).slice(1).includes(null);
    if (unknown) {
      throw new InvalidArgumentError(
        `${this.label()}: multiply-accumulates depend on every length but the batch's; got ${shapeText(inputShape)}.`,
      );
    }
    const known = this.knownShape(inputShape);
    return convMacs(this.named(() => this.convInfo(known)));
  }
}
