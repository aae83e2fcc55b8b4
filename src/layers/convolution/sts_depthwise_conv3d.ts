/**
 * The layer of depthwise Spatial-Temporal Separable 3D convolution (ir-CSN, X3D): the weights of a depthwise
 * convolution; the first half of the channels works frame by frame. See ops/sts_depthwise_conv3d.ts.
 */
import type {Tensor5D} from '@tensorflow/tfjs-core';
import {type ConvInfo, stsDepthwiseConv3dInfo} from '../../geometry/conv_info';
import {type FusedOptions, stsDepthwiseConv3d} from '../../ops';
import type {Shape5D} from '../../util/shapes';
import {DepthwiseConv3D, type DepthwiseConv3DLayerArgs} from './depthwise_conv3d';

/**
 * Weights as in `DepthwiseConv3D`. Default padding 'same'. Where the stride is 2, TensorFlow's 'same' and PyTorch's
 * padding 1 see different pixels of an even frame: pass `padding: 1` for weights that come from PyTorch.
 */
export class STSDepthwiseConv3D extends DepthwiseConv3D {
  /** @nocollapse */
  static override className = 'STSDepthwiseConv3D';

  constructor(args: DepthwiseConv3DLayerArgs) {
    super(args, 'same');
  }

  override convInfo(inputShape: Shape5D): ConvInfo {
    return stsDepthwiseConv3dInfo(inputShape, this.filterShape(inputShape[4]), {
      strides: this.strides,
      pad: this.padding,
      dilations: this.dilationRate,
    });
  }

  override convolve(x: Tensor5D, filter: Tensor5D, fused: FusedOptions): Tensor5D {
    return stsDepthwiseConv3d(x, filter, this.strides, this.padding, 'NDHWC', this.dilationRate, fused);
  }
}
