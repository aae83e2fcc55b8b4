/**
 * RandAugment (Cubuk et al. 2019) as timm's `rand-m7-mstd0.5-inc1` has it: operations at random, of which each grows stronger with
 * the magnitude. What an operation does with its argument is in pictures.ts, enhance.ts and affine.ts.
 */
import {InvalidArgumentError} from '../../util/errors';
import {knownNames, optionNames} from '../../util/names';
import type {Picture} from '../../video/clips';
import {type AffineOptions, rotate, shearX, shearY, translateX, translateY} from './affine';
import {brightness, colour, contrast, sharpness} from './enhance';
import {autocontrast, equalize, invert, posterize, solarize, solarizeAdd} from './pictures';
import {below, normal, type RandomSource} from './random';

export interface RandAugmentOptions {
  /** Mean magnitude, 0 to 10. Default 7. */
  readonly magnitude?: number;
  /** Standard deviation of the magnitude, drawn anew for each operation. Default 0.5. */
  readonly deviation?: number;
  /** How many operations are drawn for a clip, with repeats. Default 2. */
  readonly operations?: number;
  /** Probability with which an operation that was drawn is done. Default 0.5. */
  readonly probability?: number;
}

export const RAND_AUGMENT_OPTIONS = optionNames<RandAugmentOptions>({
  magnitude: true,
  deviation: true,
  operations: true,
  probability: true,
});

const STRONGEST = 10;

type Change = (picture: Picture, argument: number, options: AffineOptions) => Picture;

/**
 * An operation: what it makes of its argument, and the argument for a level of 0 to 1. `sign` is 1 or -1, each half of the time.
 */
interface Operation {
  readonly change: Change;
  readonly argument: (level: number, sign: number) => number;
}

const none = () => 0;
const signed = (most: number) => (level: number, sign: number) => sign * level * most;
const awayFrom1 = (level: number, sign: number) => Math.max(0.1, 1 + sign * level * 0.9);

/** timm's list of operations for `inc1`, in its order. */
const OPERATIONS = {
  AutoContrast: {change: autocontrast, argument: none},
  Equalize: {change: equalize, argument: none},
  Invert: {change: invert, argument: none},
  Rotate: {change: rotate, argument: signed(30)},
  PosterizeIncreasing: {change: posterize, argument: (level) => 4 - Math.trunc(level * 4)},
  SolarizeIncreasing: {change: solarize, argument: (level) => 256 - Math.trunc(level * 256)},
  SolarizeAdd: {change: solarizeAdd, argument: (level) => Math.trunc(level * 110)},
  ColorIncreasing: {change: colour, argument: awayFrom1},
  ContrastIncreasing: {change: contrast, argument: awayFrom1},
  BrightnessIncreasing: {change: brightness, argument: awayFrom1},
  SharpnessIncreasing: {change: sharpness, argument: awayFrom1},
  ShearX: {change: shearX, argument: signed(0.3)},
  ShearY: {change: shearY, argument: signed(0.3)},
  TranslateXRel: {change: translateX, argument: signed(0.45)},
  TranslateYRel: {change: translateY, argument: signed(0.45)},
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

/** An operation with its argument: the same for every frame of a clip. */
export interface ChosenOperation {
  readonly name: OperationName;
  readonly argument: number;
}

/** The operation with the argument of a magnitude of 0 to 10, beyond which it is held. */
export function operationAt(name: OperationName, magnitude: number, sign: 1 | -1): ChosenOperation {
  const operation: Operation = OPERATIONS[name];
  const level = Math.min(Math.max(magnitude, 0), STRONGEST) / STRONGEST;
  return {name, argument: operation.argument(level, sign)};
}

/** What an operation makes of a picture. */
export function applyOperation(
  picture: Picture,
  {name, argument}: ChosenOperation,
  options: AffineOptions,
): Picture {
  const operation: Operation | undefined = OPERATIONS[name];
  if (operation === undefined) {
    throw new InvalidArgumentError(
      `applyOperation: no operation is called ${name}${knownNames(name, OPERATION_NAMES)}.`,
    );
  }
  return operation.change(picture, argument, options);
}

/** The operations for one clip, in the order in which they are done. */
export function chooseOperations(random: RandomSource, options: RandAugmentOptions): ChosenOperation[] {
  const {magnitude = 7, deviation = 0.5, operations = 2, probability = 0.5} = options;
  const drawn = Array.from({length: operations}, () => {
    const name = OPERATION_NAMES[below(random, OPERATION_NAMES.length)]!;
    const isDone = random.uniform() < probability;
    const strength = magnitude + deviation * normal(random);
    return {isDone, ...operationAt(name, strength, random.uniform() < 0.5 ? 1 : -1)};
  });
  return drawn.filter(({isDone}) => isDone).map(({name, argument}) => ({name, argument}));
}
