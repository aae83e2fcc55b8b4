/** Stochastic depth (Huang et al., ECCV 2016) in the blocks of networks: where a block stands decides how often its branch is dropped. */
import type * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../../layers';

/**
 * How deep the block of this number is among `count`: 0 for the first, 1 for the last, in all families as in timm's ResNets (its EfficientNets
 * divide by `count`, so that the last block has a little less).
 */
export const depthOf = (index: number, count: number): number => index / Math.max(1, count - 1);

/** The branch of a block, which training drops with a chance that grows evenly from 0 in the first block to `dropPath` in the last. */
export function droppedBranch(
  branch: tfl.SymbolicTensor,
  dropPath: number,
  {name, depth}: {readonly name: string; readonly depth: number},
): tfl.SymbolicTensor {
  const rate = dropPath * depth;
  if (rate === 0) return branch;
  return sts.dropPath({rate, name: `${name}_drop_path`}).apply(branch) as tfl.SymbolicTensor;
}
