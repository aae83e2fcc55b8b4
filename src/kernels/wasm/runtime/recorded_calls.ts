/**
 * Calls of the module that were noted on a tape, to be run as one. All values lie in one piece of memory, those that do not
 * live at the same time over each other, and behind them stand the calls; a run asks for that piece, writes all calls, fills
 * in where everything lies this time, and has them computed one after the other. Where there are threads there is one of each call for
 * each of them, and a table of turns tells them all what comes when, so that they go from call to call by themselves.
 */
import type {NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import {IndirectConv3D} from '../../../geometry/kernel_names';
import type {Recording} from '../../../geometry/recording';
import {OutOfMemoryError} from '../../../util/errors';
import type {RowFunction} from '../module/instantiate';
import type {Operand, Operands, RowPlan} from '../plan/call_plan';
import {TURN} from '../threads/worker_source';
import {WORD_BYTES} from './call_writer';
import {type Lifetime, layOut} from './layout';
import {waitsOf} from './turn_order';
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
  /** Values that it reads alone, and that it writes. */
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
}

/** Calls begin at multiples of 16 bytes. */
const CALL_WORDS = 4;

/** Calls for which the place of a value stays its own behind its last reader, so that those after it need not wait for that. */
const SLACK = 4;

/** From where addresses of a run are counted: from 0, or from the beginning of a region. */
const NOWHERE = 0;
const SCRATCH = 1;
/** The piece of memory: values, zeros, the table of turns, the calls. */
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
  readonly compute: RowFunction;
  readonly places: Partial<Record<Operand, Place>>;
  /** From the beginning of the piece; those of other threads behind it, `bytes` apart. */
  readonly at: number;
  readonly bytes: number;
}

