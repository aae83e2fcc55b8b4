/** Weights where the module reads them: in the filter itself, or packed once for each filter and way of use. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {PackedWeights, WeightsPlan} from '../plan/weights';
import type {WasmRuntime} from '../runtime/wasm_runtime';

/** The address of a part's weights. */
export function weightsOf(runtime: WasmRuntime, filter: TensorInfo, plan: WeightsPlan): number {
  if (typeof plan === 'number') return runtime.addressOf(filter) + plan;
  const {layout, bytes, transform} = plan;
  if (transform === undefined) {
    return runtime.packedFrom(filter, layout, bytes, (to) => pack(runtime, filter, plan, to));
  }
  return runtime.packedFrom(filter, layout, transform.bytes, (to) =>
    runtime.space.withScratch(bytes, (panels) => {
      pack(runtime, filter, plan, panels);
      runtime.module.transformWeights(panels, to, ...transform.sizes);
    }),
  );
}

function pack(runtime: WasmRuntime, filter: TensorInfo, {steps}: PackedWeights, to: number): void {
  const from = runtime.addressOf(filter);
  for (const step of steps) {
    const [source, target] = [from + step.from, to + step.to];
    if (step.run === 'copy') {
      new Uint8Array(runtime.memory.buffer).copyWithin(target, source, source + step.sizes[0]!);
    } else runtime.module[step.run](source, target, ...step.sizes);
  }
}
