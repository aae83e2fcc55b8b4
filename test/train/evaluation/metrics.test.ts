/** Metrics against mmaction2's on 1,000 random cases. */
import {expect, it} from 'vitest';
import {MetricsCounter} from '../../../src/train/evaluation/metrics';
import {hashOf} from '../../support/fill';
import {noise, readTrainingVectors} from '../support/vectors';

it('are those of mmaction2', async () => {
  const {metrics: cases} = await readTrainingVectors();
  expect(cases).toHaveLength(1000);
  for (const [number, [classes, samples, top1, top5, meanClass, hits, placed]] of cases.entries()) {
    const counter = new MetricsCounter(Array.from({length: classes}, (_, c) => `class ${c}`));
    const scores = noise(`scores${number}`, classes * samples);
    for (let i = 0; i < samples; i++) {
      const label = hashOf(`label${number},${i}`) % classes;
      counter.add(scores.slice(i * classes, (i + 1) * classes), label);
    }
    const result = counter.result();
    expect(result.top1).toBeCloseTo(top1, 12);
    expect(result.top5).toBeCloseTo(top5, 12);
    expect(result.meanClass).toBeCloseTo(meanClass, 12);
    expect(result.samples).toBe(samples);
    expect(result.classes.reduce((sum, one) => sum + one.hits, 0)).toBe(hits);
    // Theirs has the classes that occur alone.
    const occurring = result.classes.flatMap(({count, predicted}, c) => (count + predicted > 0 ? [c] : []));
    const ours = occurring.flatMap((row) => occurring.map((column) => result.confusion[row]![column]!));
    expect(ours.reduce((sum, cell, place) => sum + cell * (place + 1), 0)).toBe(placed);
  }
});

it('counts per class what is right, there and said', () => {
  const counter = new MetricsCounter(['a', 'b', 'c']);
  counter.add([0.9, 0.1, 0], 0);
  counter.add([0.8, 0.2, 0], 1);
  counter.add([0.2, 0.8, 0], 1);
  expect(counter.result().classes).toEqual([
    {label: 'a', count: 1, predicted: 2, hits: 1},
    {label: 'b', count: 2, predicted: 1, hits: 1},
    {label: 'c', count: 0, predicted: 0, hits: 0},
  ]);
  expect(counter.result().meanClass).toBe(0.75);
});

it('of equal scores the first is the answer', () => {
  const counter = new MetricsCounter(['a', 'b']);
  counter.add([1, 1], 0);
  counter.add([1, 1], 1);
  expect(counter.result().top1).toBe(0.5);
  expect(counter.result().confusion).toEqual([
    [1, 0],
    [1, 0],
  ]);
});
