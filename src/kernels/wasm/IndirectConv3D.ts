/**
 * Indirect convolution on the wasm backend, in place on the host's tensors by our own WebAssembly module: part by
 * part, each in the dense or in the depthwise form. Reads shapes and prepares memory; the arithmetic is in module/.
 */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../ops/conv_info';
import {
  type Activation,
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
} from '../../ops/kernel_names';
import {tapCount} from '../../ops/taps';
import {sizeOf} from '../../util/shapes';
import {wasmKernel} from './config';
import type {WasmHost} from './host';
import {FLOAT_BYTES, isDepthwise, PART_CALL_FIELDS, partCall, writePartCall} from './part_call';

/** Columns of a tile, into whose panels the weights are packed. */
export const PANEL = 8;

/** Scratch of one part: offsets in bytes from its start, where the call stands, and its size, a multiple of 16. */
export interface ScratchLayout {
  pointers: number;
  zeros: number;
  edge: number;
  gathered: number;
  bytes: number;
}

/** Zeros in the place of an input position outside, or of a bias. */
export function zeroChannels(part: ConvPart): number {
  return Math.max(part.inputChannels, part.outputChannels);
}

export function scratchLayout(
  {module}: WasmHost,
  part: ConvPart,
  depthwise = isDepthwise(part),
): ScratchLayout {
  const [block, depth] = [module.BLOCK.value, module.DEPTH.value];
  const gathers = !depthwise && part.inputChannels / part.groups < module.GATHER_BELOW.value;
  let bytes = 0;
  const take = (words: number) => {
    const at = bytes;
    bytes += Math.ceil((words * FLOAT_BYTES) / 16) * 16;
    return at;
  };
  take(PART_CALL_FIELDS.length);
  const zeros = take(zeroChannels(part));
  const edge = take(4 * PANEL);
  const gathered = take(gathers ? block + block * depth : 0);
  // An address for each tap, or the four words of a row's place.
  const pointers = take(Math.max(4, tapCount(part.rule)) * block);
  return {pointers, zeros, edge, gathered, bytes};
}

/** The addresses of a part's scratch that begins at `at`. */
export function roomsAt(at: number, layout: ScratchLayout) {
  return {
    pointers: at + layout.pointers,
    zeros: at + layout.zeros,
    gathered: at + layout.gathered,
    edge: at + layout.edge,
  };
}

/** Where the module reads the weights of a part: in the tensor itself, or packed in panels. */
function weightsOf(host: WasmHost, filter: TensorInfo, info: ConvInfo, part: ConvPart): number {
  const [, inputs, columns] = info.filterView;
  const first = (part.firstTap * inputs * columns + part.outputChannel) * FLOAT_BYTES;
  if (isDepthwise(part)) return host.addressOf(filter) + first;
  const depth = tapCount(part.rule) * inputs;
  const outputs = part.outputChannels / part.groups;
  const bytes = part.groups * Math.ceil(outputs / PANEL) * PANEL * depth * FLOAT_BYTES;
  const layout = `dense ${[first, depth, part.groups, outputs, columns].join()}`;
  return host.packedFrom(filter, layout, bytes, (to) => {
    const from = host.addressOf(filter) + first;
    host.module.packDense(from, to, depth, part.groups, outputs, columns * FLOAT_BYTES);
  });
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
  const weights = weightsOf(host, filter, info, part);
  const layout = scratchLayout(host, part);
  const fromChannel = part.outputChannel * FLOAT_BYTES;
  const rows = sizeOf(info.outputShape.slice(0, 4));
  host.runRows({
    run: isDepthwise(part) ? 'convolveDepthwise' : 'convolveDense',
    rows,
    block: host.module.BLOCK.value,
    scratchBytes: layout.bytes,
    steps: rows * tapCount(part.rule) * (part.inputChannels / part.groups) * part.outputChannels,
    writeCall: (at) => {
      const rooms = roomsAt(at, layout);
      const call = partCall(info, index, activation, {
        ...rooms,
        x: host.addressOf(x) + part.inputChannel * FLOAT_BYTES,
        weights,
        bias: bias === undefined ? rooms.zeros : host.addressOf(bias) + fromChannel,
        y: host.addressOf(y) + fromChannel,
        residual: residual === undefined ? 0 : host.addressOf(residual) + fromChannel,
      });
      writePartCall(host.memory, at, call);
      new Float32Array(host.memory.buffer, call.zeros, zeroChannels(part)).fill(0);
    },
  });
}

export const indirectConv3DConfig: KernelConfig = wasmKernel(IndirectConv3D, ({inputs, attrs}, host) =>
  convolve(host, inputs as IndirectConv3DInputs, convInfoOf(attrs), activationOf(attrs)),
);
