/**
 * Chance that can be repeated: numbers that depend on a seed and a place (what for, which epoch, which item) alone, not on what
 * was drawn before. So clips may be made in any order by any number of loaders. The generator is Philox4x32-10, counter-based
 * (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011): the seed is its key, the place its counter.
 */
import {InvalidArgumentError} from '../../util/errors';

/** What numbers are drawn for. Their values are part of the counter: never change one. */
const PURPOSES = {order: 0, clip: 1, augment: 2, mix: 3, split: 4, generate: 5} as const;
export type RandomPurpose = keyof typeof PURPOSES;

/** Something that numbers are drawn from. */
export interface RandomSource {
  /** A number from 0 up to, but not, 1. */
  uniform(): number;
}

const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
/** The golden ratio and the square root of 3 less 1, as shares of 2^32. */
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;
const WORD = 2 ** 32;

/** The upper half of the product of two 32-bit words, which a double does not hold. */
function upperHalf(a: number, b: number): number {
  const low = (a & 0xffff) * b;
  const high = (a >>> 16) * b;
  return Math.floor((high + Math.floor(low / 0x10000)) / 0x10000);
}

/**
 * Four random words.
 *
 * @param counter four words of 32 bits
 * @param key two words of 32 bits
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [first, second] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [p, q] = [upperHalf(MULTIPLIERS[0], a), upperHalf(MULTIPLIERS[1], c)];
    const [low, other] = [Math.imul(MULTIPLIERS[0], a) >>> 0, Math.imul(MULTIPLIERS[1], c) >>> 0];
    [a, b, c, d] = [(q ^ b ^ first) >>> 0, other, (p ^ d ^ second) >>> 0, low];
    first = (first + KEY_STEPS[0]) >>> 0;
    second = (second + KEY_STEPS[1]) >>> 0;
  }
  return [a, b, c, d];
}

function checkWhole(name: string, value: number, end: number): void {
  if (Number.isInteger(value) && value >= 0 && value < end) return;
  throw new InvalidArgumentError(
    `randomAt: ${name} is ${value}; it must be a whole number from 0 up to ${end - 1}.`,
  );
}

/** The numbers of one place, one after the other. */
export class RandomStream implements RandomSource {
  private readonly key: readonly [number, number];
  private words: number[] = [];
  private block = 0;

  /** `randomAt` says what the arguments are. */
  constructor(
    seed: number,
    private readonly purpose: RandomPurpose,
    private readonly epoch = 0,
    private readonly index = 0,
  ) {
    checkWhole('seed', seed, Number.MAX_SAFE_INTEGER + 1);
    checkWhole('epoch', epoch, WORD);
    checkWhole('index', index, WORD);
    this.key = [seed % WORD, Math.floor(seed / WORD)];
  }

  uniform(): number {
    if (this.words.length === 0) {
      const counter = [this.block++, this.index, this.epoch, PURPOSES[this.purpose]] as const;
      this.words = philox(counter, this.key).reverse();
    }
    return this.words.pop()! / WORD;
  }
}

/**
 * The random numbers of a place.
 *
 * @param seed whole, from 0 up to 2^53 - 1
 * @param purpose numbers for one purpose do not depend on those for another
 * @param epoch whole, below 2^32
 * @param index of the item, whole, below 2^32
 * @throws InvalidArgumentError for anything else
 *
 * ```ts
 * const random = randomAt(seed, 'augment', epoch, index);
 * const isFlipped = random.uniform() < 0.5;
 * ```
 */
export function randomAt(seed: number, purpose: RandomPurpose, epoch = 0, index = 0): RandomSource {
  return new RandomStream(seed, purpose, epoch, index);
}

/** A number from `low` up to `high`. */
export function between(random: RandomSource, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A whole number from 0 up to, but not, `count`. */
export function below(random: RandomSource, count: number): number {
  return Math.floor(random.uniform() * count);
}

/** A number of the normal distribution of mean 0 and deviation 1 (Box and Muller). */
export function normal(random: RandomSource): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
  return radius * Math.cos(2 * Math.PI * random.uniform());
}

/** The numbers from 0 to `count - 1` in random order (Fisher and Yates). */
export function permutation(random: RandomSource, count: number): number[] {
  const order = Array.from({length: count}, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/**
 * The logarithm of a number of the gamma distribution, of which small shapes would underflow: Marsaglia and Tsang, A simple method
 * for generating gamma variables (2000), with their step down from `shape + 1`.
 */
function logGamma(random: RandomSource, shape: number): number {
  const d = shape + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const cube = (1 + c * x) ** 3;
    const u = 1 - random.uniform();
    if (cube > 0 && Math.log(u) < 0.5 * x * x + d * (1 - cube + Math.log(cube)))
      return Math.log(d * cube) + Math.log(1 - random.uniform()) / shape;
  }
}

/** A number of the beta distribution with both parameters `shape`, above 0. */
export function beta(random: RandomSource, shape: number): number {
  const a = logGamma(random, shape);
  return 1 / (1 + Math.exp(logGamma(random, shape) - a));
}
