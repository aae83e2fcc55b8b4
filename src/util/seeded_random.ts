/**
 * Chance that can be repeated: a generator with a seed, and the host's own chance for the time of one synchronous call.
 * Nothing here is good enough for secrets.
 */
import {InvalidArgumentError} from './errors';

/**
 * A generator of numbers from 0 up to, but not, 1: SplitMix32, a counter whose every value is scrambled by the finalizer of
 * MurmurHash3 (Appleby). Seeds that differ in any of their 32 bits give sequences that have nothing in common to the eye.
 *
 * @param seed a whole number; its lower 32 bits count
 */
export function seededRandom(seed: number): () => number {
  let state = scramble(seed >>> 0);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return scramble(state) / 2 ** 32;
  };
}

/** The seed of one thing among many, such as of step 17 of a run: both numbers decide. */
export function derivedSeed(seed: number, index: number): number {
  return scramble((scramble(seed >>> 0) + Math.imul(index + 1, 0x9e3779b9)) >>> 0);
}

function scramble(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Runs `work` while the host draws from a generator with a seed. The host takes the seeds of initializers and dropout from
 * `Math.random` and offers no other way in; dropout layers with a seed of their own would drop the same features in every step.
 * Nothing else runs while a synchronous function does, so nobody else sees the generator.
 *
 * @param work synchronous
 */
export function withSeededRandom<T>(seed: number, work: () => T): T {
  return withRandom(seededRandom(seed), work);
}

/** Runs synchronous `work`, and says which numbers the host drew meanwhile. */
export function recordRandom<T>(work: () => T): {readonly result: T; readonly drawn: readonly number[]} {
  const drawn: number[] = [];
  const result = watchRandom((number) => drawn.push(number), work);
  return {result, drawn};
}

/** Runs synchronous `work`, and says each number when the host draws it. */
export function watchRandom<T>(see: (number: number) => void, work: () => T): T {
  const own = Math.random;
  return withRandom(() => {
    const number = own();
    see(number);
    return number;
  }, work);
}

/** Runs `work`, which was recorded, once more with the numbers that the host drew then. */
export function replayRandom<T>(drawn: readonly number[], work: () => T): T {
  const numbers = drawn.values();
  return withRandom(() => numbers.next().value!, work);
}

function withRandom<T>(random: () => number, work: () => T): T {
  const own = Math.random;
  Math.random = random;
  try {
    return work();
  } finally {
    Math.random = own;
  }
}

/** @throws InvalidArgumentError for anything but a whole number from 0 to 2^32 - 1 */
export function checkSeed(caller: string, seed: unknown): void {
  if (Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32) return;
  throw new InvalidArgumentError(
    `${caller}: seed is ${String(seed)}; it must be a whole number from 0 to ${2 ** 32 - 1}.`,
  );
}
