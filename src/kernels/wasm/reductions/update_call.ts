/**
 * Runs the module's functions of optimizers (update.ts) over weights of any sizes in one order: their chunks are its rows, and a table in
 * the scratch says where each weight lies and what its step is.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {CALLS, CHUNK} from '../module/calls';
import {CallPlan, FLOAT_BYTES, MEMORY_STEPS, operand, type RowPlan} from '../plan/call_plan';
import type {WasmRuntime} from '../runtime/wasm_runtime';

/** A weight: tensors of one size, those that the function reads or writes, and the factors of its step. */
export interface UpdatedWeight {
  readonly value: TensorInfo;
  readonly gradient?: TensorInfo;
  readonly mean?: TensorInfo | undefined;
  readonly square?: TensorInfo;
  readonly to?: TensorInfo;
  readonly toMean?: TensorInfo | undefined;
  readonly toSquare?: TensorInfo;
  readonly gradientFactor?: number;
  readonly valueFactor?: number;
  readonly directionFactor?: number;
}

const TENSORS = ['value', 'gradient', 'mean', 'square', 'to', 'toMean', 'toSquare'] as const;
const ENTRY_WORDS = Object.keys(CALLS.UpdatedWeight).length;
const ENTRY_BYTES = ENTRY_WORDS * FLOAT_BYTES;

const chunksOf = ({value}: UpdatedWeight) => Math.ceil(sizeOf(value.shape) / CHUNK);

/** @param factors in the order of the function's class of them */
export function runUpdate(
  runtime: WasmRuntime,
  run: 'sgdUpdate' | 'adamUpdate',
  weights: readonly UpdatedWeight[],
  factors: readonly number[],
): void {
  const table = weights.length * ENTRY_BYTES;
  runtime.withTable(table + factors.length * FLOAT_BYTES, (at) => {
    const work = writeTable(runtime, at, weights);
    new Float32Array(runtime.memory.buffer, at + table, factors.length).set(factors);
    const call = new CallPlan();
    call.write(call.call('UpdateCall'), 'UpdateCall', {
      ...{weights: operand('weights'), count: weights.length, factors: operand('factors')},
    });
    runtime.runRows(call.finish(run, work), {weights: at, factors: at + table});
  });
}

/** The sums of squares of all values of each tensor: of chunks in float32, of these in double precision and in order. */
export function sumsOfSquares(runtime: WasmRuntime, tensors: readonly TensorInfo[]): number[] {
  const weights = tensors.map((value) => ({value}));
  const table = weights.length * ENTRY_BYTES;
  const rows = weights.reduce((total, weight) => total + chunksOf(weight), 0);
  const totals: number[] = [];
  runtime.withTable(table + rows * FLOAT_BYTES, (at) => {
    const work = writeTable(runtime, at, weights);
    const call = new CallPlan();
    call.write(call.call('SquaresCall'), 'SquaresCall', {
      ...{weights: operand('weights'), count: weights.length, sums: operand('sums')},
    });
    runtime.runRows(call.finish('squareSums', work), {weights: at, sums: at + table});
    const sums = new Float32Array(runtime.memory.buffer, at + table, rows);
    let chunk = 0;
    for (const weight of weights) {
      let total = 0;
      for (const end = chunk + chunksOf(weight); chunk < end; chunk++) total += sums[chunk]!;
      totals.push(total);
    }
  });
  return totals;
}

/** Writes the table and tells how much work it is. */
function writeTable(
  runtime: WasmRuntime,
  at: number,
  weights: readonly UpdatedWeight[],
): Pick<RowPlan, 'rows' | 'steps'> {
  const {buffer} = runtime.memory;
  const words = new Uint32Array(buffer, at, weights.length * ENTRY_WORDS);
  const floats = new Float32Array(buffer, at, words.length);
  let [word, rows, steps] = [0, 0, 0];
  for (const weight of weights) {
    const count = sizeOf(weight.value.shape);
    // In the order of CALLS.UpdatedWeight.
    words[word++] = rows;
    words[word++] = count;
    for (const name of TENSORS) {
      const tensor = weight[name];
      words[word++] = tensor === undefined ? 0 : runtime.addressOf(tensor);
      if (tensor !== undefined) steps += count * MEMORY_STEPS;
    }
    floats[word++] = weight.gradientFactor ?? 0;
    floats[word++] = weight.valueFactor ?? 0;
    floats[word++] = weight.directionFactor ?? 0;
    rows += chunksOf(weight);
  }
  return {rows, steps};
}
