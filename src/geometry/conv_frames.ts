/**
 * Some frames of a convolution as a convolution of their own, for whoever computes a long one piece after piece: same taps,
 * same zeros at the ends, same form of the kernel, and so the same bits. Forward alone: gradients do not know of pieces.
 */
import type {ConvInfo} from './conv_info';
import type {TapRule} from './taps';

/** `count` frames from frame number `first` on. */
export interface FrameRange {
  readonly first: number;
  readonly count: number;
}

/** Output frames `output` of a convolution, computed from input frames `input`, among which all are that they read. */
export function framesInfo(info: ConvInfo, input: FrameRange, output: FrameRange): ConvInfo {
  const [batch, , ...frame] = info.inputShape;
  const [, , ...outputFrame] = info.outputShape;
  return {
    ...info,
    inputShape: [batch, input.count, ...frame],
    outputShape: [batch, output.count, ...outputFrame],
    parts: info.parts.map((part) => ({...part, rule: framesRule(part.rule, input.first, output.first)})),
    wholeShape: info.outputShape,
  };
}

function framesRule(rule: TapRule, input: number, output: number): TapRule {
  if (rule.kind === 'line') return {...rule, firstFrame: output * rule.timeStride - input};
  const [time, height, width] = rule.padding;
  return {...rule, padding: [time + input - output * rule.strides[0], height, width]};
}

/**
 * How many output frames belong together, so that a piece begins at a multiple of that: kernels may make two or four at once, a
 * dilation apart, of a filter of three taps along time alone (minimal filtering).
 */
export function framesTogether(info: ConvInfo): number {
  const together = info.parts.map(({rule}) => {
    const inTiles =
      rule.kind === 'grid' &&
      rule.taps[0] === 3 &&
      rule.taps[1] * rule.taps[2] === 1 &&
      rule.strides[0] === 1;
    return inTiles ? 4 * rule.dilations[0] : 1;
  });
  // All parts of a convolution have one dilation.
  return Math.max(...together);
}

/** Input frames that output frame number o reads: from `o * stride + first` to `o * stride + last`, zeros included. */
export function framesRead(info: ConvInfo): {stride: number; first: number; last: number} {
  const spans = info.parts.map(({rule}) => {
    if (rule.kind === 'line') return {stride: rule.timeStride, first: 0, last: 0};
    const first = 0 - rule.padding[0];
    return {stride: rule.strides[0], first, last: first + (rule.taps[0] - 1) * rule.dilations[0]};
  });
  return {
    stride: spans[0]!.stride,
    first: Math.min(...spans.map(({first}) => first)),
    last: Math.max(...spans.map(({last}) => last)),
  };
}
