/**
 * The layer of depthwise Spatial-Temporal Separable 3D convolution (ir-CSN, X3D): the weights of a depthwise
 * convolution; the first half of the channels works frame by frame. See ops/sts_depthwise_conv3d.ts.
 */
import type {ConvSettings} from '../../geometry/conv_settings';
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

  override convSettings(): ConvSettings {
    return {...super.convSettings(), kind: 'stsDepthwiseConv3d'};
  }
}
