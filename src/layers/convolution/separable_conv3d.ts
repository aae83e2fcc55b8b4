/**
 * The layer of depthwise separable 3D convolution: each channel by itself, then a pointwise convolution over channels.
 * Arguments and weight names are those of the host's and Keras' SeparableConv2D, with one more axis.
 */
import type {serialization, Tensor1D, Tensor5D} from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {depthwiseConv3dInfo} from '../../geometry/ordinary_info';
import {depthwiseConv3d, fused} from '../../ops';
import type {Shape5D} from '../../util/shapes';
import {
  type Constraint,
  type Identifier,
  type Initializer,
  type Regularizer,
  toConfig,
} from '../host/keras_objects';
import {type BaseConv3DArgs, Conv3DLayer, type KernelObjects, positiveCount} from './conv3d_layer';

/** Arguments of `sts.layers.separableConv3d`. */
export interface SeparableConv3DLayerArgs extends BaseConv3DArgs {
  /** Output channels. */
  filters: number;
  /** Channels between the two convolutions per input channel. Default 1. */
  depthMultiplier?: number;
  depthwiseInitializer?: Identifier<Initializer>;
  depthwiseRegularizer?: Identifier<Regularizer>;
  depthwiseConstraint?: Identifier<Constraint>;
  pointwiseInitializer?: Identifier<Initializer>;
  pointwiseRegularizer?: Identifier<Regularizer>;
  pointwiseConstraint?: Identifier<Constraint>;
}

/**
 * Weights: depthwise_kernel `[kt, kh, kw, channels, depthMultiplier]`, pointwise_kernel `[1, 1, 1, channels *
 * depthMultiplier, filters]`, bias `[filters]`. Default padding 'valid', as in the host.
 */
export class SeparableConv3D extends Conv3DLayer {
  /** @nocollapse */
  static className = 'SeparableConv3D';
  private readonly filters: number;
  private readonly depthMultiplier: number;
  private readonly objects: {depthwise: KernelObjects; pointwise: KernelObjects};
  private kernels: {depthwise: LayerVariable; pointwise: LayerVariable} | undefined;

  constructor(args: SeparableConv3DLayerArgs) {
    super(args, 'valid');
    this.filters = positiveCount(args.filters, `${this.label()}: filters`);
    this.depthMultiplier = positiveCount(args.depthMultiplier ?? 1, `${this.label()}: depthMultiplier`);
    const objects = (kind: 'depthwise' | 'pointwise') =>
      this.kernelObjects(
        {
          initializer: args[`${kind}Initializer`],
          regularizer: args[`${kind}Regularizer`],
          constraint: args[`${kind}Constraint`],
        },
        `${kind} kernel`,
      );
    this.objects = {depthwise: objects('depthwise'), pointwise: objects('pointwise')};
  }

  override getConfig(): serialization.ConfigDict {
    const {depthwise, pointwise} = this.objects;
    return {
      ...super.getConfig(),
      filters: this.filters,
      depthMultiplier: this.depthMultiplier,
      depthwiseInitializer: toConfig(depthwise.initializer),
      depthwiseRegularizer: toConfig(depthwise.regularizer),
      depthwiseConstraint: toConfig(depthwise.constraint),
      pointwiseInitializer: toConfig(pointwise.initializer),
      pointwiseRegularizer: toConfig(pointwise.regularizer),
      pointwiseConstraint: toConfig(pointwise.constraint),
    };
  }

  protected override addKernels(channels: number): void {
    const {depthwise, pointwise} = this.objects;
    const between = channels * this.depthMultiplier;
    this.kernels = {
      depthwise: this.addKernel('depthwise_kernel', this.depthwiseShape(channels), depthwise),
      pointwise: this.addKernel('pointwise_kernel', [1, 1, 1, between, this.filters], pointwise),
    };
  }

  protected override outputShapeOf(inputShape: Shape5D): Shape5D {
    const {outputShape} = depthwiseConv3dInfo(inputShape, this.depthwiseShape(inputShape[4]), {
      strides: this.strides,
      pad: this.padding,
      dilations: this.dilationRate,
    });
    return [...outputShape.slice(0, 4), this.filters] as Shape5D;
  }

  protected override compute(x: Tensor5D, bias: Tensor1D | undefined): Tensor5D {
    const [depthwise, pointwise] = [this.kernels!.depthwise.read(), this.kernels!.pointwise.read()];
    const between = depthwiseConv3d(
      x,
      depthwise as Tensor5D,
      this.strides,
      this.padding,
      'NDHWC',
      this.dilationRate,
    );
    return fused.conv3d({x: between, filter: pointwise as Tensor5D, bias});
  }

  private depthwiseShape(channels: number): Shape5D {
    return [...this.kernelSize, channels, this.depthMultiplier];
  }
}
