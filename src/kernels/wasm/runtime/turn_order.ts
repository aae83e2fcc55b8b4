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
  readonly value: number;
  readonly offset: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The calls that have to be done before each of them begins, but for those that others of these wait for.
 *
 * @param placed values that lie over others
 */
export function waitsOf(calls: readonly Touched[], placed: readonly Placed[]): number[][] {
  const waits = calls.map(() => new Set<number>());
  /** By value the call that wrote it, and those that have read it since. */
  const written = new Map<number, number>();
  const read = new Map<number, number[]>();
  const whoseEnd = (value: number) => [written.get(value) ?? [], read.get(value) ?? []].flat();
  for (const [call, {reads, writes}] of calls.entries()) {
    const others = [...reads.map((value) => written.get(value) ?? []), ...writes.map(whoseEnd)].flat();
    for (const other of others) waits[call]!.add(other);
    for (const value of reads) read.set(value, [...(read.get(value) ?? []), call]);
    for (const value of writes) {
      written.set(value, call);
      read.delete(value);
    }
  }
  for (const {offset, bytes, first} of placed) {
    for (const other of placed) {
      const isBeneath = other.offset < offset + bytes && offset < other.offset + other.bytes;
      if (isBeneath && other.last < first) for (const call of whoseEnd(other.value)) waits[first]!.add(call);
    }
  }
  return withoutImplied(waits);
}

/** Those of the calls that each waits for which no other one of them waits for. */
function withoutImplied(waits: readonly ReadonlySet<number>[]): number[][] {
  /** A bit for each call before it that is done when a call begins. */
  const before: bigint[] = [];
  return waits.map((others) => {
    let known = 0n;
    const needed: number[] = [];
    for (const other of [...others].sort((a, b) => b - a)) {
      if ((known >> BigInt(other)) & 1n) continue;
      needed.push(other);
      known |= before[other]! | (1n << BigInt(other));
    }
    before.push(known);
    return needed;
  });
}
