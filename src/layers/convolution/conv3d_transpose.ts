/**
 * The layer of transposed 3D convolution: `tf.layers.conv3dTranspose` with dilation, output padding and gradients. Its
 * class is not called 'Conv3DTranspose', which is the host's; Keras' models with what the host's lacks load as this.
 */
import type {serialization, Tensor1D, Tensor5D} from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {conv3dTransposeInfo, type TransposedOptions} from '../../geometry/transposed_info';
import {conv3dTranspose} from '../../ops/conv3d_transpose';
import {InvalidArgumentError} from '../../util/errors';
import type {Shape5D, Triple} from '../../util/shapes';
import {
  type Constraint,
  type Identifier,
  type Initializer,
  type Regularizer,
  toConfig,
} from '../host/keras_objects';
import {type BaseConv3DArgs, Conv3DLayer, type KernelObjects, positiveCount} from './conv3d_layer';

/** Arguments of `sts.layers.conv3dTranspose`: those of the host's and `outputPadding`. */
export interface Conv3DTransposeLayerArgs extends BaseConv3DArgs {
  /** Output channels. */
  filters: number;
  padding?: 'same' | 'valid';
  /**
   * How many positions an axis gets beyond the least, less than its stride; one number, or time, height, width. Default,
   * as in Keras: input * stride with 'same', with 'valid' at least what the taps reach.
   */
  outputPadding?: number | readonly number[] | null;
  kernelInitializer?: Identifier<Initializer>;
  kernelRegularizer?: Identifier<Regularizer>;
  kernelConstraint?: Identifier<Constraint>;
}

/** Weights: kernel `[kt, kh, kw, filters, channels]`, bias `[filters]`. Default padding 'valid', as in the host. */
export class TransposedConv3D extends Conv3DLayer {
  /** @nocollapse */
  static className = 'TransposedConv3D';
  private readonly filters: number;
  private readonly outputPadding: Triple | undefined;
  private readonly objects: KernelObjects;
  private kernel: LayerVariable | undefined;

  constructor(args: Conv3DTransposeLayerArgs) {
    super(args, 'valid');
    this.filters = positiveCount(args.filters, `${this.label()}: filters`);
    if (this.padding !== 'same' && this.padding !== 'valid') {
      throw new InvalidArgumentError(
        `${this.label()}: padding must be 'same' or 'valid'; got ${JSON.stringify(args.padding)}.`,
      );
    }
    this.outputPadding = this.checkOutputPadding(args.outputPadding);
    this.objects = this.kernelObjects(
      {
        initializer: args.kernelInitializer,
        regularizer: args.kernelRegularizer,
        constraint: args.kernelConstraint,
      },
      'kernel',
    );
  }

  override getConfig(): serialization.ConfigDict {
    return {
      ...super.getConfig(),
      filters: this.filters,
      outputPadding: this.outputPadding ? [...this.outputPadding] : null,
      kernelInitializer: toConfig(this.objects.initializer),
      kernelRegularizer: toConfig(this.objects.regularizer),
      kernelConstraint: toConfig(this.objects.constraint),
    };
  }

  protected override addKernels(channels: number): void {
    this.kernel = this.addKernel('kernel', this.kernelShape(channels), this.objects);
  }

  protected override outputShapeOf(inputShape: Shape5D): Shape5D {
    return conv3dTransposeInfo(inputShape, this.kernelShape(inputShape[4]), this.options()).inputShape;
  }

  protected override compute(x: Tensor5D, bias: Tensor1D | undefined): Tensor5D {
    return conv3dTranspose(x, this.kernel!.read() as Tensor5D, this.options(), bias);
  }

  private kernelShape(channels: number): Shape5D {
    return [...this.kernelSize, this.filters, channels];
  }

  private options(): TransposedOptions {
    return {
      strides: this.strides,
      padding: this.padding as 'same' | 'valid',
      dilations: this.dilationRate,
      outputPadding: this.outputPadding,
    };
  }

  private checkOutputPadding(given: number | readonly number[] | null | undefined): Triple | undefined {
    if (given == null) return undefined;
    const axes = typeof given === 'number' ? [given, given, given] : given;
    const valid = (count: number, axis: number) =>
      Number.isInteger(count) && count >= 0 && count < this.strides[axis]!;
    if (axes.length === 3 && axes.every(valid)) return [...axes] as Triple;
    throw new InvalidArgumentError(
      `${this.label()}: outputPadding must be whole numbers from 0 to below the strides [${this.strides.join(', ')}], one ` +
        `or three; got ${JSON.stringify(given)}.`,
    );
  }
}
