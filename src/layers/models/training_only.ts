/** Layers that do something in training alone: outside it their output is their input. */

/** By class name. */
export const TRAINING_ONLY: ReadonlySet<string> = new Set([
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
  'DropPath',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
]);
