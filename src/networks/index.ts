/** Video networks: by name through the registry, or family by family. */
export {
  defineVariants,
  type NetworkConfig,
  type NetworkDefinition,
  type NetworkOverrides,
} from './definition';
export {
  type EfficientNetLiteConfig,
  type EfficientNetLiteOptions,
  efficientNetLite0,
  type InvertedBottleneckStage,
} from './efficientnet_lite';
export {
  createNetwork,
  listNetworks,
  type NetworkFilter,
  networkDefinition,
  registerNetwork,
} from './registry';
