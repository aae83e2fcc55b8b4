/**
 * What residual networks share whatever their blocks are made of: stages of blocks, the shortcut, and the depthwise
 * convolution inside a block that STS replaces. Layers are named `layer<stage>_<block>...` after the authors' modules.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../../layers';
import {depthOf, droppedBranch} from './drop_path';
import {apply, convolveBn, filterInitializer, norm, relu, type TorchNetworkConfig} from './torch';

/**
 * With what the authors train the image forms of SlowOnly, R(2+1)D and ir-CSN: `--drop-path 0.05`, no dropout. Theirs drops what goes
 * into the projected shortcuts of four blocks instead of the branches, since it comes when the branch has been computed
 * (`timm/models/video_models/resnet3d.py`); this is what timm means by it. The others are trained without.
 */
export const IMAGE_TRAINING = {dropout: 0, dropPath: 0.05} as const;

/** Where a block stands. */
export interface BlockPlace {
  /** `layer1_0`, ... */
  readonly name: string;
  /** 0, 1, ... of the network, and of the stage. */
  readonly stage: number;
  readonly index: number;
  /** How deep in the network: 0 for its first block, 1 for its last. */
  readonly depth: number;
}

/**
 * The blocks of a stage, one behind the other.
 *
 * @param counts the blocks of each stage of the network
 */
export function residualStage(
  input: tfl.SymbolicTensor,
  counts: readonly number[],
  stage: number,
  block: (x: tfl.SymbolicTensor, place: BlockPlace) => tfl.SymbolicTensor,
  prefix = '',
): tfl.SymbolicTensor {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, count) => total + count, 0);
  const [before, all] = [sum(counts.slice(0, stage)), sum(counts)];
  const indices = Array.from({length: counts[stage]!}, (_, index) => index);
  return indices.reduce((x, index) => {
    const depth = depthOf(before + index, all);
    return block(x, {name: `${prefix}layer${stage + 1}_${index}`, stage, index, depth});
  }, input);
}

/** 2 for the first block of every stage but the first: there ResNets halve height and width. */
export function strideOfBlock({stage, index}: BlockPlace): number {
  return stage > 0 && index === 0 ? 2 : 1;
}

/**
 * `relu(output + input)`, where `project` is given with what it makes, under the shortcut's name, in place of the input. Training drops
 * the branch with a chance that grows evenly from 0 in the first block to `dropPath` in the last (Huang et al., ECCV 2016).
 */
export function addShortcut(
  output: tfl.SymbolicTensor,
  input: tfl.SymbolicTensor,
  {dropPath}: TorchNetworkConfig,
  place: BlockPlace,
  project?: (name: string) => tfl.SymbolicTensor,
): tfl.SymbolicTensor {
  const {name} = place;
  const branch = droppedBranch(output, dropPath, place);
  const shortcut = project === undefined ? input : project(`${name}_downsample`);
  const sum = tfl.layers.add({name: `${name}_add`}).apply([branch, shortcut]) as tfl.SymbolicTensor;
  return relu(sum, name);
}

/** For a block that has a stride or other channels than its input, a 1 x 1 x 1 convolution and its batch normalization. */
export function projection(
  input: tfl.SymbolicTensor,
  config: TorchNetworkConfig,
  {filters, stride, epsilon}: {filters: number; stride: number; epsilon: number},
): ((name: string) => tfl.SymbolicTensor) | undefined {
  if (stride === 1 && input.shape[4] === filters) return undefined;
  return (name) => convolveBn(input, config, {name, filters, kernel: 1, stride}, epsilon);
}

/** A depthwise 3 x 3 x 3 convolution, STS with `sts`, and its batch normalization. */
export function depthwiseBn(
  x: tfl.SymbolicTensor,
  config: TorchNetworkConfig,
  {name, stride, epsilon}: {name: string; stride: number; epsilon: number},
): tfl.SymbolicTensor {
  const layer = (config.sts ? sts.stsDepthwiseConv3d : sts.depthwiseConv3d)({
    kernelSize: 3,
    strides: [1, stride, stride],
    padding: 1,
    useBias: false,
    depthwiseInitializer: filterInitializer(config, name, 27),
    name,
  });
  return norm(apply(layer, x), `${name}_bn`, epsilon);
}
