/** Writes calls of plans to memory: their words, with the addresses that their holes are for. */
import type {Heap} from '../memory/heap';
import type {Operands, RowPlan} from '../plan/call_plan';

/** Of a call. */
export const WORD_BYTES = 4;

export class CallWriter {
  private words = new Int32Array(0);
  /** Of the call that is written: where its bases are. */
  private readonly addresses: number[] = [];

  constructor(private readonly heap: Heap) {}

  /** Writes the calls of a plan, with what it wants in its scratch, to the scratch at `at`. */
  write(plan: RowPlan, at: number, operands: Operands): void {
    const {words, bases, holes, scratchBytes} = plan;
    const first = at / WORD_BYTES;
    const memory = this.wordsUpTo(first + scratchBytes / WORD_BYTES);
    memory.set(words, first);
    const {addresses} = this;
    for (let i = 0; i < bases.length; i++) {
      const base = bases[i]!;
      const address = base === 'scratch' ? at : operands[base];
      if (address === undefined) throw new Error(`A wasm kernel runs a plan without its operand ${base}.`);
      addresses[i] = address;
    }
    for (let i = 0; i < holes.length; i += 3) {
      memory[first + holes[i]!] = addresses[holes[i + 1]!]! + holes[i + 2]!;
    }
    this.clearZeros(plan, at);
  }

  /** Writes the zeros that a plan wants in its scratch. */
  clearZeros({zeros, scratchBytes}: RowPlan, scratch: number): void {
    const first = scratch / WORD_BYTES;
    const memory = this.wordsUpTo(first + scratchBytes / WORD_BYTES);
    for (let i = 0; i < zeros.length; i += 2) {
      const from = first + zeros[i]!;
      memory.fill(0, from, from + zeros[i + 1]!);
    }
  }

  /** The memory up to this word at least, until something is allocated. A memory that has grown leaves a view of no length, or of its old one. */
  wordsUpTo(end: number): Int32Array {
    if (this.words.length < end) {
      const {buffer} = this.heap.memory;
      this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / WORD_BYTES));
    }
    return this.words;
  }
}
