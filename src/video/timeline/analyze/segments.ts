/**
 * From what a model says of neighbouring windows to segments: windows of one label become one. Sums are kept, so that what a segment
 * says is the mean over its windows, by their length.
 */

/** How windows become segments. */
export interface MergeOptions {
  /**
   * By how much the probability of another label must exceed that of the label so far before a segment ends: windows in which two
   * are about equal do not flicker. 0: the likeliest label of each window counts. Default 0.1.
   */
  readonly hysteresis?: number;
  /** Seconds. A stretch of other labels between two segments of one label that is no longer becomes part of them. Default `every`. */
  readonly maxGap?: number;
  /** Seconds. A segment that is shorter becomes part of the neighbour whose label is likelier in it. Default `every`. */
  readonly minLength?: number;
}

/** What a model says of a span of time. */
export interface Answer {
  readonly start: number;
  readonly end: number;
  /** One for each class. */
  readonly probabilities: ArrayLike<number>;
  readonly features?: ArrayLike<number> | undefined;
}

/** Windows that are one segment: sums over them, each by its length. */
export interface Run {
  /** The class that they have in common. */
  readonly label: number;
  readonly start: number;
  readonly end: number;
  readonly weight: number;
  readonly sums: Float32Array;
  readonly featureSums: Float32Array | undefined;
}

function runOf({start, end, probabilities, features}: Answer, label: number): Run {
  // A window of no length, of frames at one time, still says something.
  const weight = Math.max(end - start, 1e-6);
  const weighted = (values: ArrayLike<number>) => Float32Array.from(values, (value) => value * weight);
  return {
    label,
    start,
    end,
    weight,
    sums: weighted(probabilities),
    featureSums: features && weighted(features),
  };
}

/** Two that follow each other, as one of the first's label. */
function joined(first: Run, second: Run, label = first.label): Run {
  const sum = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]!);
  const {featureSums} = second;
  return {
    label,
    start: first.start,
    end: second.end,
    weight: first.weight + second.weight,
    sums: sum(first.sums, second.sums),
    featureSums: first.featureSums && featureSums && sum(first.featureSums, featureSums),
  };
}

const probability = (run: Run, label: number) => run.sums[label]! / run.weight;
const lengthOf = ({start, end}: Run) => end - start;

/** The mean over the windows of what they say. */
export function meanOf({
  start,
  end,
  weight,
  sums,
  featureSums,
}: Run): Answer & {features: Float32Array | undefined} {
  const mean = (values: Float32Array) => values.map((value) => value / weight);
  return {start, end, probabilities: mean(sums), features: featureSums && mean(featureSums)};
}

/** Adds a window to the run so far, all being one. */
export function addToOne(runs: Run[], answer: Answer): void {
  const run = runOf(answer, 0);
  runs[0] = runs[0] === undefined ? run : joined(runs[0], run);
}

/** Adds a window that is a run of its own. */
export function addAlone(runs: Run[], answer: Answer): void {
  runs.push(runOf(answer, 0));
}

/** Adds a window to the last run, or begins another where a label exceeds that of the run by more than the hysteresis. */
export function addByLabel(runs: Run[], answer: Answer, hysteresis: number): void {
  const {probabilities} = answer;
  const likeliest = indexOfLargest(probabilities);
  const last = runs.at(-1);
  const goesOn = last !== undefined && !(probabilities[likeliest]! > probabilities[last.label]! + hysteresis);
  if (goesOn) runs[runs.length - 1] = joined(last, runOf(answer, last.label));
  else runs.push(runOf(answer, likeliest));
}

function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** What lies between two runs of one label and is no longer than `maxGap` becomes part of them, from the start on. */
export function closeGaps(runs: readonly Run[], maxGap: number): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const same = result.map(({label}) => label).lastIndexOf(run.label);
    const isNear = same >= 0 && run.start - result[same]!.end <= maxGap + ROUNDING;
    if (isNear)
      result.push(
        result
          .splice(same)
          .concat(run)
          .reduce((all, next) => joined(all, next)),
      );
    else result.push(run);
  }
  return result;
}

/** Runs shorter than `minLength`, the shortest first, become part of the neighbour whose label is likelier in them. */
export function dropShort(runs: readonly Run[], minLength: number): Run[] {
  const result = [...runs];
  while (result.length > 1) {
    const lengths = result.map(lengthOf);
    const shortest = lengths.indexOf(Math.min(...lengths));
    if (lengths[shortest]! >= minLength - ROUNDING) break;
    const run = result[shortest]!;
    const neighbours = [result[shortest - 1], result[shortest + 1]].filter((one) => one !== undefined);
    const {label} = neighbours.reduce((a, b) =>
      probability(run, b.label) > probability(run, a.label) ? b : a,
    );
    // Both neighbours may have that label: they become one with it.
    let [first, last] = [shortest, shortest];
    if (result[first - 1]?.label === label) first--;
    if (result[last + 1]?.label === label) last++;
    const whole = result.slice(first, last + 1).reduce((all, next) => joined(all, next, label));
    result.splice(first, last - first + 1, whole);
  }
  return result;
}

/** Times of floating-point sums. */
const ROUNDING = 1e-9;
