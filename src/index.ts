/**
 * Entry "tfjs-sts": the whole portable API. Importing it makes the ops differentiable, the layers loadable, the host's
 * layers of rank 5 right and sts:// addresses known; it contains no kernel and no backend (see the entries tfjs-sts/cpu, /wasm, ...).
 */
import {mendStockLayers, registerLayers} from './layers';
import {registerGradients} from './ops/grads/register';
import {registerModelScheme} from './zoo';

registerGradients();
registerLayers();
mendStockLayers();
registerModelScheme();

export * as checkpoints from './checkpoints';
export {type FrozenModel, freeze, type PredictOptions} from './freeze';
export * from './inflate';
export {
  type KernelImplementation,
  kernelCoverage,
  restoreStockKernels,
  type StockKernelName,
} from './kernels/registry';
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
} from './layers';
export * as networks from './networks';
export {createNetwork, listNetworks, registerNetwork} from './networks';
export {type ToOnnxOptions, toOnnx} from './onnx';
export * from './ops';
export {type Recognition, type RecognizeOptions, recognize, type Views} from './recognize';
export {
  type OutputSlab,
  predictInSlabs,
  type SlabOptions,
  type SlabSource,
  type SlabStream,
  slabStream,
} from './slabs';
export {
  FormatError,
  InvalidArgumentError,
  OutOfMemoryError,
  StsError,
  UnavailableError,
} from './util/errors';
export * as video from './video';
export {readViews, TEST_VIEWS, type ViewOptions, viewIndices} from './video';
export * from './zoo';