export class RecordedCalls implements Recording {
  private readonly calls: readonly RecordedCall[];
  /** The table of turns and all calls, with 0 for each address. */
  private readonly words: Int32Array;
  /** Three numbers for each address: its word, its region, how many bytes from there. Addresses are of 32 bits, and sums of them wrap. */
  private readonly holes: Int32Array;
  /** Where zeros and words begin in the piece. */
  private readonly zerosAt: number;
  private readonly wordsAt: number;
  /** Scratch of one thread. */
  private readonly threadScratch: number;
  private readonly madeShapes: readonly number[][];
  /** Where each region is in a run. */
  private readonly regions: Int32Array;

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
    // Where threads go on while others still work, what was read last is not written over at once.
    const slack = runtime.isShared ? SLACK : 0;
    const {offsets, bytes} = layOut(inPiece.map((i) => ({...values[i]!, last: values[i]!.last + slack})));
    const offsetOf = new Map(inPiece.map((value, i) => [value, offsets[i]!]));
    const waits = runtime.isShared
      ? waitsOf(
          noted.map(({reads, writes}) => ({reads: [...reads], writes: [...writes]})),
          inPiece.map((value, i) => ({...values[value]!, value, offset: offsets[i]!})),
        )
      : [];
    const tensors = [...values.keys()].filter((i) => values[i]!.isGiven).concat(made);
    const tensorOf = new Map(tensors.map((value, i) => [value, FIRST_TENSOR + i]));
    this.regions = new Int32Array(FIRST_TENSOR + tensors.length);
    const placeOf = (name: number): Place => {
      if (name < SPAN) return {region: NOWHERE, bytes: name};
      const value = Math.floor(name / SPAN) - 1;
      const region = tensorOf.get(value);
      if (region !== undefined) return {region, bytes: name % SPAN};
      return {region: PIECE, bytes: offsetOf.get(value)! + (name % SPAN)};
    };
    this.madeShapes = results.map(({shape}) => shape);
    this.zerosAt = bytes;
    this.wordsAt = bytes + alignedUp(Math.max(0, ...noted.map(({plan}) => zeroWordsOf(plan)))) * WORD_BYTES;
    const waitsFrom = waits.length * TURN.words;
    const allWaits = waits.flat();
    let at = this.wordsAt + alignedUp(waitsFrom + allWaits.length) * WORD_BYTES;
    this.calls = noted.map(({plan, operands}) => {
      const places = Object.fromEntries(
        Object.entries(operands).map(([name, address]) => [name, placeOf(address!)]),
      );
      const bytes = alignedUp(plan.words.length) * WORD_BYTES;
      const call = {plan, compute: runtime.module[plan.run], places, at, bytes};
      at += runtime.threads * bytes;
      return call;
    });
    this.threadScratch = Math.max(0, ...noted.map(({plan}) => plan.scratchBytes));
    this.words = new Int32Array((at - this.wordsAt) / WORD_BYTES);
    this.words.set(allWaits, waitsFrom);
    let waitsAt = waitsFrom;
    const turns = waits.flatMap(({length}, i) => {
      waitsAt += length;
      return this.writeTurn(this.calls[i]!, i, {waits: waitsAt - length, waitCount: length});
    });
    this.holes = Int32Array.from([...turns, ...this.calls.flatMap((call) => this.write(call))]);
  }

  get isCurrent(): boolean {
    return this.runtime.version === this.version;
  }

  run(given: readonly TensorInfo[]): TensorInfo[] | undefined {
    try {
      const inputs = given as unknown as NamedTensorInfoMap;
      const made = this.runtime.run(IndirectConv3D, () => this.compute(given), {inputs}) as TensorInfo[];
      return made.length > 0 ? made : undefined;
    } catch (error) {
      if (error instanceof OutOfMemoryError) return undefined;
      throw error;
    }
  }

  /** A call's turn, in the table; returns its hole. */
  private writeTurn(
    {plan, at, bytes}: RecordedCall,
    i: number,
    waits: {waits: number; waitCount: number},
  ): number[] {
    const {runtime} = this;
    const {rows} = plan;
    const step = runtime.threadsFor(plan) === 1 ? rows : runtime.rowsOfRange(plan);
    const ranges = Math.ceil(rows / step);
    const first = i * TURN.words;
    const turn = {
      left: ranges,
      done: 0,
      ranges,
      run: runtime.numberOf(plan.run),
      rows,
      step,
      stride: bytes,
      ...waits,
    };
    for (const [name, value] of Object.entries(turn))
      this.words[first + TURN[name as keyof typeof turn]] = value;
    return [first + TURN.call, PIECE, at];
  }

  /** A call's words, for each thread; returns its holes. */
  private write({plan, places, at, bytes: callBytes}: RecordedCall): number[] {
    const {words, bases, holes} = plan;
    const filled: number[] = [];
    for (let thread = 0; thread < this.runtime.threads; thread++) {
      const call = at + thread * callBytes;
      const first = (call - this.wordsAt) / WORD_BYTES;
      this.words.set(words, first);
      for (let i = 0; i < holes.length; i += 3) {
        const [base, bytes] = [bases[holes[i + 1]!]!, holes[i + 2]!];
        const zeros = zerosBefore(plan, bytes);
        let place: Place;
        if (base !== 'scratch') place = {...places[base]!, bytes: places[base]!.bytes + bytes};
        // The calls of a plan stand at the beginning of its scratch: here they stand in the piece, as the zeros of all do.
        else if (bytes < words.length * WORD_BYTES) place = {region: PIECE, bytes: call + bytes};
        else if (zeros !== undefined) place = {region: PIECE, bytes: this.zerosAt + zeros};
        else place = {region: SCRATCH, bytes: thread * this.threadScratch + bytes};
        filled.push(first + holes[i]!, place.region, place.bytes);
      }
    }
    return filled;
  }

  /** What was made; nothing where the recording has gone out of date for want of memory. */
  private compute(given: readonly TensorInfo[]): TensorInfo[] {
    const {runtime, regions, wordsAt} = this;
    const made = this.madeShapes.map((shape) => runtime.makeOutput([...shape]));
    let isDone = false;
    runtime.space.withScratch(wordsAt + this.words.byteLength, (piece) => {
      const scratch = runtime.space.scratch(runtime.threads * this.threadScratch);
      // Memory may have been made of what the calls would read.
      if (!this.isCurrent) return;
      regions[SCRATCH] = scratch;
      regions[PIECE] = piece;
      let region = FIRST_TENSOR;
      for (const tensor of given) regions[region++] = runtime.addressOf(tensor);
      for (const tensor of made) regions[region++] = runtime.addressOf(tensor);
      this.fill(piece);
      if (runtime.isShared) runtime.runTurns(piece + wordsAt, this.calls.length);
      else this.computeAlone(piece);
      isDone = true;
    });
    if (isDone) return made;
    for (const tensor of made) runtime.dispose(tensor);
    return [];
  }

  /** Writes zeros, turns and calls to a piece. */
  private fill(piece: number): void {
    const {words, holes, regions, zerosAt, wordsAt} = this;
    const first = (piece + wordsAt) / WORD_BYTES;
    const memory = this.runtime.calls.wordsUpTo(first + words.length);
    memory.fill(0, (piece + zerosAt) / WORD_BYTES, first);
    memory.set(words, first);
    for (let i = 0; i < holes.length; i += 3) {
      memory[first + holes[i]!] = (regions[holes[i + 1]!]! + holes[i + 2]!) | 0;
    }
  }

  private computeAlone(piece: number): void {
    for (const {plan, compute, at} of this.calls) compute(piece + at, 0, plan.rows);
  }
}

const alignedUp = (words: number) => Math.ceil(words / CALL_WORDS) * CALL_WORDS;

/** Of the longest region of zeros. */
function zeroWordsOf({zeros}: RowPlan): number {
  let most = 0;
  for (let i = 1; i < zeros.length; i += 2) most = Math.max(most, zeros[i]!);
  return most;
}

/** How many bytes a place is from the beginning of the zeros that a plan wants there; undefined for any other. Nobody writes to them. */
function zerosBefore({zeros}: RowPlan, bytes: number): number | undefined {
  for (let i = 0; i < zeros.length; i += 2) {
    const words = bytes / WORD_BYTES - zeros[i]!;
    if (words >= 0 && words < zeros[i + 1]!) return words * WORD_BYTES;
  }
  return undefined;
}
