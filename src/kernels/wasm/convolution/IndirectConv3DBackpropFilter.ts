/**
 * Gradient of the indirect convolution with respect to its filter, on the wasm backend: per tap the product of the rows
 * that it reads with the output gradients, part by part, each in the dense or in the depthwise form.
 */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../../geometry/kernel_names';
import {tapCount} from '../../../geometry/taps';
import {sizeOf} from '../../../util/shapes';
import {ScratchPlan} from '../memory/scratch';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmHost} from '../runtime/wasm_runtime';
import {inOrder} from './band_call';
import {narrowOf, narrowScratch, writeNarrowCall} from './narrow_call';
import {
  FLOAT_BYTES,
  isDepthwise,
  PANEL,
  PRODUCT_CALL_FIELDS,
  type Rooms,
  STRIP_COLUMNS,
  sumsCall,
  writeFields,
  writePartCall,
} from './part_call';
import {roomsAt, scratchLayout, zeroChannels} from './run_part';
import {winogradOf} from './winograd_call';
import {winogradProductOf, winogradProductScratch, writeWinogradProductCall} from './winograd_product_call';

/** Whether the first block of rows writes every value of the gradient; the narrow form adds to all. */
function writesAll(info: ConvInfo): boolean {
  const [taps, , columns] = info.filterView;
  const [only, ...others] = info.parts as [ConvPart, ...ConvPart[]];
  const rows = sizeOf(info.outputShape.slice(0, 4));
  if (rows === 0 || others.length > 0 || narrowOf(only, info.inputShape, info.outputShape)) return false;
  return tapCount(only.rule) === taps && only.outputChannels === columns;
}

/** x `info.inputShape`, dy `info.outputShape`; a new tensor of `info.filterShape`. */
export function backpropFilter(
  host: WasmHost,
  inputs: IndirectConv3DBackpropFilterInputs,
  info: ConvInfo,
): TensorInfo {
  const dw = host.makeOutput(info.filterShape);
  const starts = writesAll(info);
  if (!starts) host.write(dw, 0);
  for (const part of info.parts) productOfPart(host, inputs, dw, info, part, starts);
  return dw;
}

function productOfPart(
  host: WasmHost,
  {x, dy}: IndirectConv3DBackpropFilterInputs,
  dw: TensorInfo,
  info: ConvInfo,
  part: ConvPart,
  starts: boolean,
): void {
  const [, inputs, columns] = info.filterView;
  const first = part.firstTap * inputs * columns + part.outputChannel;
  const rows = sizeOf(info.outputShape.slice(0, 4));
  const filterRows = tapCount(part.rule) * inputs;
  const steps = rows * filterRows * part.outputChannels;
  const describe = (rooms: Rooms) =>
    sumsCall(info, part, starts, {
      ...rooms,
      x: host.addressOf(x) + part.inputChannel * FLOAT_BYTES,
      weights: host.addressOf(dw) + first * FLOAT_BYTES,
      bias: rooms.zeros,
      y: host.addressOf(dy) + part.outputChannel * FLOAT_BYTES,
    });
  const form = winogradOf(part, info.outputShape);
  if (form !== undefined) {
    const product = winogradProductOf(form, host.module.BLOCK.value);
    host.runRows({
      run: 'productWinograd',
      rows: inputs,
      // One range for each thread: all tiles are gone through for every range.
      block: inputs,
      steps,
      scratchBytes: winogradProductScratch(product),
      writeCall: (at) => writeWinogradProductCall(host.memory, at, product, describe),
    });
    return;
  }
  const narrow = narrowOf(part, info.inputShape, info.outputShape);
  if (narrow !== undefined) {
    const place = inOrder(part, info.outputShape);
    host.runRows({
      run: 'productNarrow',
      rows: filterRows,
      // As above, and all bands.
      block: filterRows,
      steps,
      scratchBytes: narrowScratch(narrow),
      writeCall: (at) => writeNarrowCall(host.memory, at, narrow, place, describe),
    });
    return;
  }
  const depthwise = isDepthwise(part);
  const layout = scratchLayout(host, part);
  const block = depthwise ? 0 : host.module.BLOCK.value;
  const plan = new ScratchPlan();
  plan.fields(PRODUCT_CALL_FIELDS);
  const head = plan.take(layout.bytes);
  const panels = plan.floats(block * Math.ceil(part.outputChannels / part.groups / PANEL) * PANEL);
  const strips = plan.floats(block * STRIP_COLUMNS);
  host.runRows({
    run: depthwise ? 'productDepthwise' : 'productDense',
    rows: filterRows,
    // One range for each thread: all output rows are gone through for every range.
    block: filterRows,
    steps,
    scratchBytes: plan.bytes,
    writeCall: (at) => {
      const rooms = roomsAt(at + head, layout);
      writeFields(host.memory, at, PRODUCT_CALL_FIELDS, {
        part: at + head,
        panels: at + panels,
        strips: at + strips,
        rows,
      });
      writePartCall(host.memory, at + head, describe(rooms));
      new Float32Array(host.memory.buffer, rooms.zeros, zeroChannels(part)).fill(0);
    },
  });
}

export const indirectConv3DBackpropFilterConfig: KernelConfig = wasmKernel(
  IndirectConv3DBackpropFilter,
  ({inputs, attrs}, host) =>
    backpropFilter(host, inputs as IndirectConv3DBackpropFilterInputs, convInfoOf(attrs)),
);
