/**
 * What kernels would have the module compute, noted down (geometry/recording.ts). While a tape is in the runtime, kernels find
 * names of values in the place of addresses, and the calls that they ask for are noted with these names.
 */
import type {DataId, NumericDataType, TensorInfo} from '@tensorflow/tfjs-core';
import type {Recording, Tape} from '../../../geometry/recording';
import {sizeOf} from '../../../util/shapes';
import type {Operands, RowPlan} from '../plan/call_plan';
import {type NotedCall, RecordedCalls, SPAN, type TapeValue} from './recorded_calls';
import type {CallNotes, WasmRuntime} from './wasm_runtime';

/** Begins a tape of what kernels of a runtime compute; undefined where they cannot be noted. */
export function beginTape(runtime: WasmRuntime): Tape | undefined {
  return runtime.canBeNoted ? new CallTape(runtime) : undefined;
}

class CallTape implements Tape, CallNotes {
  private readonly values: (TapeValue & {first: number; last: number})[] = [];
  private readonly numbers = new Map<DataId, number>();
  private readonly calls: NotedCall[] = [];
  /** Packed weights by the value and the way they are packed. */
  private readonly packedNames = new Map<string, number>();
  private readonly version: number;
  /** The first value of the kernel that is noted. */
  private firstOwn = 0;

  constructor(private readonly runtime: WasmRuntime) {
    this.version = runtime.version;
  }

  given({shape, dtype}: TensorInfo): TensorInfo {
    if (dtype !== 'float32') throw new Error(`A tape was given a value of ${dtype}.`);
    return this.newValue(shape, true);
  }

  made(shape: number[], dtype: NumericDataType): TensorInfo {
    if (dtype !== 'float32') throw new Error('A tape holds values of float32 alone.');
    return this.newValue(shape, false);
  }

  nameOf(dataId: DataId): number | undefined {
    const number = this.numbers.get(dataId);
    return number === undefined ? undefined : number * SPAN;
  }

  note(plan: RowPlan, operands: Operands): void {
    const [reads, writes] = [new Set<number>(), new Set<number>()];
    const at = this.calls.push({plan, operands: {...operands}, reads, writes}) - 1;
    for (const [name, address] of Object.entries(operands)) {
      if (address === undefined || address < SPAN) continue;
      const number = Math.floor(address / SPAN) - 1;
      const value = this.values[number]!;
      value.first = Math.min(value.first, at);
      value.last = at;
      // A kernel does not write to its inputs, but for one that is told into what; of what it has made itself it may do both.
      const isOwn = number >= this.firstOwn && !value.isGiven;
      (isOwn || name.startsWith('y') ? writes : reads).add(number);
    }
  }

  packed(dataId: DataId, layout: string, bytes: number, fill: (to: number) => void): number {
    const key = `${this.numbers.get(dataId)}|${layout}`;
    const known = this.packedNames.get(key);
    if (known !== undefined) return known;
    const name = this.nameOf(this.newValue([bytes / Float32Array.BYTES_PER_ELEMENT], false).dataId)!;
    fill(name);
    this.packedNames.set(key, name);
    return name;
  }

  record(call: () => readonly TensorInfo[]): readonly TensorInfo[] {
    const before = this.calls.length;
    const packedBefore = this.packedNames.size;
    this.firstOwn = this.values.length;
    try {
      const results = this.runtime.noting(this, call);
      if (results.length > 0 && results.every(({dataId}) => this.numbers.has(dataId))) return results;
    } catch {
      // Whoever takes this call another way meets the error there, if it is one.
    }
    this.calls.length = before;
    for (const key of [...this.packedNames.keys()].slice(packedBefore)) this.packedNames.delete(key);
    return [];
  }

  finish(made: readonly TensorInfo[]): Recording {
    // Of the shapes that are asked for: a step may see what its kernel has made in another one.
    const results = made.map(({dataId, shape}) => ({
      value: this.numbers.get(dataId)! - 1,
      shape: [...shape],
    }));
    return new RecordedCalls(this.runtime, this.version, this.values, results, this.calls);
  }

  private newValue(shape: readonly number[], isGiven: boolean): TensorInfo {
    const dataId = {};
    const bytes = sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT;
    const value = {isGiven, bytes, first: Number.POSITIVE_INFINITY, last: -1};
    this.numbers.set(dataId, this.values.push(value));
    return {dataId, shape: [...shape], dtype: 'float32'};
  }
}
