/**
 * Runs the module's functions of optimizers (update.ts) over weights of any sizes in one order: their chunks are its rows, and a table
 * behind the call says where each weight lies and what its step is. Plans are made anew for each call: factors come and go, and a plan
 * that is kept would be looked for by the sizes of all weights.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {sizeOf} from '../../../util/shapes';
import {CALLS, CHUNK} from '../module/calls';
import type {RowFunctionName} from '../module/instantiate';
import {FLOAT_BYTES, MEMORY_STEPS, type Operands, type RowPlan} from '../plan/call_plan';
import {SPAN} from '../runtime/recorded_calls';
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

/** Among the tensors of a weight, the only one that no update changes. */
const GRADIENT = 1;

/** Where values and state go that an update makes: over those of before, if it may, or to new tensors. */
export class UpdateResults {
  /** New tensors in the order in which they were asked for. */
  readonly made: TensorInfo[] = [];
  private readonly isInPlace: boolean;

  /** @param given of each weight value, gradient and state */
  constructor(
    private readonly runtime: WasmRuntime,
    given: readonly (readonly TensorInfo[])[],
    overwrites: boolean,
  ) {
    const before = given.flatMap((tensors) => tensors.filter((_, i) => i !== GRADIENT));
    // What comes out is float32, and has no place in other values: their owner refuses it.
    const hasPlace = before.every(({dtype}) => dtype === 'float32');
    this.isInPlace = overwrites && hasPlace && runtime.takeOver(before);
  }

  of(before: TensorInfo): TensorInfo {
    if (this.isInPlace) return before;
    const result = this.runtime.makeOutput(before.shape);
    this.made.push(result);
    return result;
  }
}

const TENSORS = ['value', 'gradient', 'mean', 'square', 'to', 'toMean', 'toSquare'] as const;
/** Of a call: an UpdateCall or a SquaresCall, and behind it an UpdatedWeight for each weight. */
const CALL_WORDS = Object.keys(CALLS.UpdateCall).length;
const ENTRY_WORDS = Object.keys(CALLS.UpdatedWeight).length;

const chunksOf = ({value}: UpdatedWeight) => Math.ceil(sizeOf(value.shape) / CHUNK);

/** @param factors in the order of the function's class of them */
export function runUpdate(
  runtime: WasmRuntime,
  run: 'sgdUpdate' | 'adamUpdate',
  weights: readonly UpdatedWeight[],
  factors: readonly number[],
): void {
  runTable(runtime, run, weights, {factors});
}

/** The sums of squares of all values of each tensor: of chunks in float32, of these in double precision and in order. */
export function sumsOfSquares(runtime: WasmRuntime, tensors: readonly TensorInfo[]): number[] {
  const weights = tensors.map((value) => ({value}));
  const rows = weights.reduce((total, weight) => total + chunksOf(weight), 0);
  const totals: number[] = [];
  runtime.withResults(rows * FLOAT_BYTES, (at) => {
    runTable(runtime, 'squareSums', weights, {sums: at});
    const sums = new Float32Array(runtime.memory.buffer, at, rows);
    let chunk = 0;
    for (const weight of weights) {
      let total = 0;
      for (const end = chunk + chunksOf(weight); chunk < end; chunk++) total += sums[chunk]!;
      totals.push(total);
    }
  });
  return totals;
}

/** @param last of the call: floats that stand behind the table, or an address */
function runTable(
  runtime: WasmRuntime,
  run: RowFunctionName,
  weights: readonly UpdatedWeight[],
  last: {readonly factors: readonly number[]} | {readonly sums: number},
): void {
  const factors = 'factors' in last ? last.factors : [];
  const factorsAt = CALL_WORDS + weights.length * ENTRY_WORDS;
  const words = new Int32Array(alignedUp(factorsAt + factors.length));
  const floats = new Float32Array(words.buffer);
  const operands: Operands = {};
  const bases: RowPlan['bases'][number][] = [];
  const holes: number[] = [];
  const place = (word: number, address: number) => {
    // Only the names on a tape are not yet addresses: holes for all would take a tenth of a call of many small weights.
    if (address < SPAN) {
      words[word] = address;
      return;
    }
    const number = bases.length;
    operands[number] = address;
    bases.push(number);
    holes.push(word, number, 0);
  };
  let [word, rows, steps] = [CALL_WORDS, 0, 0];
  for (const weight of weights) {
    const count = sizeOf(weight.value.shape);
    // In the order of CALLS.UpdatedWeight.
    words[word++] = rows;
    words[word++] = count;
    for (const name of TENSORS) {
      const tensor = weight[name];
      if (tensor !== undefined) {
        place(word, runtime.addressOf(tensor));
        steps += count * MEMORY_STEPS;
      }
      word++;
    }
    floats[word++] = weight.gradientFactor ?? 0;
    floats[word++] = weight.valueFactor ?? 0;
    floats[word++] = weight.directionFactor ?? 0;
    rows += chunksOf(weight);
  }
  floats.set(factors, factorsAt);
  // In the order of CALLS.UpdateCall and CALLS.SquaresCall.
  words[1] = weights.length;
  if ('sums' in last) place(2, last.sums);
  const scratch = bases.push('scratch') - 1;
  holes.push(0, scratch, CALL_WORDS * FLOAT_BYTES);
  if ('factors' in last) holes.push(2, scratch, factorsAt * FLOAT_BYTES);
  const plan = {
    ...{run, rows, block: 1, tile: 1, steps, scratchBytes: words.byteLength},
    ...{words, bases, holes: Int32Array.from(holes), zeros: new Int32Array(0)},
  };
  runtime.runRows(plan, operands);
}

/** Scratch is whole vectors. */
const alignedUp = (words: number) => Math.ceil(words / 4) * 4;
