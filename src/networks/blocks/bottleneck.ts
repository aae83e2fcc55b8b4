/**
 * The path of bottlenecks that SlowOnly is and SlowFast has twice: the ResNet of Feichtenhofer et al. (ICCV 2019) as
 * MMAction2 builds it. A block's first convolution is the one that sees time, and the one that STS replaces.
 */
import * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../../layers';
import {apply, convolveBn, filterInitializer, norm, poolStem, relu, type TorchNetworkConfig} from './torch';

/** How a path differs from others. */
export interface ResNetPath {
  /** Channels of the stem and inside the blocks of the first stage; each stage has twice the channels before it. */
  readonly channels: number;
  /** Taps in time of the stem. */
  readonly stemTaps: number;
  /** Per stage, taps in time of the first convolution of every block; stages with 3 are STS with `sts`. */
  readonly taps: readonly number[];
}

export interface ResNetConfig extends TorchNetworkConfig {
  /** Blocks of each stage. */
  readonly stages: readonly number[];
}

/** Output channels of a block per channel inside it. */
const EXPANSION = 4;
const EPSILON = 1e-5;

/** taps x 7 x 7 convolution with stride 2 in space, ReLU, max pooling with stride 2 in space. */
export function resNetStem(
  clip: tfl.SymbolicTensor,
  config: ResNetConfig,
  {channels, stemTaps}: ResNetPath,
  prefix = '',
): tfl.SymbolicTensor {
  const name = `${prefix}conv1`;
  const stem = {name, filters: channels, kernel: [stemTaps, 7, 7], stride: 2} as const;
  return poolStem(relu(convolveBn(clip, config, stem, EPSILON), `${name}_relu`), `${prefix}maxpool`);
}

/** The blocks of stage 0, 1, ...; its first halves height and width, but in stage 0. */
export function resNetStage(
  input: tfl.SymbolicTensor,
  config: ResNetConfig,
  {channels, taps}: ResNetPath,
  stage: number,
  prefix = '',
): tfl.SymbolicTensor {
  let x = input;
  for (let index = 0; index < config.stages[stage]!; index++) {
    x = bottleneck(x, config, `${prefix}layer${stage + 1}_${index}`, {
      channels: channels * 2 ** stage,
      taps: taps[stage]!,
      stride: stage > 0 && index === 0 ? 2 : 1,
      isFirst: index === 0,
    });
  }
  return x;
}

interface Block {
  /** Inside the block. */
  readonly channels: number;
  readonly taps: number;
  readonly stride: number;
  /** The first of a stage changes the number of channels, and so its shortcut has a convolution. */
  readonly isFirst: boolean;
}

/** taps x 1 x 1 -> 1 x 3 x 3 -> 1 x 1 x 1, plus the input. */
function bottleneck(
  input: tfl.SymbolicTensor,
  config: ResNetConfig,
  name: string,
  {channels, taps, stride, isFirst}: Block,
): tfl.SymbolicTensor {
  const filters = channels * EXPANSION;
  const temporal = relu(temporalBn(input, config, `${name}_conv1`, channels, taps), `${name}_conv1_relu`);
  const frame = {name: `${name}_conv2`, filters: channels, kernel: [1, 3, 3], stride} as const;
  const spatial = relu(convolveBn(temporal, config, frame, EPSILON), `${name}_conv2_relu`);
  const last = {name: `${name}_conv3`, filters, kernel: 1, gamma: 'zeros'} as const;
  const output = convolveBn(spatial, config, last, EPSILON);
  const shortcut = isFirst
    ? convolveBn(input, config, {name: `${name}_downsample`, filters, kernel: 1, stride}, EPSILON)
    : input;
  const sum = tfl.layers.add({name: `${name}_add`}).apply([output, shortcut]) as tfl.SymbolicTensor;
  return relu(sum, name);
}

/** STS has a meaning for more than one tap alone. */
function temporalBn(
  x: tfl.SymbolicTensor,
  config: ResNetConfig,
  name: string,
  filters: number,
  taps: number,
): tfl.SymbolicTensor {
  if (!config.sts || taps === 1) return convolveBn(x, config, {name, filters, kernel: [taps, 1, 1]}, EPSILON);
  const layer = sts.stsConv3d({
    filters,
    kernelSize: [taps, 1, 1],
    useBias: false,
    kernelInitializer: filterInitializer(config, taps * filters),
    name,
  });
  return norm(apply(layer, x), `${name}_bn`, EPSILON);
}
