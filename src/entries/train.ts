/**
 * Entry "tfjs-sts/train": training of classifiers of clips and pictures. Importing it registers gradients and layers as the entry
 * "tfjs-sts" does.
 */
import {registerWithHost} from '../layers';

registerWithHost();

export * from '../train';
export type {
  Augmentation,
  ByteClip,
  ColourJitter,
  Interpolation,
  MixOptions,
  RandAugmentOptions,
  RandomSource,
  ValueRange,
} from '../train/augment';
export {augment, type RandomPurpose, randomAt} from '../train/augment';
export type {Dataset, DatasetSummary, SplitOptions} from '../train/data/dataset';
export {type GeneratedOptions, generated} from '../train/data/generated';
export type {PerChannel} from '../video/clips';
