/** Gradient of the indirect convolution with respect to its filter, on the wasm backend: as planned in plan/filter_gradient.ts. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropFilter,
  type IndirectConv3DBackpropFilterInputs,
} from '../../../geometry/kernel_names';
import {KeptPlans} from '../../kept_plans';
import type {Operands} from '../plan/call_plan';
import {planFilterGradient} from '../plan/filter_gradient';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';

const plans = new KeptPlans((info) => planFilterGradient(info));

/** x `info.inputShape`, dy `info.outputShape`; a new tensor of `info.filterShape`. */
export function backpropFilter(
  runtime: WasmRuntime,
  {x, dy}: IndirectConv3DBackpropFilterInputs,
  info: ConvInfo,
): TensorInfo {
  const {passes, pieceFloats} = plans.of(info);
  const dw = runtime.makeOutput(info.filterShape);
  const operands: Operands = {
    x: runtime.addressOf(x),
    dy: runtime.addressOf(dy),
    weights: runtime.addressOf(dw),
  };
  const run = () => {
    for (const pass of passes) runtime.runRows(pass, operands);
  };
  if (pieceFloats === 0) run();
  else {
    runtime.withSpace(pieceFloats, (pieces) => {
      operands.pieces = pieces;
      run();
    });
  }
  return dw;
}

export const indirectConv3DBackpropFilterConfig: KernelConfig = wasmKernel(
  IndirectConv3DBackpropFilter,
  ({inputs, attrs}, runtime) =>
    backpropFilter(runtime, inputs as IndirectConv3DBackpropFilterInputs, convInfoOf(attrs)),
);
