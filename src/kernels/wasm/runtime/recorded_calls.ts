/**
 * Calls of the module that were noted on a tape, to be run as one. All values lie in one piece of memory, those that do not
 * live at the same time over each other, and behind them stand the calls; a run asks for that piece, writes all calls, fills
 * in where everything lies this time, and has them computed one after the other.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import {IndirectConv3D} from '../../../geometry/kernel_names';
import type {Recording} from '../../../geometry/recording';
import {OutOfMemoryError} from '../../../util/errors';
import type {RowFunction} from '../module/instantiate';
import type {Address, Operand, Operands, RowPlan} from '../plan/call_plan';
import {WORD_BYTES} from './call_writer';
import {type Lifetime, layOut} from './layout';
import type {WasmRuntime} from './wasm_runtime';

/**
 * Names begin beyond all addresses and lie as far apart: so many bytes from the beginning of a value are `number * SPAN +
 * bytes`, counted from 1, and a whole number that is exact for a million values.
 */
export const SPAN = 2 ** 33;

/** All are float32. */
export interface TapeValue extends Lifetime {
  readonly isGiven: boolean;
}

/** A value that a run makes: its number, and the shape in which it is made. */
export interface TapeResult {
  readonly value: number;
  readonly shape: number[];
}

export interface NotedCall {
  readonly plan: RowPlan;
  readonly operands: Operands;
}

/** Calls begin at multiples of 16 bytes. */
const CALL_WORDS = 4;

/** From where addresses of a run are counted: from 0, or from the beginning of a region. */
const NOWHERE = 0;
const SCRATCH = 1;
/** The piece of memory with the values and the calls. */
const PIECE = 2;
/** Tensors that are given, and behind them those that are made. */
const FIRST_TENSOR = 3;

/** An address in any run. */
interface Place {
  readonly region: number;
  readonly bytes: number;
}

interface RecordedCall {
  readonly plan: RowPlan;
  /** From the beginning of the piece. */
  readonly at: number;
  readonly operands: readonly {readonly operand: Operand; readonly place: Place}[];
}

export class RecordedCalls implements Recording {
  private readonly calls: readonly RecordedCall[];
  /** All calls, with 0 for each address. */
  private readonly words: Int32Array;
  /** Three numbers for each address: its word, its region, how many bytes from there. */
  private readonly holes: Float64Array;
  /** For one thread, call by call: which of `functions`, where from the beginning of the piece, rows, how many zeros in the scratch from which word. */
  private readonly turns: Int32Array;
  private readonly functions: readonly RowFunction[];
  private readonly valueBytes: number;
  private readonly scratchBytes: number;
  private readonly madeShapes: readonly number[][];
  /** Where each region is in a run. */
  private readonly regions: number[] = [];

  /**
   * @param version of the runtime when the tape began
   * @param results the values that a run makes
   */
  constructor(
    private readonly runtime: WasmRuntime,
    private readonly version: number,
    values: readonly TapeValue[],
    results: readonly TapeResult[],
    noted: readonly NotedCall[],
  ) {
    const made = results.map(({value}) => value);
    const inPiece = values.flatMap(({isGiven, last}, i) =>
      isGiven || last < 0 || made.includes(i) ? [] : [i],
    );
    const {offsets, bytes} = layOut(inPiece.map((i) => values[i]!));
    const tensors = [...values.keys()].filter((i) => values[i]!.isGiven).concat(made);
    const placeOf = (name: number): Place => {
      if (name < SPAN) return {region: NOWHERE, bytes: name};
      const value = Math.floor(name / SPAN) - 1;
      const tensor = tensors.indexOf(value);
      if (tensor >= 0) return {region: FIRST_TENSOR + tensor, bytes: name % SPAN};
      return {region: PIECE, bytes: offsets[inPiece.indexOf(value)]! + (name % SPAN)};
    };
    this.valueBytes = bytes;
    this.madeShapes = results.map(({shape}) => shape);
    let at = bytes;
    this.calls = noted.map(({plan, operands}) => {
      const places = Object.entries(operands).map(([operand, name]) => ({
        operand: operand as Operand,
        place: placeOf(name!),
      }));
      const call = {plan, at, operands: places};
      at += Math.ceil(plan.words.length / CALL_WORDS) * CALL_WORDS * WORD_BYTES;
      return call;
    });
    this.words = new Int32Array((at - bytes) / WORD_BYTES);
    this.holes = Float64Array.from(this.calls.flatMap((call) => this.write(call)));
    const names = [...new Set(noted.map(({plan}) => plan.run))];
    this.functions = names.map((name) => runtime.module[name]);
    this.turns = Int32Array.from(
      this.calls.flatMap(({plan, at: call}) => {
        const {run, rows, zeros} = plan;
        return [names.indexOf(run), call, rows, zeros.length, ...zeros];
      }),
    );
    this.scratchBytes = Math.max(...this.calls.map(({plan}) => runtime.threadsFor(plan) * plan.scratchBytes));
  }

