/** Weights where the module reads them: in the filter itself, or packed once for each filter and way of use. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {Operands} from '../plan/call_plan';
import type {PartPlan} from '../plan/part_plan';
import type {WeightsPlan} from '../plan/weights';
import type {WasmRuntime} from '../runtime/wasm_runtime';

/** The address of a part's weights. */
export function weightsOf(runtime: WasmRuntime, filter: TensorInfo, plan: WeightsPlan): number {
  return typeof plan === 'number' ? runtime.addressOf(filter) + plan : runtime.packedFrom(filter, plan);
}

/** Computes a part; of a filter that has other values in every run in the way that is best then. */
export function runPart(
  runtime: WasmRuntime,
  filter: TensorInfo,
  {weights, rows, ofFilter}: PartPlan,
  operands: Operands,
): void {
  if (ofFilter !== undefined && runtime.isGiven(filter)) {
    runtime.runRows(ofFilter, {...operands, weights: runtime.addressOf(filter)});
  } else runtime.runRows(rows, {...operands, weights: weightsOf(runtime, filter, weights)});
}
