/**
 * Names in the authors' image-mode checkpoints (their fork of timm: `get_feature....`, `classifier`), and in timm's own
 * image networks of inverted bottlenecks. One function per family of networks. timm's ResNets have torchvision's names.
 */
import {csnModules} from './csn';
import {
  allBlocks,
  type BlockPairs,
  convAndNorm,
  EFFICIENTNET_LITE0,
  MOBILENET_V2,
  within,
} from './inverted_bottlenecks';
import {type ModuleName, type NameMap, nameMap} from './name_map';
import {r2plus1dModules} from './r2plus1d';
import {slowFastModules, slowOnlyModules} from './resnet3d';
import {x3dModules} from './x3d';

const classifier: ModuleName = {torch: 'classifier', ours: 'classifier', kind: 'dense'};

/** SlowFast. */
export function slowFast(): NameMap {
  return nameMap([...slowFastModules('get_feature.'), classifier]);
}

/** SlowOnly. */
export function slowOnly(): NameMap {
  return nameMap([...slowOnlyModules('get_feature.'), classifier]);
}

/** R(2+1)D. */
export function r2plus1d(): NameMap {
  return nameMap([...r2plus1dModules('get_feature.'), classifier]);
}

/** ir-CSN. */
export function csn(): NameMap {
  return nameMap([...csnModules('get_feature.'), classifier]);
}

/** X3D. */
export function x3d(): NameMap {
  return nameMap([...x3dModules('get_feature.'), {torch: 'fc1', ours: 'fc1', kind: 'dense'}, classifier]);
}

/**
 * timm's `mobilenetv2_100`. The kernels stay two-dimensional, for `inflate`.
 *
 * @param repeats blocks of each stage
 */
export function mobileNetV2(repeats: readonly number[] = MOBILENET_V2): NameMap {
  return nameMap(imageNetwork(repeats));
}

/**
 * timm's `tf_efficientnet_lite0`, which is our `efficientnet_lite0`, and `efficientnet_lite0`, which is our
 * `efficientnet_lite0_timm`: the names are the same, padding and constants are not. The kernels stay two-dimensional, for
 * `inflate`.
 *
 * @param repeats blocks of each stage
 */
export function efficientNetLite(repeats: readonly number[] = EFFICIENTNET_LITE0): NameMap {
  return nameMap(imageNetwork(repeats));
}

function imageNetwork(repeats: readonly number[]): ModuleName[] {
  return [
    ...convAndNorm(['conv_stem', 'bn1'], 'stem'),
    ...allBlocks(repeats, (stage, index) =>
      within(`blocks.${stage}.${index}`, stage === 0 ? PLAIN : EXPANDING),
    ),
    ...convAndNorm(['conv_head', 'bn2'], 'head'),
    classifier,
  ];
}

const EXPANDING: BlockPairs = [
  ['conv_pw', 'bn1'],
  ['conv_dw', 'bn2'],
  ['conv_pwl', 'bn3'],
];

const PLAIN: BlockPairs = [
  ['conv_dw', 'bn1'],
  ['conv_pw', 'bn2'],
];
