/**
 * What a convolution is to kernels, as pure numbers: shapes and parts. Ops, layers and kernels read a ConvInfo and never
 * compute a shape themselves. They are made in ordinary_info.ts, sts_info.ts and transposed_info.ts.
 *
 * A ConvInfo is a list of parts. A part says: these output channels are the sum over the taps of this rule of these
 * input channels times these filter positions. An ordinary convolution is one part; STS convolution is several, which
 * share one filter. Parts that name the same output channels add up.
 */
import {type Shape5D, sizeOf} from '../util/shapes';
import {type TapRule, tapCount} from './taps';

export interface ConvPart {
  rule: TapRule;
  /** The first filter position, counted flat over `[kt, kh, kw]`; the rule's taps follow it. */
  firstTap: number;
  inputChannel: number;
  inputChannels: number;
  outputChannel: number;
  outputChannels: number;
  /** Channel groups inside the part; the channels of input and output are divided evenly among them, in order. */
  groups: number;
}

export interface ConvInfo {
  /** `[batch, time, height, width, channels]` */
  inputShape: Shape5D;
  /** As given: `[kt, kh, kw, in / groups, out]`, or `[kt, kh, kw, channels, multiplier]` for a depthwise filter. */
  filterShape: Shape5D;
  /** `[batch, time, height, width, channels]` */
  outputShape: Shape5D;
  /**
   * The filter as the kernels see it: `[taps, inputs, outputs]`, row-major. A depthwise filter has the same memory
   * order as a grouped one with one input and `multiplier` outputs a group, so that one view serves both.
   */
  filterView: [taps: number, inputs: number, outputs: number];
  parts: ConvPart[];
  /**
   * Of some frames of a longer convolution (conv_frames.ts) the output shape of all of it. Kernels choose their form by
   * this one, so that a frame has the same bits however the convolution is cut.
   */
  wholeShape?: Shape5D;
  /** Where the outputs lie in the rows of a wider tensor, which several convolutions write; such an info is for recordings alone. */
  place?: {
    /** Of the wider tensor. */
    readonly channels: number;
    readonly first: number;
  };
}

/** Some channels of a wider tensor. */
export type RowPlace = NonNullable<ConvInfo['place']>;

/** Multiply-accumulates of one forward pass, the taps that fall outside counted too (as every FLOP counter does). */
export function convMacs(info: ConvInfo): number {
  const positions = sizeOf(info.outputShape.slice(0, 4));
  return info.parts.reduce(
    (sum, part) =>
      sum + positions * tapCount(part.rule) * part.outputChannels * (part.inputChannels / part.groups),
    0,
  );
}
