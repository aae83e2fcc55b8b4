/** The generator against its authors' known answers, distributions against their formulas. */
import {describe, expect, it} from 'vitest';
import {beta, normal, permutation, philox, randomAt} from '../../../src/train/augment';

const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');
const ALL = 0xffffffff;

describe('philox', () => {
  // The known answers of philox4x32-10 that Random123, the authors' library, is tested with.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[ALL, ALL, ALL, ALL], [ALL, ALL], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('%o with key %o', (counter, key, answer) => {
    expect(hex(philox(counter, key))).toBe(answer);
  });
});

describe('randomAt', () => {
  const first = (...place: Parameters<typeof randomAt>) => randomAt(...place).uniform();

  it('counts blocks, items, epochs and purposes in that order under the key of the seed', () => {
    const random = randomAt(2 ** 32 + 7, 'mix', 5, 9);
    const words = [0, 1].flatMap((block) => philox([block, 9, 5, 3], [7, 1]));
    expect(Array.from({length: 8}, () => random.uniform())).toEqual(words.map((word) => word / 2 ** 32));
  });

  it('gives other numbers at every other place', () => {
    const numbers = [1, 2, 2 ** 40].flatMap((seed) =>
      [0, 1].flatMap((epoch) =>
        [0, 1].flatMap((i) => (['order', 'clip'] as const).map((why) => first(seed, why, epoch, i))),
      ),
    );
    expect(new Set(numbers).size).toBe(24);
  });

  it.each([[-1], [0.5], [2 ** 53], [Number.NaN]])('refuses seed %s', (seed) => {
    expect(() => randomAt(seed, 'order')).toThrow(`randomAt: seed is ${seed}`);
  });
});

describe('distributions', () => {
  const many = 20_000;
  const draw = (make: (random: ReturnType<typeof randomAt>) => number) => {
    const random = randomAt(4, 'generate');
    return Array.from({length: many}, () => make(random));
  };
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it('normal has the moments of its formula', () => {
    const values = draw(normal);
    // Five standard errors each: 1, sqrt(2), sqrt(96) over sqrt(20,000).
    expect(Math.abs(mean(values))).toBeLessThan(0.036);
    expect(Math.abs(mean(values.map((v) => v ** 2)) - 1)).toBeLessThan(0.05);
    expect(Math.abs(mean(values.map((v) => v ** 4)) - 3)).toBeLessThan(0.35);
  });

  it.each([0.1, 0.5, 1, 3])('beta of %s has mean 1/2 and variance 1 / (4 (2 a + 1))', (shape) => {
    const values = draw((random) => beta(random, shape));
    const variance = 1 / (4 * (2 * shape + 1));
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(5 * Math.sqrt(variance / many));
    // A square of a number within 1/2 of the mean deviates by at most 1/8.
    expect(Math.abs(mean(values.map((v) => (v - 0.5) ** 2)) - variance)).toBeLessThan(
      5 * (0.125 / Math.sqrt(many)),
    );
  });

  it('beta of 1/2 is the arcsine distribution', () => {
    const values = draw((random) => beta(random, 0.5));
    for (const x of [0.01, 0.1, 0.5, 0.9]) {
      const share = (2 / Math.PI) * Math.asin(Math.sqrt(x));
      const found = values.filter((value) => value < x).length / many;
      expect(Math.abs(found - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / many));
    }
  });

  it('a permutation has every order as often', () => {
    const random = randomAt(6, 'order');
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = permutation(random, 3).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
    // Five standard deviations of 1000 of 6000.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
  });
});
