/** The order of an epoch and the division of a data set, by what they promise. */
import {describe, expect, it} from 'vitest';
import {epochOrder, splitByClass} from '../../../src/train/data/order';

const plain = {repeats: 1, isBalanced: false};
const labels = [...Array(60).fill(0), ...Array(9).fill(2), ...Array(31).fill(3)] as number[];
const ascending = Array.from({length: 100}, (_, i) => i);
const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);

describe('an epoch', () => {
  it('sees every item once, in another order each time', () => {
    const orders = [
      epochOrder(labels, 1, 0, plain),
      epochOrder(labels, 1, 1, plain),
      epochOrder(labels, 2, 0, plain),
    ];
    for (const order of orders) expect(sorted(order)).toEqual(ascending);
    expect(new Set(orders.map((order) => order.join())).size).toBe(3);
    expect(epochOrder(labels, 1, 0, plain)).toEqual(orders[0]);
  });

  it('with repeats sees the first ones of that order three times in a row', () => {
    const order = epochOrder(labels, 1, 0, plain);
    const repeated = epochOrder(labels, 1, 0, {...plain, repeats: 3});
    expect(repeated).toEqual(
      order
        .slice(0, 34)
        .flatMap((item) => [item, item, item])
        .slice(0, 100),
    );
  });

  it('balanced sees each class as often, up to one, and within a class each item, up to one', () => {
    const order = epochOrder(labels, 1, 0, {...plain, isBalanced: true});
    const counts = (keys: readonly number[]) => {
      const found = new Map<number, number>();
      for (const key of keys) found.set(key, (found.get(key) ?? 0) + 1);
      return [...found.values()];
    };
    expect(sorted(counts(order.map((item) => labels[item]!)))).toEqual([33, 33, 34]);
    const ofSmallest = counts(order.filter((item) => labels[item] === 2));
    expect(ofSmallest.length).toBe(9);
    expect(Math.max(...ofSmallest) - Math.min(...ofSmallest)).toBeLessThanOrEqual(1);
    // Mixed: neighbours of the same class occur, which classes in turn would not give.
    expect(order.some((item, i) => i > 0 && labels[item] === labels[order[i - 1]!])).toBe(true);
  });
});

describe('a split', () => {
  it('takes a share of each class, at random, and leaves the rest', () => {
    const [training, validation] = splitByClass(labels, 0.2, 3);
    expect(sorted([...training, ...validation])).toEqual(ascending);
    const of = (label: number) => validation.filter((item) => labels[item] === label).length;
    expect([of(0), of(2), of(3)]).toEqual([12, 2, 6]);
    expect(validation).toEqual(sorted(validation));
    expect(splitByClass(labels, 0.2, 3)).toEqual([training, validation]);
    expect(splitByClass(labels, 0.2, 4)[1]).not.toEqual(validation);
  });

  it('gives each part one of a class of two, and a class of one to training', () => {
    const [training, validation] = splitByClass([0, 0, 1], 0.01, 0);
    expect([training.length, validation.length]).toEqual([2, 1]);
    expect(training).toContain(2);
  });
});