  get isCurrent(): boolean {
    return this.runtime.version === this.version;
  }

  run(given: readonly TensorInfo[]): TensorInfo[] | undefined {
    try {
      const inputs = Object.fromEntries(given.entries());
      const made = this.runtime.run(IndirectConv3D, () => this.compute(given), {inputs}) as TensorInfo[];
      return made.length > 0 ? made : undefined;
    } catch (error) {
      if (error instanceof OutOfMemoryError) return undefined;
      throw error;
    }
  }

  /** A call's words; returns its holes. */
  private write({plan, at, operands}: RecordedCall): number[] {
    const {words, bases, holes} = plan;
    const first = (at - this.valueBytes) / WORD_BYTES;
    this.words.set(words, first);
    // The calls of a plan stand at the beginning of its scratch: here they stand in the piece.
    const callBytes = words.length * WORD_BYTES;
    const placeOf = (base: Address['base'], bytes: number): Place => {
      if (base !== 'scratch') {
        const {place} = operands.find(({operand}) => operand === base)!;
        return {region: place.region, bytes: place.bytes + bytes};
      }
      return bytes < callBytes ? {region: PIECE, bytes: at + bytes} : {region: SCRATCH, bytes};
    };
    const filled: number[] = [];
    for (let i = 0; i < holes.length; i += 3) {
      const {region, bytes} = placeOf(bases[holes[i + 1]!]!, holes[i + 2]!);
      filled.push(first + holes[i]!, region, bytes);
    }
    return filled;
  }

  /** What was made; nothing where the recording has gone out of date for want of memory. */
  private compute(given: readonly TensorInfo[]): TensorInfo[] {
    const {runtime, regions} = this;
    const made = this.madeShapes.map((shape) => runtime.makeOutput([...shape]));
    let isDone = false;
    runtime.space.withScratch(this.valueBytes + this.words.byteLength, (piece) => {
      const scratch = runtime.space.scratch(this.scratchBytes);
      // Memory may have been made of what the calls would read.
      if (!this.isCurrent) return;
      regions.length = 0;
      regions.push(0, scratch, piece);
      for (const tensor of given) regions.push(runtime.addressOf(tensor));
      for (const tensor of made) regions.push(runtime.addressOf(tensor));
      this.fill(piece + this.valueBytes);
      if (runtime.isShared) for (const call of this.calls) this.share(call, piece, scratch);
      else this.computeAlone(piece, scratch);
      isDone = true;
    });
    if (isDone) return made;
    for (const tensor of made) runtime.dispose(tensor);
    return [];
  }

  /** Writes all calls to an address. */
  private fill(at: number): void {
    const {words, holes, regions} = this;
    const first = at / WORD_BYTES;
    const memory = this.runtime.calls.wordsUpTo(first + words.length);
    memory.set(words, first);
    for (let i = 0; i < holes.length; i += 3) {
      memory[first + holes[i]!] = regions[holes[i + 1]!]! + holes[i + 2]!;
    }
  }

  /** All calls on this thread. Between two of them the caches are full of their numbers, so that the less is read here, the better. */
  private computeAlone(piece: number, scratch: number): void {
    const {turns, functions} = this;
    const first = scratch / WORD_BYTES;
    const memory = this.runtime.calls.wordsUpTo(first + this.scratchBytes / WORD_BYTES);
    for (let i = 0; i < turns.length; ) {
      const run = functions[turns[i]!]!;
      const [call, rows] = [piece + turns[i + 1]!, turns[i + 2]!];
      const end = i + 4 + turns[i + 3]!;
      for (i += 4; i < end; i += 2) {
        const zeros = first + turns[i]!;
        memory.fill(0, zeros, zeros + turns[i + 1]!);
      }
      run(call, 0, rows);
    }
  }

  private share({plan, at, operands}: RecordedCall, piece: number, scratch: number): void {
    const {runtime, regions} = this;
    if (runtime.threadsFor(plan) > 1) {
      const addresses: Operands = {};
      for (const {operand, place} of operands) addresses[operand] = regions[place.region]! + place.bytes;
      runtime.runRows(plan, addresses);
      return;
    }
    runtime.calls.clearZeros(plan, scratch);
    runtime.module[plan.run](piece + at, 0, plan.rows);
  }
}
