/**
 * The layer of ordinary and grouped 3D convolution: `tf.layers.conv3d` with `groups` and TensorFlow's padding. Its
 * class is not called 'Conv3D', which would take the host's place in the registry: models saved by the host go on
 * loading as the host's, models saved with this class load as this class.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import type {Padding3D} from '../../geometry/conv_options';
import type {ConvSettings} from '../../geometry/conv_settings';
import {InvalidArgumentError} from '../../util/errors';
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

/** Arguments of `sts.layers.conv3d`: those of `tf.layers.conv3d`, `groups`, and explicit padding. */
export interface GroupedConv3DLayerArgs extends BaseConv3DArgs {
  /** Output channels. */
  filters: number;
  /** Channel groups, which must divide the channels of input and output. Default 1. */
  groups?: number;
  kernelInitializer?: Identifier<Initializer>;
  kernelRegularizer?: Identifier<Regularizer>;
  kernelConstraint?: Identifier<Constraint>;
}

/** Weights: kernel `[kt, kh, kw, in / groups, filters]`, bias `[filters]`. Default padding 'valid', as in the host. */
export class GroupedConv3D extends BaseConv3D {
  /** @nocollapse */
  static className = 'GroupedConv3D';
  protected readonly filters: number;
  protected readonly groups: number;

  constructor(args: GroupedConv3DLayerArgs, defaultPadding: Padding3D = 'valid') {
    const {kernelInitializer, kernelRegularizer, kernelConstraint} = args;
    const filter = {
      initializer: kernelInitializer,
      regularizer: kernelRegularizer,
      constraint: kernelConstraint,
    };
    super(args, filter, defaultPadding);
    this.filters = positiveCount(args.filters, `${this.label()}: filters`);
    this.groups = positiveCount(args.groups ?? 1, `${this.label()}: groups`);
    this.checkDivides(this.filters, 'filters');
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      filters: this.filters,
      groups: this.groups,
      kernelInitializer: toConfig(this.filterObjects.initializer),
      kernelRegularizer: toConfig(this.filterObjects.regularizer),
      kernelConstraint: toConfig(this.filterObjects.constraint),
    };
  }

  protected override filterName(): string {
    return 'kernel';
  }

  protected override filterShape(channels: number): Shape5D {
    this.checkDivides(channels, 'input channels');
    return [...this.kernelSize, channels / this.groups, this.filters];
  }

  override convSettings(): ConvSettings {
    return {
      kind: 'conv3d',
      strides: this.strides,
      pad: this.padding,
      dilations: this.dilationRate,
      groups: this.groups,
    };
  }

  private checkDivides(channels: number, what: string): void {
    if (channels % this.groups === 0) return;
    throw new InvalidArgumentError(
      `${this.label()}: groups (${this.groups}) must divide the ${what} (${channels}).`,
    );
  }
}
