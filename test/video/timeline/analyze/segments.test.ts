/** Windows that become segments: cases worked out by hand. */
import {describe, expect, it} from 'vitest';
import {
  addAlone,
  addByLabel,
  closeGaps,
  dropShort,
  meanOf,
  type Run,
} from '../../../../src/video/timeline/analyze/segments';

/** One window a second, each with the probabilities of two or three classes; `lengths` in seconds. */
function runsOf(
  rows: readonly number[][],
  hysteresis: number | undefined,
  lengths: readonly number[] = [],
): Run[] {
  const runs: Run[] = [];
  let start = 0;
  rows.forEach((probabilities, i) => {
    const end = start + (lengths[i] ?? 1);
    const answer = {start, end, probabilities, features: [i]};
    if (hysteresis === undefined) addAlone(runs, answer);
    else addByLabel(runs, answer, hysteresis);
    start = end;
  });
  return runs;
}

const spans = (runs: readonly Run[]) => runs.map(({label, start, end}) => [label, start, end]);
const ofLabel = (label: number) => [0, 1, 2].map((i) => (i === label ? 0.8 : 0.1));
const labelled = (labels: readonly number[], lengths?: readonly number[]) =>
  runsOf(labels.map(ofLabel), 0, lengths);

describe('segments', () => {
  it('a label goes on until another exceeds it by the hysteresis', () => {
    const rows = [
      [0.6, 0.4],
      [0.45, 0.55],
      [0.5, 0.5],
      [0.4, 0.6],
      [0.55, 0.45],
    ];
    expect(spans(runsOf(rows, 0))).toEqual([
      [0, 0, 1],
      [1, 1, 4],
      [0, 4, 5],
    ]);
    expect(spans(runsOf(rows, 0.15))).toEqual([
      [0, 0, 3],
      [1, 3, 5],
    ]);
    expect(spans(runsOf(rows, 0.3))).toEqual([[0, 0, 5]]);
    expect(runsOf(rows, undefined)).toHaveLength(5);
  });

  it('a stretch between two segments of one label is closed up to its length', () => {
    const runs = labelled([0, 0, 1, 0, 2, 1, 0, 1]);
    expect(spans(closeGaps(runs, 0.5))).toEqual(spans(runs));
    expect(spans(closeGaps(runs, 1))).toEqual([
      [0, 0, 4],
      [2, 4, 5],
      [1, 5, 8],
    ]);
    expect(spans(closeGaps(runs, 2))).toEqual([
      [0, 0, 7],
      [1, 7, 8],
    ]);
  });

  it('short segments become part of the neighbour whose label is likelier in them', () => {
    const between = [0.3, 0.2, 0.5];
    const rows = [ofLabel(0), ofLabel(0), between, ofLabel(1), ofLabel(1)];
    expect(spans(dropShort(runsOf(rows, 0), 2))).toEqual([
      [0, 0, 3],
      [1, 3, 5],
    ]);
    // The same label on both sides: one segment.
    expect(spans(dropShort(labelled([0, 0, 1, 0, 0]), 2))).toEqual([[0, 0, 5]]);
    // The shortest goes first, until all are long enough or one is left.
    expect(spans(dropShort(labelled([0, 1, 2], [3, 1, 2]), 2))).toEqual([
      [0, 0, 4],
      [2, 4, 6],
    ]);
    expect(spans(dropShort(labelled([0, 1]), 9))).toHaveLength(1);
    expect(dropShort([], 9)).toEqual([]);
  });

  it('says the mean over its windows by their length', () => {
    const [run] = runsOf(
      [
        [0.9, 0.1],
        [0.6, 0.4],
      ],
      0,
      [3, 1],
    );
    const {start, end, probabilities, features} = meanOf(run!);
    expect([start, end]).toEqual([0, 4]);
    expect(probabilities[0]).toBeCloseTo((3 * 0.9 + 0.6) / 4, 6);
    expect(features![0]).toBeCloseTo(0.25, 6);
  });
});
