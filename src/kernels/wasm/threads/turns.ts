/**
 * A table of turns as the main thread goes through it; workers do the same (worker_source.ts). A turn is named by its first word. Who
 * has to wait for another one's ranges takes meanwhile those of a turn further on that need not wait, so that nobody stands still while there
 * is work.
 */
import {AHEAD, TURN} from './worker_source';

export class Turns {
  readonly first: number;
  readonly end: number;

  /** @param compute runs a range, with the number of a function and the address of its call, and does not throw */
  constructor(
    readonly words: Int32Array,
    table: number,
    count: number,
    private readonly compute: (run: number, call: number, first: number, end: number) => void,
  ) {
    this.first = table / Int32Array.BYTES_PER_ELEMENT;
    this.end = this.first + count * TURN.words;
  }

  /** One that is not done yet, of the turns that a turn waits for. */
  awaited(at: number): number | undefined {
    const {words, first} = this;
    const waits = first + words[at + TURN.waits]!;
    const end = waits + words[at + TURN.waitCount]!;
    for (let i = waits; i < end; i++) {
      const other = first + words[i]! * TURN.words;
      if (Atomics.load(words, other + TURN.done) !== words[other + TURN.ranges]) return other;
    }
    return undefined;
  }

  /** Claims a range of a turn and computes it; false if there is none left. */
  takeRange(at: number): boolean {
    const {words} = this;
    const left = Atomics.sub(words, at + TURN.left, 1);
    if (left <= 0) return false;
    const [rows, step] = [words[at + TURN.rows]!, words[at + TURN.step]!];
    const from = (left - 1) * step;
    this.compute(words[at + TURN.run]!, words[at + TURN.call]! >>> 0, from, Math.min(rows, from + step));
    const done = Atomics.add(words, at + TURN.done, 1) + 1;
    if (done === words[at + TURN.ranges]) Atomics.notify(words, at + TURN.done);
    return true;
  }

  /** The same of one of the next turns that waits for nothing; false if there is none. */
  takeAhead(at: number): boolean {
    const until = Math.min(this.end, at + AHEAD * TURN.words);
    for (let next = at + TURN.words; next < until; next += TURN.words) {
      const isLeft = Atomics.load(this.words, next + TURN.left) > 0;
      if (isLeft && this.awaited(next) === undefined && this.takeRange(next)) return true;
    }
    return false;
  }
}
