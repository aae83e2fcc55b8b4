/**
 * Entry "tfjs-sts": ops, layers, and what works on models that one has. Importing it makes the ops differentiable, the
 * layers loadable and the host's layers of rank 5 right; it has no kernel and no backend (tfjs-sts/cpu, /wasm, ...), and no
 * networks, weights or videos (tfjs-sts/networks, /zoo, /video).
 */
import {registerWithHost} from '../layers';

registerWithHost();

export type {CacheOption, ModelCache} from '../files/cache';
export type {FileOptions, ReadFile} from '../files/files';
export {
  type FrozenGraph,
  type FrozenInput,
  FrozenModel,
  type FrozenModelData,
  type FrozenOutput,
  type FrozenStep,
  type FrozenTensor,
  freeze,
  type Json,
  type JsonObject,
  type PredictInputs,
  type PredictOptions,
  type ValueInfo,
  type WarmUpModel,
  type WarmUpOptions,
  warmUp,
} from '../inference/freeze';
export {
  type FrozenSource,
  frozenModelFile,
  type LoadFrozenOptions,
  loadFrozenModel,
  saveFrozenModel,
} from '../inference/frozen_files';
export {
  type OutputSlab,
  predictInSlabs,
  type SlabOptions,
  type SlabSource,
  type SlabStream,
  type SlabVolume,
  slabStream,
} from '../inference/slabs';
export type {SlabModel} from '../inference/slabs/program';
export {
  type BatchNorm3DLayerArgs,
  type Conv3DReplacement,
  type Conv3DRule,
  type Conv3DTransposeLayerArgs,
  type Cropping3DLayerArgs,
  type DepthwiseConv3DLayerArgs,
  type GlobalPooling3DLayerArgs,
  type GroupedConv3DLayerArgs,
  type GroupNormalizationLayerArgs,
  type LayerPadding,
  layers,
  type NormalizationLayerArgs,
  type RMSNormalizationLayerArgs,
  replaceConv3d,
  restoreStockLayers,
  type SeparableConv3DLayerArgs,
  type SpatialDropoutLayerArgs,
  type STSConv3DLayerArgs,
  temporalConvolutions,
  type UnitNormalizationLayerArgs,
  type UpSampling3DLayerArgs,
  type ZeroPadding3DLayerArgs,
} from '../layers';
export type {
  ActivationObject,
  Constraint,
  Identifier,
  Initializer,
  Regularizer,
} from '../layers/host/keras_objects';
export type {DataFormat} from '../layers/host/layer_arguments';
export type {NestedNumbers} from '../layers/normalization/normalization';
export type {SidesArgument} from '../layers/spatial/base_layer3d';
export {
  type ImageWeight,
  type ImageWeights,
  INFLATION_RULES,
  type InflateKernelOptions,
  type InflateOptions,
  type InflationPlan,
  type InflationReport,
  type InflationRule,
  type InflationStep,
  inflate,
  inflateKernel,
  type KernelArray,
  planInflation,
  type VideoWeight,
  weightsOf,
} from '../models/inflate';
export * as inflationPlans from '../models/inflate/authors_plans';
export * from './ops';
