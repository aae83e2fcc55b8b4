/** Gradient of the indirect convolution with respect to its input, on the wasm backend: as planned in plan/input_gradient.ts. */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../../geometry/kernel_names';
import {KeptPlans} from '../../kept_plans';
import {planInputGradient} from '../plan/input_gradient';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmRuntime} from '../runtime/wasm_runtime';
import {runPart} from './packed_weights';

const plans = new KeptPlans((info, variant) => planInputGradient(info, variant === 1));

/** dy `info.outputShape`, filter `info.filterShape`; a new tensor of `info.inputShape`. */
export function backpropInput(
  runtime: WasmRuntime,
  {dy, filter}: IndirectConv3DBackpropInputInputs,
  info: ConvInfo,
): TensorInfo {
  const {zeros, parts} = plans.of(info, runtime.isShared ? 1 : 0);
  const dx = runtime.makeOutput(info.inputShape);
  const operands = {dy: runtime.addressOf(dy), dx: runtime.addressOf(dx)};
  for (const rows of zeros) runtime.runRows(rows, operands);
  for (const part of parts) runPart(runtime, filter, part, operands);
  return dx;
}

export const indirectConv3DBackpropInputConfig: KernelConfig = wasmKernel(
  IndirectConv3DBackpropInput,
  ({inputs, attrs}, runtime) =>
    backpropInput(runtime, inputs as IndirectConv3DBackpropInputInputs, convInfoOf(attrs)),
);
