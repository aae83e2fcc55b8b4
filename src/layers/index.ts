/** What the folder offers to the rest of the package; entries call `registerLayers` once. */
export {BaseConv3D, type LayerPadding} from './base_conv3d';
export {BatchNorm3D, type BatchNorm3DLayerArgs} from './batch_norm3d';
export type {DepthwiseConv3D, DepthwiseConv3DLayerArgs} from './depthwise_conv3d';
export * as layers from './exports';
export type {GlobalAveragePooling3D, GlobalAveragePooling3DLayerArgs} from './global_average_pooling3d';
export {GroupedConv3D, type GroupedConv3DLayerArgs} from './grouped_conv3d';
export {inOrderOfCreation} from './host';
export {type OutputKind, outputKind} from './output_kind';
export {registerLayers} from './register';
export {type Conv3DReplacement, type Conv3DRule, replaceConv3d, temporalConvolutions} from './replace_conv3d';
export type {STSConv3D, STSConv3DLayerArgs} from './sts_conv3d';
export type {STSDepthwiseConv3D} from './sts_depthwise_conv3d';
export type {ZeroPadding3D, ZeroPadding3DLayerArgs} from './zero_padding3d';
