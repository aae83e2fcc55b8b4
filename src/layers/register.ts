/** Makes the layers and activations known to the host and to its `tf.loadLayersModel`. An effect, so only entries of the package call it. */
import {serialization} from '@tensorflow/tfjs-core';
import {registerGradients} from '../ops/grads/register';
import {TransposedConv3D} from './convolution/conv3d_transpose';
import {DepthwiseConv3D} from './convolution/depthwise_conv3d';
import {GroupedConv3D} from './convolution/grouped_conv3d';
import {SeparableConv3D} from './convolution/separable_conv3d';
import {STSConv3D} from './convolution/sts_conv3d';
import {STSDepthwiseConv3D} from './convolution/sts_depthwise_conv3d';
import {ColorHistogram} from './frames/color_histogram';
import {FrameSimilarity} from './frames/frame_similarity';
import {activationClasses} from './host/keras_activations';
import {mendStockLayers} from './host/mended_layers';
import {BatchNorm3D} from './normalization/batch_norm3d';
import {GroupNormalization} from './normalization/group_normalization';
import {Normalization} from './normalization/normalization';
import {RMSNormalization} from './normalization/rms_normalization';
import {UnitNormalization} from './normalization/unit_normalization';
import {DropPath} from './regularization/drop_path';
import {SpatialDropout2D, SpatialDropout3D} from './regularization/spatial_dropout';
import {Cropping3D} from './spatial/cropping3d';
import {GlobalAveragePooling3D, GlobalMaxPooling3D} from './spatial/global_pooling3d';
import {UpSampling3D} from './spatial/up_sampling3d';
import {ZeroPadding3D} from './spatial/zero_padding3d';

/** Every layer that a saved model may name; those that Keras has too have its names. */
export const layerClasses = [
  STSConv3D,
  STSDepthwiseConv3D,
  DepthwiseConv3D,
  SeparableConv3D,
  GroupedConv3D,
  TransposedConv3D,
  BatchNorm3D,
  GroupNormalization,
  UnitNormalization,
  RMSNormalization,
  Normalization,
  GlobalAveragePooling3D,
  GlobalMaxPooling3D,
  ZeroPadding3D,
  Cropping3D,
  UpSampling3D,
  SpatialDropout3D,
  SpatialDropout2D,
  DropPath,
  ColorHistogram,
  FrameSimilarity,
];

type Config = serialization.ConfigDict;

/** Names that Keras gives to what the host has under others, and its config in the host's words. */
const OTHER_NAMES: Readonly<Record<string, [hosts: string, configOf: (config: Config) => Config]>> = {
  // The host's takes a missing part for its default.
  L1: ['L1L2', ({l1}) => ({l1: l1 ?? 0.01, l2: 0})],
  L2: ['L1L2', ({l2}) => ({l1: 0, l2: l2 ?? 0.01})],
  LecunNormal: ['LeCunNormal', (config) => config],
  LecunUniform: ['LeCunUniform', (config) => config],
  OrthogonalInitializer: ['Orthogonal', (config) => config],
};

/**
 * Registers the classes with the host, each unless its name is taken already: the ESM and the CommonJS build of this
 * package may both be loaded, and a class that a user registered under one of these names stays.
 */
export function registerLayers(): void {
  const {classNameMap} = serialization.SerializationMap.getMap();
  for (const cls of [...layerClasses, ...activationClasses]) {
    if (!Object.hasOwn(classNameMap, cls.className))
      serialization.registerClass<serialization.Serializable>(cls);
  }
  for (const [name, [hosts, configOf]] of Object.entries(OTHER_NAMES)) {
    const [cls, fromConfig] = classNameMap[hosts]!;
    if (!Object.hasOwn(classNameMap, name)) {
      classNameMap[name] = [cls, (given, config) => fromConfig(given, configOf(config))];
    }
  }
}

/**
 * All that makes layers and models of this package work in the host as its own do: gradients of the ops, classes by
 * name, the host's own layers of rank 5 mended. An effect, which entries that give out layers or models have; a second call
 * does nothing.
 */
export function registerWithHost(): void {
  registerGradients();
  registerLayers();
  mendStockLayers();
}
