/** Augmentation of clips and pictures, seeded. No decoding, no tensors: it runs in any thread. */
export type {Interpolation} from './affine';
export {
  type Augmentation,
  type AugmentationPlan,
  augment,
  type ColourJitter,
  checkAugmentation,
  planAugmentation,
} from './augment';
export {randomRectangle, type ValueRange} from './crop';
export {checkMix, cutBox, type MixOptions, type MixPlan, mixClips, mixTargets, planMix} from './mix';
export {type ByteClip, eachFrame} from './pictures';
export {
  applyOperation,
  type ChosenOperation,
  OPERATION_NAMES,
  type OperationName,
  operationAt,
  type RandAugmentOptions,
} from './rand_augment';
export {
  below,
  beta,
  normal,
  permutation,
  philox,
  type RandomPurpose,
  type RandomSource,
  randomAt,
} from './random';
export {cropAndResize, type Rectangle} from './resize';
