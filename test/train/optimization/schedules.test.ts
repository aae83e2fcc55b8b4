/** Learning rates of every iteration against mmcv's updaters and timm's scheduler, as their own runners call them. */
import {expect, it} from 'vitest';
import {learningRateAt, type RunLength, type ScheduleConfig} from '../../../src/train/optimization/schedules';
import {readTrainingVectors} from '../support/vectors';

const warmup = {epochs: 5};

const CASES: Record<string, [ScheduleConfig, RunLength]> = {
  mmcv_cosine: [
    {name: 'cosine', warmup},
    {learningRate: 0.01, epochs: 50, iterationsPerEpoch: 7},
  ],
  mmcv_cosine_by_iteration: [
    {name: 'cosine', per: 'iteration', minimum: 0.001, warmup: {epochs: 3, startFactor: 0.05}},
    {learningRate: 0.2, epochs: 20, iterationsPerEpoch: 7},
  ],
  mmcv_step: [
    {name: 'step', epochs: [10, 20, 25], warmup},
    {learningRate: 0.1, epochs: 30, iterationsPerEpoch: 4},
  ],
  timm_cosine: [
    {name: 'cosine', minimum: 1e-6, warmup: {epochs: 5, startRate: 5e-6, per: 'epoch'}},
    {learningRate: 5e-3, epochs: 300, iterationsPerEpoch: 3},
  ],
};

it.each(Object.entries(CASES))('%s', async (name, [schedule, run]) => {
  const expected = (await readTrainingVectors()).schedules[name]!;
  expect(expected).toHaveLength(run.epochs * run.iterationsPerEpoch);
  const rates = expected.map((_, iteration) => learningRateAt(schedule, run, iteration));
  const off = rates.map((rate, i) => Math.abs(rate - expected[i]!) / run.learningRate);
  expect(Math.max(...off)).toBeLessThan(1e-7);
});

it('a constant rate stays after its warm-up', () => {
  const run = {learningRate: 2, epochs: 4, iterationsPerEpoch: 2};
  const rates = Array.from({length: 8}, (_, i) =>
    learningRateAt({name: 'constant', warmup: {epochs: 2, startFactor: 0.5}}, run, i),
  );
  expect(rates).toEqual([1, 1.25, 1.5, 1.75, 2, 2, 2, 2]);
});
