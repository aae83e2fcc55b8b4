/** Makes the layers and activations known to `tf.loadLayersModel`. An effect, so only entries of the package call it. */
import {serialization} from '@tensorflow/tfjs-core';
import {BatchNorm3D} from './batch_norm3d';
import {DepthwiseConv3D} from './depthwise_conv3d';
import {GlobalAveragePooling3D} from './global_average_pooling3d';
import {GroupedConv3D} from './grouped_conv3d';
import {HardSwish} from './hard_swish';
import {STSConv3D} from './sts_conv3d';
import {STSDepthwiseConv3D} from './sts_depthwise_conv3d';
import {ZeroPadding3D} from './zero_padding3d';

/** Every class that a saved model may name. */
export const layerClasses = [
  STSConv3D,
  STSDepthwiseConv3D,
  DepthwiseConv3D,
  GroupedConv3D,
  BatchNorm3D,
  GlobalAveragePooling3D,
  ZeroPadding3D,
  HardSwish,
];

/**
 * Registers the classes with the host, each unless its name is taken already: the ESM and the CommonJS build of this
 * package may both be loaded, and a class that a user registered under one of these names stays.
 */
export function registerLayers(): void {
  const {classNameMap} = serialization.SerializationMap.getMap();
  for (const cls of layerClasses) {
    if (!Object.hasOwn(classNameMap, cls.className))
      serialization.registerClass<serialization.Serializable>(cls);
  }
}
