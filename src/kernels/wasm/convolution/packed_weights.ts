/** Weights where the module reads them: in the filter itself, or packed once for each filter and way of use. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {WeightsPlan} from '../plan/weights';
import type {WasmRuntime} from '../runtime/wasm_runtime';

/** The address of a part's weights. */
export function weightsOf(runtime: WasmRuntime, filter: TensorInfo, plan: WeightsPlan): number {
  return typeof plan === 'number' ? runtime.addressOf(filter) + plan : runtime.packedFrom(filter, plan);
}
