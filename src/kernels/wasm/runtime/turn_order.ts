/**
 * What a call of a recording has to wait for: those before it that write what it reads or writes, that read what it writes, or whose
 * values lie where its own will. The gradients of a convolution do not wait for each other, nor do norms before it for that of its filter.
 */

/** Numbers of the values that a call reads alone, and of those that it writes. */
export interface Touched {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** A value in the piece of memory, and the calls that name it first and last. */
export interface Placed {
  readonly offset: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * How many of the calls, from the first on, have to be done before each of them begins.
 *
 * @param placed values that lie over others
 */
export function waitsOf(calls: readonly Touched[], placed: readonly Placed[]): number[] {
  const waits = calls.map(() => 0);
  const wait = (call: number, other: number) => {
    if (other < call) waits[call] = Math.max(waits[call]!, other + 1);
  };
  /** The last call that wrote a value, or named it. */
  const written = new Map<number, number>();
  const named = new Map<number, number>();
  for (const [call, {reads, writes}] of calls.entries()) {
    for (const value of reads) wait(call, written.get(value) ?? call);
    for (const value of writes) wait(call, named.get(value) ?? call);
    for (const value of writes) written.set(value, call);
    for (const value of [...reads, ...writes]) named.set(value, call);
  }
  for (const {offset, bytes, first} of placed) {
    for (const other of placed) {
      const isBeneath = other.offset < offset + bytes && offset < other.offset + other.bytes;
      if (isBeneath && other.last < first) wait(first, other.last);
    }
  }
  return waits;
}
