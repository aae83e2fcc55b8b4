/**
 * How good answers are: top-k accuracy, mean class accuracy, confusion matrix, per class. Plain numbers, mmaction2's definitions
 * (mmaction/core/evaluation/accuracy.py of version 0.24).
 */

/** What is known of one class after an evaluation. */
export interface ClassMetrics {
  readonly label: string;
  /** Samples that are of the class. */
  readonly count: number;
  /** Samples that are said to be of the class. */
  readonly predicted: number;
  /** Samples of the class that are said to be; over `count` the recall, over `predicted` the precision. */
  readonly hits: number;
}

export interface Metrics {
  readonly samples: number;
  readonly top1: number;
  readonly top5: number;
  /** The mean of the classes' accuracies over all classes that occur, among the samples or the answers. */
  readonly meanClass: number;
  /** Row: the class; column: the answer. */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ClassMetrics[];
}

/** Gathers answers batch by batch. */
export class MetricsCounter {
  private samples = 0;
  private readonly within = {1: 0, 5: 0};
  private readonly confusion: number[][];

  constructor(private readonly labels: readonly string[]) {
    this.confusion = labels.map(() => labels.map(() => 0));
  }

  /**
   * @param scores of every class; logits do, only their order counts
   * @param label the right class
   */
  add(scores: ArrayLike<number>, label: number): void {
    const order = rank(scores, label);
    this.samples++;
    if (order < 1) this.within[1]++;
    if (order < 5) this.within[5]++;
    this.confusion[label]![highest(scores)]!++;
  }

  result(): Metrics {
    const {confusion, samples} = this;
    const classes = this.labels.map((label, c) => ({
      label,
      count: sum(confusion[c]!),
      predicted: sum(confusion.map((row) => row[c]!)),
      hits: confusion[c]![c]!,
    }));
    const occurring = classes.filter(({count, predicted}) => count + predicted > 0);
    const accuracies = occurring.map(({count, hits}) => (count === 0 ? 0 : hits / count));
    const share = (hits: number) => (samples === 0 ? 0 : hits / samples);
    return {
      samples,
      top1: share(this.within[1]),
      top5: share(this.within[5]),
      meanClass: accuracies.length === 0 ? 0 : sum(accuracies) / accuracies.length,
      confusion: confusion.map((row) => [...row]),
      classes,
    };
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The first of the greatest values. */
export function highest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** How many classes come before `label`: those with more, and of those with as much the ones in front of it. */
function rank(scores: ArrayLike<number>, label: number): number {
  const own = scores[label]!;
  let before = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > own || (scores[i] === own && i < label)) before++;
  return before;
}
