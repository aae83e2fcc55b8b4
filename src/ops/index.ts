/** The ops, and the shape arithmetic and tap rules behind them. */
export * as geometry from '../geometry';
export type {ConvInfo, ConvPart} from '../geometry/conv_info';
export type {
  ConvOptions,
  GroupedConvOptions,
  Padding3D,
  SplitRounding,
  StsConvOptions,
} from '../geometry/conv_options';
export type {Activation, ActivationName, LeakyRelu} from '../geometry/kernel_names';
export type {GridTaps, LineTaps, TapRule} from '../geometry/taps';
export {conv3d} from './conv3d';
export {depthwiseConv3d} from './depthwise_conv3d';
export type {FusedConv3DOptions, FusedOptions, FusedSTSConv3DOptions} from './fused';
export * as fused from './fused';
export type {ConvolutionEpilogue, Tensor4or5D} from './run_convolution';
export {stsConv3d} from './sts_conv3d';
export {stsDepthwiseConv3d} from './sts_depthwise_conv3d';
