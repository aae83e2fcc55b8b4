/** Runs the module's functions of optimizers (update.ts) over the values of a weight; plans are kept by how many there are. */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {Kept} from '../../../util/kept';
import {sizeOf} from '../../../util/shapes';
import {CHUNK} from '../module/calls';
import {type Address, CallPlan, FLOAT_BYTES, MEMORY_STEPS, operand, type RowPlan} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

const UPDATE_OPERANDS = ['value', 'gradient', 'mean', 'square', 'to', 'toMean', 'toSquare'] as const;

/** Tensors of one size: those that the function reads or writes. */
export type UpdateTensors = Partial<Record<(typeof UPDATE_OPERANDS)[number], TensorInfo>>;

const kept = new Kept<RowPlan>(512);

/** @param factors in the order of the function's class of them */
export function runUpdate(
  runtime: WasmRuntime,
  run: 'sgdUpdate' | 'adamUpdate',
  tensors: UpdateTensors,
  factors: readonly number[],
): void {
  const count = sizeOf(tensors.to!.shape);
  const given = UPDATE_OPERANDS.filter((name) => tensors[name] !== undefined);
  const plan = kept.get(`${run}|${count}|${given}`, () => {
    const of = (name: (typeof UPDATE_OPERANDS)[number]): Address | 0 =>
      given.includes(name) ? operand(name) : 0;
    const call = new CallPlan();
    call.write(call.call('UpdateCall'), 'UpdateCall', {
      ...{value: of('value'), gradient: of('gradient'), mean: of('mean'), square: of('square')},
      ...{to: of('to'), toMean: of('toMean'), toSquare: of('toSquare'), factors: operand('factors'), count},
    });
    return call.finish(run, {rows: Math.ceil(count / CHUNK), steps: given.length * count * MEMORY_STEPS});
  });
  runtime.space.withScratch(factors.length * FLOAT_BYTES, (at) => {
    new Float32Array(runtime.memory.buffer, at, factors.length).set(factors);
    const addresses = Object.fromEntries(given.map((name) => [name, runtime.addressOf(tensors[name]!)]));
    runtime.runRows(plan, {...addresses, factors: at});
  });
}

/** The sum of squares of all values: of chunks in float32, of these in double precision and in order. */
export function sumOfSquares(runtime: WasmRuntime, x: TensorInfo): number {
  const count = sizeOf(x.shape);
  const rows = Math.ceil(count / CHUNK);
  const plan = kept.get(`squareSums|${count}`, () => {
    const call = new CallPlan();
    call.write(call.call('SquaresCall'), 'SquaresCall', {x: operand('x'), sums: operand('sums'), count});
    return call.finish('squareSums', {rows, steps: count * MEMORY_STEPS});
  });
  let total = 0;
  runtime.space.withScratch(rows * FLOAT_BYTES, (at) => {
    runtime.runRows(plan, {x: runtime.addressOf(x), sums: at});
    for (const sum of new Float32Array(runtime.memory.buffer, at, rows)) total += sum;
  });
  return total;
}
