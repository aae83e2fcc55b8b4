/** Runs batch normalization or its gradient, pass by pass; plans are kept by shape and settings. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Kept} from '../../../util/kept';
import {sizeOf} from '../../../util/shapes';
import {FLOAT_BYTES} from '../plan/call_plan';
import {type NormPlan, type NormSettings, planNorm} from '../plan/norm';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type NormTensors = {readonly x: TensorInfo; readonly gamma: TensorInfo} & Partial<
  Record<
    ('dy' | 'to' | 'beta' | 'mean' | 'variance' | 'dgamma' | 'dbeta') | ('residual' | 'sigmoid'),
    TensorInfo | undefined
  >
>;

const kept = new Kept<NormPlan>(512);

export function runNorm(
  runtime: WasmRuntime,
  direction: 'forward' | 'backward',
  tensors: NormTensors,
  {epsilon, activation}: Omit<NormSettings, 'adds'>,
): void {
  const {x, gamma} = tensors;
  const channels = sizeOf(gamma.shape);
  const rows = sizeOf(x.shape.slice(0, -1));
  const settings = {epsilon, activation, adds: tensors.residual !== undefined};
  const key = `${direction}|${rows}|${channels}|${activation}|${settings.adds}|${epsilon}`;
  const {passes, bytes} = kept.get(key, () => planNorm(direction, {rows, channels}, settings));
  const operands: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor !== undefined) operands[name] = runtime.addressOf(tensor);
  }
  runtime.withSpace(bytes / FLOAT_BYTES, (blocks) => {
    operands.blocks = blocks;
    for (const pass of passes) runtime.runRows(pass, operands);
  });
}
