/**
 * What becomes of a clip before a network learns from it: cut and scaled at random, flipped, its colours changed, RandAugment. What is
 * done is drawn once for a clip and is the same for each of its frames; colour statistics (contrast, equalize) are each frame's own.
 */
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import type {Picture} from '../../video/clips';
import type {AffineOptions, Interpolation} from './affine';
import {randomRectangle, type ValueRange} from './crop';
import {brightness, colour, contrast, hue} from './enhance';
import {type ByteClip, eachFrame, flip} from './pictures';
import {
  applyOperation,
  type ChosenOperation,
  chooseOperations,
  RAND_AUGMENT_OPTIONS,
  type RandAugmentOptions,
} from './rand_augment';
import {between, permutation, type RandomSource} from './random';
import {cropAndResize, type Rectangle} from './resize';

/** How far colours may be off: factors from `1 - x` to `1 + x`, hue by shares of the circle from `-x` to `x`, at most 0.5. */
export interface ColourJitter {
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  readonly hue?: number;
}

export interface Augmentation {
  /** Share of the area that RandomResizedCrop keeps. Default 0.08 to 1. */
  readonly area?: ValueRange;
  /** Width over height of what it keeps. Default 3/4 to 4/3. */
  readonly aspect?: ValueRange;
  /** Between pixels. Default `'bicubic'`. */
  readonly interpolation?: Interpolation;
  /** Probability of left and right exchanged. Default 0.5; 0 where the classes tell left from right (Something-Something V2). */
  readonly flip?: number;
  /** Default: colours stay. In random order, as in torchvision. */
  readonly colourJitter?: ColourJitter;
  /** Default: none. */
  readonly randAugment?: RandAugmentOptions;
  /** Red, green, blue that RandAugment fills with what lies outside. Default: ImageNet's mean. */
  readonly fill?: readonly [number, number, number];
}

const JITTERS = {brightness, contrast, saturation: colour, hue} as const;
const JITTER_NAMES = Object.keys(JITTERS) as (keyof typeof JITTERS)[];
const OPTIONS = optionNames<Augmentation>({
  area: true,
  aspect: true,
  interpolation: true,
  flip: true,
  colourJitter: true,
  randAugment: true,
  fill: true,
});

/** ImageNet's mean, in whole bytes. */
const MEAN_COLOUR = [124, 116, 104] as const;

/** What was drawn for a clip. */
export interface AugmentationPlan {
  readonly rectangle: Rectangle;
  readonly isFlipped: boolean;
  readonly jitters: readonly {readonly name: keyof ColourJitter; readonly amount: number}[];
  readonly operations: readonly ChosenOperation[];
}

function refuse(caller: string, name: string, value: unknown, needed: string): never {
  throw new InvalidArgumentError(`${caller}: ${name} is ${JSON.stringify(value)}; it must be ${needed}.`);
}

function checkRange(caller: string, name: string, range: ValueRange | undefined, most: number): void {
  if (range === undefined) return;
  const [low, high] = range;
  if (range.length === 2 && low > 0 && low <= high && high <= most) return;
  const limit = most === Number.POSITIVE_INFINITY ? '' : `, at most ${most}`;
  refuse(caller, name, range, `two numbers above 0, the lower one first${limit}`);
}

function checkNumber(caller: string, name: string, value: number | undefined, most: number): void {
  if (value === undefined || (value >= 0 && value <= most)) return;
  refuse(
    caller,
    name,
    value,
    most === Number.POSITIVE_INFINITY ? 'at least 0' : `a number from 0 to ${most}`,
  );
}

/**
 * Refuses what cannot be done, before long work begins.
 *
 * @throws InvalidArgumentError for unknown options and values out of range
 */
