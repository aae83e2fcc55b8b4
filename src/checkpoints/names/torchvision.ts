/**
 * Names in 2D ResNets of bottlenecks (ResNet-50, -101, -152) as torchvision has them, and timm's `resnet50` after it:
 * `layer1.0.conv1.weight`, `layer1.0.bn1.weight`. One function per family of video networks that such a ResNet can give
 * its weights to; the kernels stay two-dimensional, and `inflate` makes them three-dimensional.
 */
import {type ModuleName, type NameMap, nameMap} from './name_map';

/** Into the slow path of SlowFast. */
export function slowFast(): NameMap {
  return nameMap(resNetModules('slow_'));
}

/** Into SlowOnly. */
export function slowOnly(): NameMap {
  return nameMap(resNetModules(''));
}

/** Into ir-CSN, whose 3 x 3 x 3 convolutions are depthwise and find nothing for them here. */
export function csn(): NameMap {
  return nameMap(resNetModules(''));
}

/** Names of layers begin with `ours`, but for the classifier's. */
function resNetModules(ours: string): ModuleName[] {
  const block = 'layer{s}.{b}';
  const layer = `${ours}layer{s}_{b}`;
  return [
    {torch: 'conv1', ours: `${ours}conv1`, kind: 'conv2d'},
    {torch: 'bn1', ours: `${ours}conv1_bn`, kind: 'norm'},
    {torch: `${block}.conv{c}`, ours: `${layer}_conv{c}`, kind: 'conv2d'},
    {torch: `${block}.bn{c}`, ours: `${layer}_conv{c}_bn`, kind: 'norm'},
    {torch: `${block}.downsample.0`, ours: `${layer}_downsample`, kind: 'conv2d'},
    {torch: `${block}.downsample.1`, ours: `${layer}_downsample_bn`, kind: 'norm'},
    {torch: 'fc', ours: 'classifier', kind: 'dense'},
  ];
}
