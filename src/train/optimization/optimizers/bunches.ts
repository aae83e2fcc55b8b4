/** Weights that are updated in one call. */

/** Values of a bunch: so many that calls cost nothing, so few that a large model is not in memory before and after at once. */
const VALUES = 2 ** 20;

/** Neighbouring items, as many at a time as have together so many values, or one that has more. */
export function bunches<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] {
  const all: Item[][] = [];
  let left = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (all.length === 0 || size > left) {
      all.push([]);
      left = VALUES;
    }
    all.at(-1)!.push(item);
    left -= size;
  }
  return all;
}