export function checkAugmentation(caller: string, augmentation: Augmentation): void {
  checkOptions(caller, augmentation, OPTIONS);
  const {area, aspect, interpolation = 'bicubic', colourJitter = {}, randAugment = {}} = augmentation;
  checkRange(caller, 'area', area, 1);
  checkRange(caller, 'aspect', aspect, Number.POSITIVE_INFINITY);
  if (interpolation !== 'bicubic' && interpolation !== 'bilinear')
    refuse(caller, 'interpolation', interpolation, "'bicubic' or 'bilinear'");
  checkNumber(caller, 'flip', augmentation.flip, 1);
  checkOptions(`${caller}: colourJitter`, colourJitter, JITTER_NAMES);
  for (const name of JITTER_NAMES)
    checkNumber(caller, `colourJitter.${name}`, colourJitter[name], name === 'hue' ? 0.5 : Infinity);
  checkOptions(`${caller}: randAugment`, randAugment, RAND_AUGMENT_OPTIONS);
  checkNumber(caller, 'randAugment.magnitude', randAugment.magnitude, 10);
  checkNumber(caller, 'randAugment.deviation', randAugment.deviation, Number.POSITIVE_INFINITY);
  checkNumber(caller, 'randAugment.probability', randAugment.probability, 1);
  const {operations = 2} = randAugment;
  if (!Number.isInteger(operations) || operations < 0)
    refuse(caller, 'randAugment.operations', operations, 'a whole number of at least 0');
}

/**
 * Draws what to do with a clip.
 *
 * @param size of its frames
 */
export function planAugmentation(
  random: RandomSource,
  size: {readonly width: number; readonly height: number},
  augmentation: Augmentation,
): AugmentationPlan {
  const {area = [0.08, 1], aspect = [3 / 4, 4 / 3], flip: flips = 0.5} = augmentation;
  const {colourJitter = {}, randAugment} = augmentation;
  return {
    rectangle: randomRectangle(random, size, area, aspect),
    isFlipped: random.uniform() < flips,
    jitters: drawJitters(random, colourJitter),
    operations: randAugment === undefined ? [] : chooseOperations(random, randAugment),
  };
}

function drawJitters(random: RandomSource, jitter: ColourJitter): AugmentationPlan['jitters'] {
  return permutation(random, JITTER_NAMES.length)
    .map((place) => JITTER_NAMES[place]!)
    .filter((name) => (jitter[name] ?? 0) > 0)
    .map((name) => {
      const most = jitter[name]!;
      const amount =
        name === 'hue' ? between(random, -most, most) : between(random, Math.max(0, 1 - most), 1 + most);
      return {name, amount};
    });
}

/**
 * A clip as a network learns from it.
 *
 * @param clip `[frames, height, width, 3]` bytes; it stays as it is
 * @param size of the frames that come out
 * @param random where chance comes from: `randomAt` gives the same for the same clip, always
 * @returns a fresh clip
 * @throws InvalidArgumentError as `checkAugmentation` does
 *
 * ```ts
 * const seen = augment(clip, {width: 224, height: 224}, {flip: 0}, randomAt(seed, 'augment', epoch, index));
 * ```
 */
export function augment(
  clip: ByteClip,
  size: {readonly width: number; readonly height: number},
  augmentation: Augmentation,
  random: RandomSource,
): ByteClip {
  checkAugmentation('augment', augmentation);
  const plan = planAugmentation(random, clip, augmentation);
  const {interpolation = 'bicubic', fill = MEAN_COLOUR} = augmentation;
  const options: AffineOptions = {interpolation, fill};
  return eachFrame(clip, (frame) => applyPlan(frame, plan, size, options));
}

function applyPlan(
  frame: Picture,
  {rectangle, isFlipped, jitters, operations}: AugmentationPlan,
  size: {readonly width: number; readonly height: number},
  options: AffineOptions,
): Picture {
  let result = cropAndResize(frame, rectangle, size, options.interpolation);
  if (isFlipped) result = flip(result);
  for (const {name, amount} of jitters) result = JITTERS[name](result, amount);
  for (const operation of operations) result = applyOperation(result, operation, options);
  return result;
}
