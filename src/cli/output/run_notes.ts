/** What can be said of a run before its first update: that it is too short for its rates. */
import type {Batches} from '../../train/batches/batches';
import {forRecipe} from '../../train/batches/for_recipe';
import {learningRateAt} from '../../train/optimization/schedules';
import {completeRecipe, type Recipe} from '../../train/recipes/recipe';
import {counted} from './counted';

/**
 * The rates of all updates together, below which next to nothing is learnt. Of a recipe of the paper on its data they come to hundreds;
 * a small network that began with weights of images learnt three classes with 0.17, and nothing with 0.005 (docs/guide/training.md).
 */
const LEAST = 0.05;

/** Remarks for whoever begins such a run. */
export function runNotes(recipe: Recipe, data: Batches): string[] {
  const {epochs, batchSize, learningRate, optimizer, schedule} = completeRecipe('train', recipe);
  const {size} = forRecipe(data, recipe);
  const iterationsPerEpoch = Math.ceil(size / batchSize);
  const updates = epochs * iterationsPerEpoch;
  const run = {learningRate, epochs, iterationsPerEpoch};
  let [sum, highest] = [0, 0];
  for (let i = 0; i < updates && sum < LEAST; i++) {
    const rate = learningRateAt(schedule, run, i);
    sum += rate;
    highest = Math.max(highest, rate);
  }
  const notes: string[] = [];
  const warmup = schedule.warmup?.epochs ?? 0;
  if (epochs <= warmup)
    notes.push(
      `the warm-up lasts ${counted(warmup, 'epoch')}, the run ${epochs}: give more --epochs, so that the rate gets to ${short(learningRate)}`,
    );
  const example = optimizer.name === 'sgd' && learningRate < 0.02 ? ', such as 0.02,' : '';
  if (sum < LEAST)
    notes.push(
      `${counted(updates, 'update')} at rates of at most ${short(highest)} will hardly change the network: give a higher --rate${example} or more --epochs`,
    );
  return notes;
}

const short = (rate: number) => String(Number(rate.toPrecision(2)));
