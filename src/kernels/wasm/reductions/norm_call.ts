/**
 * Runs the module's functions of batch normalization: a call with its scratch for factors of each channel. Which factors,
 * the kernels say.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {ACTIVATIONS, type NormActivation} from '../../../geometry/kernel_names';
import {BLOCK} from '../module/calls';
import {type Address, CallPlan, FLOAT_BYTES, MEMORY_STEPS, operand} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

type Tensors = Partial<Record<'x' | 'dy' | 'to' | 'mean' | 'sums' | 'products', TensorInfo>>;
const FACTORS = ['gradient', 'deviation', 'shift', 'scale', 'offset'] as const;
type Factors = Partial<Record<(typeof FACTORS)[number], ArrayLike<number>>>;

/**
 * @param run      over channels (statistics, sums) or over rows (what is written for each value)
 * @param tensors  `[rows, channels]` and `[channels]`, those that the function reads or writes
 * @param factors  `[channels]` each, those that it reads
 * @param activation  that of what is written, or behind which dy is
 */
export function runNorm(
  runtime: WasmRuntime,
  run: 'normStatistics' | 'normSums' | 'normScale' | 'normBackprop',
  [rows, channels]: readonly [number, number],
  tensors: Tensors,
  factors: Factors = {},
  activation: NormActivation = 'linear',
): void {
  const byChannel = run === 'normStatistics' || run === 'normSums';
  const addresses = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, runtime.addressOf(tensor)]),
  );
  const bytes = channels * FLOAT_BYTES;
  runtime.space.withScratch(FACTORS.length * bytes, (at) => {
    FACTORS.forEach((name, i) => {
      addresses[name] = at + i * bytes;
      const values = factors[name];
      if (values !== undefined) new Float32Array(runtime.memory.buffer, at + i * bytes, channels).set(values);
    });
    const addressOf = (name: keyof Tensors | keyof Factors): Address | 0 =>
      addresses[name] === undefined ? 0 : operand(name);
    const plan = new CallPlan();
    plan.write(plan.call('NormCall'), 'NormCall', {
      ...{x: addressOf('x'), dy: addressOf('dy'), to: addressOf('to'), mean: addressOf('mean')},
      ...{sums: addressOf('sums'), products: addressOf('products')},
      ...{gradient: addressOf('gradient'), deviation: addressOf('deviation'), shift: addressOf('shift')},
      ...{scale: addressOf('scale'), offset: addressOf('offset')},
      ...{activation: ACTIVATIONS.indexOf(activation), rows, channels},
    });
    const work = {
      rows: byChannel ? channels : rows,
      // One range of channels for each thread: all rows are gone through for every range.
      block: byChannel ? channels : BLOCK,
      steps: rows * channels * MEMORY_STEPS,
    };
    runtime.runRows(plan.finish(run, work), addresses);
  });
}
