/** In which order an epoch sees the items of a data set, and how a data set is divided: by seed and epoch alone. */
import {permutation, randomAt} from '../augment';

export interface OrderOptions {
  /** Each item that is seen is seen so often in a row, every time differently augmented; an epoch then sees fewer. */
  readonly repeats: number;
  /** Whether every class is seen as often as the others. */
  readonly isBalanced: boolean;
}

/** The items of each class, in their order. */
function byClass(labels: readonly number[]): number[][] {
  const items: number[][] = [];
  labels.forEach((label, item) => {
    items[label] ??= [];
    items[label].push(item);
  });
  return items.filter((list) => list !== undefined);
}

/**
 * The items of an epoch of training, as many as the data set has.
 *
 * With repeats it is as timm's RepeatAugSampler on one process: `0 0 0 1 1 1 ...` of a permutation, cut off at the length.
 * Balanced, each class gives as many, up to one, its items in a random order and again from the start.
 */
export function epochOrder(
  labels: readonly number[],
  seed: number,
  epoch: number,
  options: OrderOptions,
): number[] {
  const random = randomAt(seed, 'order', epoch);
  const shuffled = permutation(random, labels.length);
  let order = shuffled;
  if (options.isBalanced) {
    const turns = inTurns(labels, shuffled);
    order = permutation(random, labels.length).map((place) => turns[place]!);
  }
  return labels.map((_, place) => order[Math.floor(place / options.repeats)]!);
}

/** As many items, of the classes in turn, those of a class in the order of `shuffled`. */
function inTurns(labels: readonly number[], shuffled: readonly number[]): number[] {
  const queues = byClass(shuffled.map((item) => labels[item]!)).map((places) =>
    places.map((place) => shuffled[place]!),
  );
  // Which classes give one more changes with the epoch: it begins with the class of the first item.
  const first = queues.findIndex(([item]) => item === shuffled[0]);
  return shuffled.map((_, place) => {
    const queue = queues[(first + place) % queues.length]!;
    return queue[Math.floor(place / queues.length) % queue.length]!;
  });
}

/**
 * Divides items in two, each class by itself, at random.
 *
 * @param share of each class for the second part; of a class with two items or more at least one goes to each part
 * @returns item numbers in rising order
 */
export function splitByClass(labels: readonly number[], share: number, seed: number): [number[], number[]] {
  const second = byClass(labels).flatMap((items, place) => {
    const wanted = Math.round(items.length * share);
    const count = items.length < 2 ? 0 : Math.min(Math.max(wanted, 1), items.length - 1);
    return permutation(randomAt(seed, 'split', 0, place), items.length)
      .slice(0, count)
      .map((at) => items[at]!);
  });
  const taken = new Set(second);
  return [labels.flatMap((_, item) => (taken.has(item) ? [] : [item])), second.sort((a, b) => a - b)];
}
