/**
 * The layer of depthwise 3D convolution, which the host lacks: arguments and weight names are those of
 * `tf.layers.depthwiseConv2d`, with one more axis.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import type {Padding3D} from '../../geometry/conv_options';
import type {ConvSettings} from '../../geometry/conv_settings';
import type {Shape5D} from '../../util/shapes';
import {
  type Constraint,
  type Identifier,
  type Initializer,
  type Regularizer,
  toConfig,
} from '../host/keras_objects';
import {BaseConv3D} from './base_conv3d';
import {type BaseConv3DArgs, positiveCount} from './conv3d_layer';

/** Arguments of `sts.layers.depthwiseConv3d` and `sts.layers.stsDepthwiseConv3d`. */
export interface DepthwiseConv3DLayerArgs extends BaseConv3DArgs {
  /** Output channels per input channel. Default 1. */
  depthMultiplier?: number;
  depthwiseInitializer?: Identifier<Initializer>;
  depthwiseRegularizer?: Identifier<Regularizer>;
  depthwiseConstraint?: Identifier<Constraint>;
}

/**
 * Weights: depthwise_kernel `[kt, kh, kw, channels, depthMultiplier]`, bias `[channels * depthMultiplier]`. Output
 * channel `c * depthMultiplier + m` is made from input channel c. Default padding 'valid', as in the host.
 */
export class DepthwiseConv3D extends BaseConv3D {
  /** @nocollapse */
  static className = 'DepthwiseConv3D';
  private readonly depthMultiplier: number;

  constructor(args: DepthwiseConv3DLayerArgs, defaultPadding: Padding3D = 'valid') {
    const {depthwiseInitializer, depthwiseRegularizer, depthwiseConstraint} = args;
    const filter = {
      initializer: depthwiseInitializer,
      regularizer: depthwiseRegularizer,
      constraint: depthwiseConstraint,
    };
    super(args, filter, defaultPadding);
    this.depthMultiplier = positiveCount(args.depthMultiplier ?? 1, `${this.label()}: depthMultiplier`);
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      depthMultiplier: this.depthMultiplier,
      depthwiseInitializer: toConfig(this.filterObjects.initializer),
      depthwiseRegularizer: toConfig(this.filterObjects.regularizer),
      depthwiseConstraint: toConfig(this.filterObjects.constraint),
    };
  }

  protected override filterName(): string {
    return 'depthwise_kernel';
  }

  protected override filterShape(channels: number): Shape5D {
    return [...this.kernelSize, channels, this.depthMultiplier];
  }

  override convSettings(): ConvSettings {
    return {kind: 'depthwiseConv3d', strides: this.strides, pad: this.padding, dilations: this.dilationRate};
  }
}
