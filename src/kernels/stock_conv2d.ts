/**
 * The gradients of the host's 2D convolutions, for a backend that lacks them: a 2D convolution is a 3D one of one frame,
 * so that the gradient kernels of this package serve as they are. Sizes and padding are the host's own.
 */
import {
  backend_util,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../geometry/conv_info';
import type {ConvOptions} from '../geometry/conv_options';
import {IndirectConv3DBackpropFilter, IndirectConv3DBackpropInput} from '../geometry/kernel_names';
import {conv3dInfo, depthwiseConv3dInfo} from '../geometry/ordinary_info';
import {InvalidArgumentError} from '../util/errors';
import {checkShape, type HostConvolution, hostConvolutionConfigs} from './stock_kernels';

type Shape4D = [number, number, number, number];
type Attrs2D = Omit<DepthwiseConv2dNativeBackpropFilterAttrs, 'filterShape'>;

/** A clip of one frame from an image, a filter of one tap in time from an image filter. */
const clipShape = ([batch, ...rest]: readonly number[]) => [batch!, 1, ...rest];
const filterInTime = (shape: readonly number[]) => [1, ...shape];

/** Strides, padding and dilations with time before them; zeros behind as many as the host's output size asks for. */
function optionsOf(xShape: readonly number[], filterShape: readonly number[], attrs: Attrs2D): ConvOptions {
  const {strides, pad, dilations, dimRoundingMode} = attrs;
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations,
    pad as 'same',
    dimRoundingMode,
  );
  const {top, left} = info.padInfo;
  const after = (before: number, input: number, output: number, stride: number, reach: number) =>
    Math.max(0, (output - 1) * stride + reach - input - before);
  const below = after(top, info.inHeight, info.outHeight, info.strideHeight, info.effectiveFilterHeight);
  const right = after(left, info.inWidth, info.outWidth, info.strideWidth, info.effectiveFilterWidth);
  return {
    strides: [1, info.strideHeight, info.strideWidth],
    dilations: [1, info.dilationHeight, info.dilationWidth],
    pad: [
      [0, 0],
      [top, below],
      [left, right],
    ],
  };
}

/** The geometry with the frame's axis, after the gradient's shape has been compared with it. */
function checked(kernelName: string, dy: TensorInfo, info: ConvInfo): ConvInfo {
  const [batch, , ...rest] = info.outputShape;
  checkShape(kernelName, 'dy', dy, [batch, ...rest]);
  return info;
}

const gradients: readonly HostConvolution[] = [
  {
    kernelName: Conv2DBackpropFilter,
    ours: IndirectConv3DBackpropFilter,
    infoOf: ({x, dy}, attrs) => {
      const {filterShape, dataFormat, ...rest} = attrs as Conv2DBackpropFilterAttrs;
      if (dataFormat !== 'NHWC') {
        throw new InvalidArgumentError(
          `${Conv2DBackpropFilter}: dataFormat must be 'NHWC', as for the wasm backend's Conv2D; got '${dataFormat}'.`,
        );
      }
      const options = optionsOf(x!.shape, filterShape, {...rest, dilations: 1});
      const info = conv3dInfo(clipShape(x!.shape), filterInTime(filterShape), options);
      return checked(Conv2DBackpropFilter, dy!, info);
    },
    resultShape: (attrs) => (attrs as Conv2DBackpropFilterAttrs).filterShape,
  },
  {
    kernelName: DepthwiseConv2dNativeBackpropFilter,
    ours: IndirectConv3DBackpropFilter,
    infoOf: ({x, dy}, attrs) => {
      const {filterShape, ...rest} = attrs as DepthwiseConv2dNativeBackpropFilterAttrs;
      const options = optionsOf(x!.shape, filterShape, rest);
      const info = depthwiseConv3dInfo(clipShape(x!.shape), filterInTime(filterShape), options);
      return checked(DepthwiseConv2dNativeBackpropFilter, dy!, info);
    },
    resultShape: (attrs) => (attrs as DepthwiseConv2dNativeBackpropFilterAttrs).filterShape,
  },
  {
    kernelName: DepthwiseConv2dNativeBackpropInput,
    ours: IndirectConv3DBackpropInput,
    infoOf: ({dy, filter}, attrs) => {
      const {inputShape, ...rest} = attrs as DepthwiseConv2dNativeBackpropInputAttrs;
      const options = optionsOf(inputShape, filter!.shape, rest);
      const info = depthwiseConv3dInfo(clipShape(inputShape), filterInTime(filter!.shape), options);
      return checked(DepthwiseConv2dNativeBackpropInput, dy!, info);
    },
    resultShape: (attrs) => (attrs as DepthwiseConv2dNativeBackpropInputAttrs).inputShape,
  },
];

/** The gradients of 2D convolutions through those of our kernels that a backend has. */
export function conv2dGradientConfigs(kernels: readonly KernelConfig[]): KernelConfig[] {
  return hostConvolutionConfigs(kernels, gradients);
}
