/**
 * Kernels of ours under the names of the host's own: what the host hands them, its attributes as open maps, turned
 * into the geometry of this package, which is TensorFlow's (conv_info.ts, pool_info.ts). The host checks little, and a
 * kernel that works in place must not read beyond a tensor: shapes that do not fit are refused here.
 */
import {
  Conv3D,
  type Conv3DAttrs,
  Conv3DBackpropFilterV2,
  type Conv3DBackpropFilterV2Attrs,
  Conv3DBackpropInputV2,
  type Conv3DBackpropInputV2Attrs,
  cast,
  type KernelConfig,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../geometry/conv_info';
import {
  IndirectConv3D,
  IndirectConv3DBackpropFilter,
  IndirectConv3DBackpropInput,
  type KernelName,
} from '../geometry/kernel_names';
import {conv3dInfo} from '../geometry/ordinary_info';
import {InvalidArgumentError} from '../util/errors';
import type {Pool3DAttrs} from './pool_info';

type Inputs = Record<string, TensorInfo>;

/** Inputs of a host kernel, which the host types as possibly missing: `inputs as Given<MaxPool3DInputs>`. */
export type Given<Names> = Record<keyof Names, TensorInfo>;

/** The host types attributes as an open map; its pooling ops put these in. The one cast. */
export function poolAttrsOf(attrs: NamedAttrMap | undefined): Pool3DAttrs {
  return attrs as unknown as Pool3DAttrs;
}

/** Whether values are numbers that lie in the memory, which those of strings do not. */
export function isNumeric({dtype}: TensorInfo): boolean {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

/** Refuses a tensor of another shape than its geometry asks for. */
export function checkShape(kernelName: string, name: string, given: TensorInfo, needed: readonly number[]) {
  if (given.shape.length === needed.length && needed.every((n, axis) => n === given.shape[axis])) return;
  throw new InvalidArgumentError(
    `${kernelName}: ${name} must have the shape [${needed.join(', ')}] that follows from the other shapes, strides ` +
      `and padding; got [${given.shape.join(', ')}].`,
  );
}

/** Casts what is whole, or true and false, to float32; whole numbers are exact up to 2^24. */
function floatOf(kernelName: string, name: string, info: TensorInfo): Tensor {
  if (info.dtype === 'complex64' || info.dtype === 'string') {
    throw new InvalidArgumentError(`${kernelName}: ${name} is ${info.dtype}; needed are real numbers.`);
  }
  // The host hands a kernel tensors, though it types them as TensorInfo.
  return cast(info as Tensor, 'float32');
}

/**
 * Runs a kernel on float32 copies of what is int32 or bool.
 *
 * @param asTheyAre names of inputs of which the kernel takes int32, too
 */
export function onFloats<Given extends Inputs>(
  kernelName: string,
  inputs: Given,
  run: (inputs: Given) => TensorInfo,
  asTheyAre: readonly (keyof Given)[] = [],
): TensorInfo {
  const copies: Tensor[] = [];
  try {
    const floats = Object.entries(inputs).map(([name, info]) => {
      const taken = info.dtype === 'float32' || (info.dtype === 'int32' && asTheyAre.includes(name));
      if (taken) return [name, info];
      const copy = floatOf(kernelName, name, info);
      copies.push(copy);
      return [name, copy];
    });
    return run(Object.fromEntries(floats) as Given);
  } finally {
    for (const copy of copies) copy.dispose();
  }
}

/** A kernel of float32 as one that takes int32 and bool as well; see onFloats. */
export function takingWholes(config: KernelConfig, asTheyAre: readonly string[] = []): KernelConfig {
  const {kernelName, kernelFunc} = config;
  return {
    ...config,
    kernelFunc: ({inputs, ...rest}) =>
      onFloats(
        kernelName,
        inputs as Inputs,
        (floats) => kernelFunc({inputs: floats, ...rest}) as TensorInfo,
        asTheyAre,
      ),
  };
}

/** A host kernel that one of ours computes: both have the same inputs, ours has a ConvInfo for attributes. */
export interface HostConvolution {
  kernelName: string;
  ours: KernelName;
  infoOf(inputs: Inputs, attrs: unknown): ConvInfo;
  /** The shape of the result where it is not that of ours: without the axis of time. */
  resultShape?(attrs: unknown): number[];
}

const convolutions: readonly HostConvolution[] = [
  {
    kernelName: Conv3D,
    ours: IndirectConv3D,
    infoOf: ({x, filter}, attrs) => {
      const {strides, pad, dilations} = attrs as Conv3DAttrs;
      return conv3dInfo(x!.shape, filter!.shape, {strides, pad, dilations});
    },
  },
  {
    kernelName: Conv3DBackpropInputV2,
    ours: IndirectConv3DBackpropInput,
    infoOf: ({dy, filter}, attrs) => {
      const {strides, pad, inputShape} = attrs as Conv3DBackpropInputV2Attrs;
      const info = conv3dInfo(inputShape, filter!.shape, {strides, pad});
      checkShape(Conv3DBackpropInputV2, 'dy', dy!, info.outputShape);
      return info;
    },
  },
  {
    kernelName: Conv3DBackpropFilterV2,
    ours: IndirectConv3DBackpropFilter,
    infoOf: ({x, dy}, attrs) => {
      const {strides, pad, filterShape} = attrs as Conv3DBackpropFilterV2Attrs;
      const info = conv3dInfo(x!.shape, filterShape, {strides, pad});
      checkShape(Conv3DBackpropFilterV2, 'dy', dy!, info.outputShape);
      return info;
    },
  },
];

/**
 * Convolutions of the host through those of our kernels that a backend has.
 *
 * @param hosts default: its 3D convolution and the two gradients of it
 */
export function hostConvolutionConfigs(
  kernels: readonly KernelConfig[],
  hosts: readonly HostConvolution[] = convolutions,
): KernelConfig[] {
  return hosts.flatMap(({kernelName, ours, infoOf, resultShape}) => {
    const kernel = kernels.find((config) => config.kernelName === ours);
    if (kernel === undefined) return [];
    const {backendName, kernelFunc} = kernel;
    return {
      kernelName,
      backendName,
      kernelFunc: ({inputs, attrs, backend}) => {
        const info = infoOf(inputs as Inputs, attrs);
        return onFloats(kernelName, inputs as Inputs, (floats: NamedTensorInfoMap) => {
          const infoAttrs = {info} as unknown as NamedAttrMap;
          const result = kernelFunc({inputs: floats, attrs: infoAttrs, backend}) as TensorInfo;
          return resultShape === undefined ? result : {...result, shape: resultShape(attrs)};
        });
      },
    };
  });
}
