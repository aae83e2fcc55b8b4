/**
 * Picking frames within ffmpeg, so that only those asked for are scaled and travel through the pipe: an expression of its
 * filter `select`. Pure text and numbers.
 */

/**
 * Terms in an expression. A chain of more than 100 is refused (ffmpeg 5.1), a tree is not; but a command line of Windows ends
 * at 32,000 characters.
 */
const MOST_TERMS = 500;

export interface Selection {
  /** The expression. */
  readonly expression: string;
  /** The numbers that it lets through, rising: those asked for and, in long lists, a few between them. */
  readonly delivered: readonly number[];
}

type Run = readonly [first: number, last: number];

/**
 * @param indices rising numbers, at least one
 * @param variable what ffmpeg calls the number: `n` or `pts`
 * @param valueAt the number as ffmpeg counts it, rising with the index
 */
export function selection(
  indices: readonly number[],
  variable: 'n' | 'pts',
  valueAt: (index: number) => number = (index) => index,
): Selection {
  const runs = runsOf(indices);
  const value = ([first, last]: Run): Run => [valueAt(first), valueAt(last)];
  return {
    expression: tree(runs.map(value), variable),
    delivered: runs.flatMap(([first, last]) => Array.from({length: last - first + 1}, (_, i) => first + i)),
  };
}

/** Neighbours as one, and if there are too many runs those with the smallest gaps between them. */
function runsOf(indices: readonly number[]): Run[] {
  const gaps = indices.slice(1).map((index, i) => index - indices[i]!);
  const widest = [...gaps].sort((a, b) => b - a)[MOST_TERMS - 1] ?? 1;
  const runs: [number, number][] = [[indices[0]!, indices[0]!]];
  gaps.forEach((gap, i) => {
    const index = indices[i + 1]!;
    if (gap > widest) runs.push([index, index]);
    else runs.at(-1)![1] = index;
  });
  return runs;
}

/** Halved again and again, so that a frame costs as many comparisons as the tree is deep. */
function tree(runs: readonly Run[], variable: string): string {
  const middle = Math.floor(runs.length / 2);
  const [first, last] = runs[middle]!;
  if (runs.length === 1)
    return first === last ? `eq(${variable},${first})` : `between(${variable},${first},${last})`;
  return `if(lt(${variable},${first}),${tree(runs.slice(0, middle), variable)},${tree(runs.slice(middle), variable)})`;
}
