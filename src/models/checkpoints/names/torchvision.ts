/**
 * Names in torchvision's image networks: ResNets (also those of timm, `resnet34` and `resnet50`, which have the same names),
 * `layer1.0.conv1.weight`, and MobileNetV2, `features.1.conv.0.0.weight`. One function per family of video networks that
 * such a network can give its weights to; the kernels stay two-dimensional, and `inflate` makes them three-dimensional.
 */
import {allBlocks, type BlockPairs, convAndNorm, MOBILENET_V2, within} from './inverted_bottlenecks';
import {type ModuleName, type NameMap, nameMap} from './name_map';

/** Into the slow path of SlowFast. */
export function slowFast(): NameMap {
  return nameMap(resNetModules('slow_'));
}

/** Into SlowOnly, and into the image networks of its family. */
export function slowOnly(): NameMap {
  return nameMap(resNetModules(''));
}

/** Into ir-CSN, whose 3 x 3 x 3 convolutions are depthwise and find nothing for them here. */
export function csn(): NameMap {
  return nameMap(resNetModules(''));
}

/**
 * Into MobileNetV2.
 *
 * @param repeats blocks of each stage
 */
export function mobileNetV2(repeats: readonly number[] = MOBILENET_V2): NameMap {
  const blocks = repeats.reduce((sum, count) => sum + count, 0);
  return nameMap([
    ...convAndNorm(['features.0.0', 'features.0.1'], 'stem'),
    ...allBlocks(repeats, (stage, _, place) =>
      within(`features.${place + 1}.conv`, stage === 0 ? PLAIN : EXPANDING),
    ),
    ...convAndNorm([`features.${blocks + 1}.0`, `features.${blocks + 1}.1`], 'head'),
    {torch: 'classifier.1', ours: 'classifier', kind: 'dense'},
  ]);
}

/** Convolutions in a sequence with norm and activation, and the last one with its norm beside them. */
const EXPANDING: BlockPairs = [
  ['0.0', '0.1'],
  ['1.0', '1.1'],
  ['2', '3'],
];

const PLAIN: BlockPairs = [
  ['0.0', '0.1'],
  ['1', '2'],
];

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
