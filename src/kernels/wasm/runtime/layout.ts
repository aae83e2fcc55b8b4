/** Values that live at different times, laid out over each other in one piece of memory. */

/** A value that is named by the calls `first` to `last`. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Layout {
  /** For each value, from the beginning of the piece; multiples of ALIGNMENT. */
  readonly offsets: readonly number[];
  readonly bytes: number;
}

/** A line of the cache, which holds four vectors. */
const ALIGNMENT = 64;

/**
 * The largest first, each in the lowest gap that those leave which live at the same time: for values of networks this comes
 * within some percent of what lives at once (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference,
 * 2020: greedy by size).
 */
export function layOut(values: readonly Lifetime[]): Layout {
  const offsets = values.map(() => 0);
  const placed: number[] = [];
  let bytes = 0;
  const order = values.map((_, i) => i).sort((a, b) => values[b]!.bytes - values[a]!.bytes);
  for (const value of order) {
    const {first, last, bytes: needed} = values[value]!;
    let offset = 0;
    for (const other of placed) {
      const at = offsets[other]!;
      if (values[other]!.last < first || values[other]!.first > last) continue;
      if (at >= offset + needed) break;
      offset = Math.max(offset, alignedUp(at + values[other]!.bytes));
    }
    offsets[value] = offset;
    bytes = Math.max(bytes, offset + needed);
    placed.push(value);
    placed.sort((a, b) => offsets[a]! - offsets[b]!);
  }
  return {offsets, bytes: alignedUp(bytes)};
}

function alignedUp(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
