/** Boundaries of shots against the authors' scenes (test/golden/transnetv2/scenes.json), kinds and times against plain cases. */
import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {ShotWalk} from '../../../src/video/shots/scenes';

interface Golden {
  readonly name: string;
  readonly threshold: number;
  readonly probabilities: readonly number[];
  readonly scenes: readonly (readonly [number, number])[];
}
const golden: Golden[] = JSON.parse(
  readFileSync(new URL('../../golden/transnetv2/scenes.json', import.meta.url), 'utf8'),
);

function shotsOf(
  single: readonly number[],
  {
    many = [] as readonly number[],
    threshold = 0.5,
    times = single.map((_, i) => i / 10),
    end = single.length / 10,
  } = {},
) {
  const walk = new ShotWalk(threshold);
  single.forEach((probability, i) => {
    walk.add(times[i]!, probability, many[i] ?? 0);
  });
  return walk.end(end);
}

describe('shots from probabilities', () => {
  it.each(golden.map((row, i) => [`${row.name}, ${i}`, row] as const))(
    '%s',
    (_, {threshold, probabilities, scenes}) => {
      const shots = shotsOf(probabilities, {threshold});
      expect(shots.map(({startFrame, endFrame}) => [startFrame, endFrame])).toEqual(scenes);
      for (const {startFrame, endFrame, ...shot} of shots) {
        expect(shot.start).toBeCloseTo(startFrame / 10, 9);
        expect(shot.end).toBeCloseTo((endFrame + 1) / 10, 9);
      }
    },
  );

  it('the first begins with the film; a cut is sure by its largest probability', () => {
    expect(
      shotsOf([0, 0.7, 0.9, 0, 0, 0.6, 0]).map(({transition, confidence}) => [transition, confidence]),
    ).toEqual([
      ['start', 1],
      ['cut', 0.9],
      ['cut', 0.6],
    ]);
    // A film that begins within a transition has no shot before.
    expect(shotsOf([0.9, 0.9, 0, 0])).toMatchObject([{startFrame: 2, transition: 'start', confidence: 1}]);
  });

  it('many frames of a transition make it gradual, on whichever side of the boundary they lie', () => {
    const single = [0, 0, 0, 0, 0.8, 0, 0, 0, 0, 0];
    const kind = (...many: number[]) => shotsOf(single, {many})[1]!.transition;
    expect(kind()).toBe('cut');
    expect(kind(0, 0, 0.9, 0.9, 0.9)).toBe('cut');
    expect(kind(0, 0.9, 0.9, 0.9, 0.9)).toBe('gradual');
    expect(kind(0, 0, 0, 0, 0, 0.9, 0.9, 0.9)).toBe('gradual');
    expect(kind(0, 0, 0, 0.9, 0.9, 0.9, 0.9, 0.9)).toBe('gradual');
    // Apart from the boundary they say nothing of it.
    expect(kind(0.9, 0.9, 0.9, 0, 0.9, 0, 0.9, 0.9, 0.9)).toBe('cut');
    expect(kind(0, 0, 0.9, 0.9, 0.4, 0.9, 0.9)).toBe('gradual');
  });

  it('times are those of the frames, whatever the rate', () => {
    const times = [1, 1.04, 1.5, 3, 3.1, 3.2];
    expect(shotsOf([0, 0, 0.9, 0, 0, 0], {times, end: 3.3})).toMatchObject([
      {startFrame: 0, endFrame: 2, start: 1, end: 3},
      {startFrame: 3, endFrame: 5, start: 3, end: 3.3},
    ]);
    // Nobody knows how long the frame of a transition behind the shot would have been the shot's.
    expect(shotsOf([0, 0, 0.9, 0.9, 0, 0], {times})[0]).toMatchObject({endFrame: 2, end: 3});
  });

  it('of no frames there are none', () => {
    expect(shotsOf([])).toEqual([]);
  });
});
