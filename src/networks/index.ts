/** Video networks: by name through the registry, or family by family. */
export type {InvertedBottleneckStage} from './blocks/inverted_bottlenecks';
export {type CSNConfig, type CSNOptions, csn} from './csn';
export {
  type ClipConfig,
  type ClipOverrides,
  defineVariants,
  type NetworkBuilder,
  type NetworkConfig,
  type NetworkDefinition,
  type NetworkOverrides,
  type NetworkTask,
  type NetworkVariant,
} from './definition';
export {
  type EfficientNetLiteConfig,
  type EfficientNetLiteOptions,
  efficientNetLite0,
} from './efficientnet_lite';
export {type MobileNetV2Config, type MobileNetV2Options, mobileNetV2} from './mobilenet_v2';
export {type R2Plus1DConfig, type R2Plus1DOptions, r2plus1d} from './r2plus1d';
export {
  createNetwork,
  listNetworks,
  type NetworkFilter,
  networkDefinition,
  registerNetwork,
} from './registry';
export type {LengthRule, SizeRules} from './sizes';
export {type SlowOnlyConfig, type SlowOnlyOptions, slowOnly} from './slow_only';
export {type SlowFastConfig, type SlowFastOptions, slowFast} from './slowfast';
export {type LayerSummary, type NetworkSummary, summarize} from './summary';
export {type TransNetV2Config, type TransNetV2Options, transNetV2} from './transnet_v2';
export {type X3DConfig, type X3DOptions, type X3DStage, x3d} from './x3d';
