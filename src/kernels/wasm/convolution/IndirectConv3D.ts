/**
 * Indirect convolution on the wasm backend, in place on the host's tensors by our own WebAssembly module: part by part, as
 * planned from its shapes (plan/forward.ts).
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {
  type Activation,
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
} from '../../../geometry/kernel_names';
import {type BeginTape, RECORDER} from '../../../geometry/recording';
import {KeptPlans} from '../../kept_plans';
import {planConvolution} from '../plan/forward';
import {codeOf} from '../plan/part_call';
import {beginTape} from '../runtime/tape';
import {wasmKernel} from '../runtime/wasm_kernel';
import {connect, type Operands, type WasmRuntime} from '../runtime/wasm_runtime';
import {weightsOf} from './packed_weights';

const plans = new KeptPlans((info, variant) =>
  planConvolution(
    info,
    {bias: variant % 2 === 1, residual: variant % 4 >= 2, activation: Math.floor(variant / 8)},
    variant % 8 >= 4,
  ),
);

/** `activation(conv(x, filter) + bias + residual)`, a new tensor. */
export function convolve(
  runtime: WasmRuntime,
  {x, filter, bias, residual}: IndirectConv3DInputs,
  info: ConvInfo,
  activation: Activation = 'linear',
): TensorInfo {
  const y = runtime.makeOutput(info.outputShape);
  const operands: Operands = {x: runtime.addressOf(x), y: runtime.addressOf(y)};
  let variant = 8 * codeOf(activation) + (runtime.isShared ? 4 : 0);
  if (bias !== undefined) {
    operands.bias = runtime.addressOf(bias);
    variant += 1;
  }
  if (residual !== undefined) {
    operands.residual = runtime.addressOf(residual);
    variant += 2;
  }
  for (const {weights, rows} of plans.of(info, variant)) {
    operands.weights = weightsOf(runtime, filter, weights);
    runtime.runRows(rows, operands);
  }
  return y;
}

const kernel = wasmKernel(IndirectConv3D, ({inputs, attrs}, runtime) =>
  convolve(runtime, inputs as IndirectConv3DInputs, convInfoOf(attrs), activationOf(attrs)),
);

const begin: BeginTape = (backend) => {
  const runtime = connect(backend as BackendWasm);
  return runtime && beginTape(runtime);
};

/** A tape takes this kernel and Mean. */
export const indirectConv3DConfig: KernelConfig & {[RECORDER]: BeginTape} = {...kernel, [RECORDER]: begin};
