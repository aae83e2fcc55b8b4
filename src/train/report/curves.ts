/** How a run went, from its log: a line of however many updates as a few hundred places, and the epochs. */

import type {Evaluation} from '../evaluation/evaluate';
import type {EpochLine, LogLine} from '../run_files/run_directory';
import {type Chart, type ChartLine, drawChart, short} from './chart';

/** Some updates in a row. */
interface Stretch {
  /** Epochs at its middle, in parts. */
  readonly at: number;
  readonly loss: number;
  readonly lowest: number;
  readonly highest: number;
  readonly accuracy: number;
  /** Of its last update. */
  readonly learningRate: number;
}

export interface Curves {
  readonly stretches: readonly Stretch[];
  readonly epochs: readonly EpochLine[];
}

/** As many as a screen has room for. */
const STRETCHES = 240;

/** The height of a chart over the highest value of a line; single updates beyond it are cut off. */
const HEADROOM = 1.15;

/**
 * @param lines of a log, whatever their number: they are not kept
 * @param updates how many there are among them
 * @param steps updates an epoch
 */
export async function readCurves(
  lines: AsyncIterable<LogLine>,
  updates: number,
  steps: number,
): Promise<Curves> {
  const count = Math.min(STRETCHES, updates);
  const stretches: Stretch[] = [];
  const epochs: EpochLine[] = [];
  let sums = emptySums();
  for await (const line of lines) {
    if (line.kind === 'epoch') {
      epochs.push(line);
      continue;
    }
    sums.losses.push(line.loss);
    sums.accuracy += line.accuracy;
    // An update more may begin the next stretch.
    const stretch = (update: number) => Math.floor(((update - 1) * count) / updates);
    if (line.update < updates && stretch(line.update + 1) === stretch(line.update)) continue;
    const {losses, accuracy} = sums;
    const size = losses.length;
    stretches.push({
      at: (line.update - size / 2) / steps,
      loss: losses.reduce((sum, loss) => sum + loss, 0) / size,
      lowest: Math.min(...losses),
      highest: Math.max(...losses),
      accuracy: accuracy / size,
      learningRate: line.learningRate,
    });
    sums = emptySums();
  }
  return {stretches, epochs};
}

const emptySums = () => ({losses: [] as number[], accuracy: 0});

const percent = (share: number) => `${short(Math.round(share * 1000) / 10)} %`;

/** Loss, accuracy and learning rate over the epochs. */
export function drawCurves({stretches, epochs}: Curves): string[] {
  const judged = epochs.flatMap(({epoch, validation}) =>
    validation === undefined ? [] : [{...validation, after: epoch + 1}],
  );
  const xEnd = Math.max(1e-9, ...stretches.map(({at}) => at), ...epochs.map(({epoch}) => epoch + 1));
  const training = (name: string, value: (stretch: Stretch) => number): ChartLine => ({
    ...{name, hue: 'a'},
    points: stretches.map((stretch) => [stretch.at, value(stretch)]),
  });
  const validation = (hue: 'b' | 'c', name: string, value: (judged: Evaluation) => number): ChartLine[] => {
    const points = judged.map((one) => [one.after, value(one)] as const);
    return judged.length === 0 ? [] : [{name, hue, isMarked: true, points}];
  };
  const losses = [...stretches, ...judged].map(({loss}) => loss);
  const hasTopFive = judged.some(({classes}) => classes.length > 5);
  const charts: Chart[] = [
    {
      title: 'Loss',
      lines: [training('training', ({loss}) => loss), ...validation('b', 'validation', ({loss}) => loss)],
      band: stretches.map(({at, lowest, highest}) => [at, lowest, highest]),
      yEnd: highestOf(losses) * HEADROOM,
      ...{xEnd, format: short},
    },
    {
      title: 'Accuracy',
      lines: [
        training('training', ({accuracy}) => accuracy),
        ...validation('b', 'validation, top-1', ({top1}) => top1),
        ...(hasTopFive ? validation('c', 'top-5', ({top5}) => top5) : []),
      ],
      ...{xEnd, yEnd: 1, format: percent},
    },
    {
      title: 'Learning rate',
      lines: [training('', ({learningRate}) => learningRate)],
      yEnd: highestOf(stretches.map(({learningRate}) => learningRate)) * HEADROOM,
      ...{xEnd, format: short},
    },
  ];
  return charts.map(drawChart);
}

/** Of the finite ones; never 0. */
const highestOf = (values: readonly number[]) => Math.max(...values.filter(Number.isFinite), 1e-30);
