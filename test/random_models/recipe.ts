/**
 * What a random model is made of, as plain numbers, so that fast-check can make it smaller when something fails: each
 * node is a list of dice from which build.ts reads, one after the other, which value it takes, which layer, which
 * arguments. Any numbers make a model.
 */
import fc from 'fast-check';

/** Dice of one layer, and those of the layers inside it, if it is a nested model. */
export interface Node {
  readonly dice: readonly number[];
  readonly inner: readonly (readonly number[])[];
}

export interface Recipe {
  readonly inputs: readonly (readonly number[])[];
  readonly nodes: readonly Node[];
  readonly batch: number;
}

const DICE_OF_A_NODE = 14;

const dice = fc.array(fc.nat(839), {minLength: DICE_OF_A_NODE, maxLength: DICE_OF_A_NODE});

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  inputs: fc.array(dice, {minLength: 1, maxLength: 2}),
  nodes: fc.array(fc.record({dice, inner: fc.array(dice, {minLength: 1, maxLength: 3})}), {
    minLength: 1,
    maxLength: 9,
  }),
  batch: fc.integer({min: 1, max: 2}),
});

/** Reads dice one after the other; when they are used up, zeros: the first of every choice. */
export class Dice {
  private next = 0;

  constructor(private readonly numbers: readonly number[]) {}

  /** A whole number from `low` to `high`. */
  int(low: number, high: number): number {
    return low + (this.roll() % (high - low + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.roll() % choices.length]!;
  }

  /** True about once in `n` times. */
  oneIn(n: number): boolean {
    return this.roll() % n === n - 1;
  }

  /** Three numbers, half of the time the same. */
  triple(low: number, high: number): [number, number, number] {
    const first = this.int(low, high);
    return this.oneIn(2) ? [first, this.int(low, high), this.int(low, high)] : [first, first, first];
  }

  private roll(): number {
    const number = this.numbers[this.next] ?? 0;
    this.next++;
    return number;
  }
}
