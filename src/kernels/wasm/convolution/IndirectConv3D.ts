/**
 * Indirect convolution on the wasm backend, in place on the host's tensors by our own WebAssembly module: part by
 * part, each in the dense or in the depthwise form. Reads shapes and prepares memory; the arithmetic is in module/.
 */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {
  type Activation,
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
} from '../../../geometry/kernel_names';
import {tapCount} from '../../../geometry/taps';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmHost} from '../runtime/wasm_runtime';
import {FLOAT_BYTES, isDepthwise, PANEL, partCall} from './part_call';
import {type Panels, runPart} from './run_part';

/** Weights of a part: as they lie (depthwise), or how they go into panels. */
function weightsOf(host: WasmHost, filter: TensorInfo, info: ConvInfo, part: ConvPart): Panels | number {
  const [, inputs, columns] = info.filterView;
  const first = (part.firstTap * inputs * columns + part.outputChannel) * FLOAT_BYTES;
  if (isDepthwise(part)) return host.addressOf(filter) + first;
  const depth = tapCount(part.rule) * inputs;
  const outputs = part.outputChannels / part.groups;
  return {
    filter,
    layout: `dense ${[first, depth, part.groups, outputs, columns].join()}`,
    bytes: part.groups * Math.ceil(outputs / PANEL) * PANEL * depth * FLOAT_BYTES,
    pack: (to) => {
      const from = host.addressOf(filter) + first;
      host.module.packDense(from, to, depth, part.groups, outputs, columns * FLOAT_BYTES);
    },
  };
}

/** A new tensor `activation(conv(x, filter) + bias + residual)`. */
export function convolve(
  host: WasmHost,
  inputs: IndirectConv3DInputs,
  info: ConvInfo,
  activation: Activation = 'linear',
): TensorInfo {
  const y = host.makeOutput(info.outputShape);
  info.parts.forEach((_, i) => {
    convolvePart(host, inputs, y, info, i, activation);
  });
  return y;
}

function convolvePart(
  host: WasmHost,
  {x, filter, bias, residual}: IndirectConv3DInputs,
  y: TensorInfo,
  info: ConvInfo,
  index: number,
  activation: Activation,
): void {
  const part = info.parts[index]!;
  const [, , height, width, channels] = info.inputShape;
  // Grids count frames in their padding, lines do not.
  const firstFrame = part.rule.kind === 'line' ? (part.rule.firstFrame ?? 0) : 0;
  const xFirst = (firstFrame * height * width * channels + part.inputChannel) * FLOAT_BYTES;
  const fromChannel = part.outputChannel * FLOAT_BYTES;
  runPart(host, {
    part,
    inputShape: info.inputShape,
    outputShape: info.outputShape,
    wholeShape: info.wholeShape,
    weights: weightsOf(host, filter, info, part),
    describe: (rooms) =>
      partCall(info, index, activation, {
        ...rooms,
        x: host.addressOf(x) + xFirst,
        bias: bias === undefined ? rooms.zeros : host.addressOf(bias) + fromChannel,
        y: host.addressOf(y) + fromChannel,
        residual: residual === undefined ? 0 : host.addressOf(residual) + fromChannel,
      }),
  });
}

export const indirectConv3DConfig: KernelConfig = wasmKernel(IndirectConv3D, ({inputs, attrs}, host) =>
  convolve(host, inputs as IndirectConv3DInputs, convInfoOf(attrs), activationOf(attrs)),
);
