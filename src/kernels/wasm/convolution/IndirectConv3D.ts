/**
 * Indirect convolution on the wasm backend, in place on the host's tensors by our own WebAssembly module: part by part, as
 * planned from its shapes (plan/forward.ts).
 */
import type {BackendWasm} from '@tensorflow/tfjs-backend-wasm';
import type {KernelConfig, KernelFunc, NamedAttrMap, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo} from '../../../geometry/conv_info';
import {
  type Activation,
  activationOf,
  convInfoOf,
  IndirectConv3D,
  type IndirectConv3DInputs,
  SIBLINGS,
  type SiblingInputs,
} from '../../../geometry/kernel_names';
import {type BeginTape, RECORDER} from '../../../geometry/recording';
import {KeptPlans} from '../../kept_plans';
import type {Operands} from '../plan/call_plan';
import {planConvolution, planSiblings} from '../plan/forward';
import {codeOf} from '../plan/part_call';
import {beginTape} from '../runtime/tape';
import {wasmKernel} from '../runtime/wasm_kernel';
import {connect, type WasmRuntime} from '../runtime/wasm_runtime';
import {runPart, weightsOf} from './packed_weights';

/** More convolutions than this read their input each for itself. */
const MOST_SIBLINGS = 64;

const plans = new KeptPlans((info, variant) =>
  planConvolution(
    info,
    {bias: variant % 2 === 1, residual: variant % 4 >= 2, activation: Math.floor(variant / 8)},
    variant % 8 >= 4,
  ),
);

/** `activation(conv(x, filter) + bias + residual)`, a new tensor, or into some channels of one. */
export function convolve(
  runtime: WasmRuntime,
  {x, filter, bias, residual, y: given}: IndirectConv3DInputs,
  info: ConvInfo,
  activation: Activation = 'linear',
): TensorInfo {
  const [batch, time, height, width, channels] = info.outputShape;
  const y = given ?? runtime.makeOutput([batch, time, height, width, info.place?.channels ?? channels]);
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
  for (const part of plans.of(info, variant)) runPart(runtime, filter, part, operands);
  return y;
}

const siblingPlans = new KeptPlans((info, variant) =>
  planSiblings(info, variant % MOST_SIBLINGS, {
    bias: Math.floor(variant / MOST_SIBLINGS) % 2 === 1,
    activation: Math.floor(variant / (2 * MOST_SIBLINGS)),
  }),
);

/** Convolutions that share what is transformed of their input; none if they share nothing. */
function convolveSiblings(runtime: WasmRuntime, inputs: SiblingInputs, attrs: NamedAttrMap): TensorInfo[] {
  const info = convInfoOf(attrs);
  const count = Object.keys(inputs).filter((name) => name.startsWith('filter')).length;
  const hasBias = inputs.bias0 !== undefined;
  if (count >= MOST_SIBLINGS) return [];
  const variant = (2 * codeOf(activationOf(attrs)) + (hasBias ? 1 : 0)) * MOST_SIBLINGS + count;
  const [plan] = siblingPlans.of(info, variant);
  if (plan === undefined) return [];
  const operands: Operands = {x: runtime.addressOf(inputs.x)};
  const made = Array.from({length: count}, (_, i) => {
    const y = runtime.makeOutput(info.outputShape);
    operands[`y${i}`] = runtime.addressOf(y);
    operands[`weights${i}`] = weightsOf(runtime, inputs[`filter${i}`]!, plan.weights);
    if (hasBias) operands[`bias${i}`] = runtime.addressOf(inputs[`bias${i}`]!);
    return y;
  });
  runtime.runRows(plan.rows, operands);
  return made;
}

const kernel = wasmKernel(IndirectConv3D, ({inputs, attrs}, runtime) =>
  convolve(runtime, inputs as IndirectConv3DInputs, convInfoOf(attrs), activationOf(attrs)),
);

const siblings = wasmKernel(IndirectConv3D, ({inputs, attrs}, runtime) =>
  convolveSiblings(runtime, inputs as SiblingInputs, attrs ?? {}),
);

const begin: BeginTape = (backend) => {
  const runtime = connect(backend as BackendWasm);
  return runtime && beginTape(runtime);
};

/** A tape takes these kernels and Mean. */
export const indirectConv3DConfig: KernelConfig & {[SIBLINGS]: KernelFunc; [RECORDER]: BeginTape} = {
  ...kernel,
  [SIBLINGS]: siblings.kernelFunc,
  [RECORDER]: begin,
};
