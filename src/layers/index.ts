/** What the folder offers to the rest of the package; entries call `registerWithHost`. */
export {BaseConv3D} from './convolution/base_conv3d';
export type {LayerPadding} from './convolution/conv3d_layer';
export type {Conv3DTransposeLayerArgs, TransposedConv3D} from './convolution/conv3d_transpose';
export type {DepthwiseConv3D, DepthwiseConv3DLayerArgs} from './convolution/depthwise_conv3d';
export {GroupedConv3D, type GroupedConv3DLayerArgs} from './convolution/grouped_conv3d';
export type {SeparableConv3D, SeparableConv3DLayerArgs} from './convolution/separable_conv3d';
export type {STSConv3D, STSConv3DLayerArgs} from './convolution/sts_conv3d';
export type {STSDepthwiseConv3D} from './convolution/sts_depthwise_conv3d';
export * as layers from './factories';
export type {ColorHistogram, ColorHistogramLayerArgs} from './frames/color_histogram';
export type {FrameSimilarity, FrameSimilarityLayerArgs} from './frames/frame_similarity';
export {activationClasses} from './host/keras_activations';
export {mendStockLayers, restoreStockLayers} from './host/mended_layers';
export {inOrderOfCreation} from './models/copy_weights';
export {type OutputKind, outputKind} from './models/output_kind';
export {
  type Conv3DReplacement,
  type Conv3DRule,
  replaceConv3d,
  temporalConvolutions,
} from './models/replace_conv3d';
export {divided, type Segment, wholeSegment} from './models/segments';
export {bodyOf, type Cut, cutsOf, type Tail, tailOf} from './models/split_model';
export {classifierOf, withClasses} from './models/with_classes';
export {BatchNorm3D, type BatchNorm3DLayerArgs} from './normalization/batch_norm3d';
export type {GroupNormalization, GroupNormalizationLayerArgs} from './normalization/group_normalization';
export {movingAffine} from './normalization/norm_arithmetic';
export type {Normalization, NormalizationLayerArgs} from './normalization/normalization';
export type {RMSNormalization, RMSNormalizationLayerArgs} from './normalization/rms_normalization';
export type {UnitNormalization, UnitNormalizationLayerArgs} from './normalization/unit_normalization';
export {layerClasses, registerLayers, registerWithHost} from './register';
export type {DropPath} from './regularization/drop_path';
export type {
  SpatialDropout2D,
  SpatialDropout3D,
  SpatialDropoutLayerArgs,
} from './regularization/spatial_dropout';
export type {WholeDropoutLayerArgs} from './regularization/whole_dropout';
export type {Cropping3D, Cropping3DLayerArgs} from './spatial/cropping3d';
export {
  GlobalAveragePooling3D,
  type GlobalMaxPooling3D,
  type GlobalPooling3DLayerArgs,
} from './spatial/global_pooling3d';
export type {UpSampling3D, UpSampling3DLayerArgs} from './spatial/up_sampling3d';
export type {ZeroPadding3D, ZeroPadding3DLayerArgs} from './spatial/zero_padding3d';
