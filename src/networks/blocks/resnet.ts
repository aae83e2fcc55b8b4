/**
 * The path of residual blocks that SlowOnly is and SlowFast has twice: the ResNet of Feichtenhofer et al. (ICCV 2019) as
 * MMAction2 builds it. Of a bottleneck the first convolution is the one that sees time, and the one that STS replaces; of
 * a basic block both convolutions see time, and STS has no form for them.
 */
import type * as tfl from '@tensorflow/tfjs-layers';
import {layers as sts} from '../../layers';
import {InvalidArgumentError} from '../../util/errors';
import {addShortcut, type BlockPlace, projection, residualStage, strideOfBlock} from './residual';
import {apply, convolveBn, filterInitializer, norm, poolStem, relu, type TorchNetworkConfig} from './torch';

/** How a path differs from others. */
export interface ResNetPath {
  /** Channels of the stem and inside the blocks of the first stage; each stage has twice the channels before it. */
  readonly channels: number;
  /** Taps in time of the stem. */
  readonly stemTaps: number;
  /** Per stage, taps in time of the first convolution of every block; stages with 3 are STS with `sts`. */
  readonly taps: readonly number[];
  /** 'bottleneck' (default) as in ResNet-50, 'basic' as in ResNet-34, where both convolutions have the taps. */
  readonly block?: 'bottleneck' | 'basic';
}

export interface ResNetConfig extends TorchNetworkConfig {
  /** Blocks of each stage. */
  readonly stages: readonly number[];
}

/** Output channels of a bottleneck per channel inside it. */
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
  {channels, taps, block = 'bottleneck'}: ResNetPath,
  stage: number,
  prefix = '',
): tfl.SymbolicTensor {
  const blockOf = block === 'basic' ? basicBlock : bottleneck;
  const size = {channels: channels * 2 ** stage, taps: taps[stage]!};
  return residualStage(
    input,
    config.stages,
    stage,
    (x, place) => blockOf(x, config, place, {...size, stride: strideOfBlock(place)}),
    prefix,
  );
}

/** Checks what a user can ask of a path. */
export function checkResNetPath(
  {name, sts: isSts}: ResNetConfig & {readonly name: string},
  {block = 'bottleneck', taps}: ResNetPath,
): void {
  if (block !== 'bottleneck' && block !== 'basic') {
    throw new InvalidArgumentError(
      `${name}: block must be one of bottleneck, basic; got ${JSON.stringify(block)}.`,
    );
  }
  if (isSts && block === 'basic' && taps.some((count) => count > 1)) {
    throw new InvalidArgumentError(
      `${name}: sts has no form for the ${Math.max(...taps)} x 3 x 3 convolutions of basic blocks; use bottlenecks, or ` +
        'networks of the family r2plus1d.',
    );
  }
}

interface Block {
  /** Inside the block. */
  readonly channels: number;
  readonly taps: number;
  readonly stride: number;
}

/** taps x 1 x 1 -> 1 x 3 x 3 -> 1 x 1 x 1, plus the input. */
function bottleneck(
  input: tfl.SymbolicTensor,
  config: ResNetConfig,
  place: BlockPlace,
  {channels, taps, stride}: Block,
): tfl.SymbolicTensor {
  const {name} = place;
  const filters = channels * EXPANSION;
  const temporal = relu(temporalBn(input, config, `${name}_conv1`, channels, taps), `${name}_conv1_relu`);
  const frame = {name: `${name}_conv2`, filters: channels, kernel: [1, 3, 3], stride} as const;
  const spatial = relu(convolveBn(temporal, config, frame, EPSILON), `${name}_conv2_relu`);
  const last = {name: `${name}_conv3`, filters, kernel: 1, gamma: 'zeros'} as const;
  const output = convolveBn(spatial, config, last, EPSILON);
  const project = projection(input, config, {filters, stride, epsilon: EPSILON});
  return addShortcut(output, input, config, place, project);
}

/** taps x 3 x 3 -> taps x 3 x 3, plus the input. */
function basicBlock(
  input: tfl.SymbolicTensor,
  config: ResNetConfig,
  place: BlockPlace,
  {channels: filters, taps, stride}: Block,
): tfl.SymbolicTensor {
  const {name} = place;
  const kernel = [taps, 3, 3] as const;
  const first = convolveBn(input, config, {name: `${name}_conv1`, filters, kernel, stride}, EPSILON);
  const last = {name: `${name}_conv2`, filters, kernel, gamma: 'zeros'} as const;
  const output = convolveBn(relu(first, `${name}_conv1_relu`), config, last, EPSILON);
  const project = projection(input, config, {filters, stride, epsilon: EPSILON});
  return addShortcut(output, input, config, place, project);
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
    kernelInitializer: filterInitializer(config, name, taps * filters),
    name,
  });
  return norm(apply(layer, x), `${name}_bn`, EPSILON);
}
