/** What the module is told about one part of a convolution, as it follows from a ConvInfo: the fields of `PartCall`. */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {ACTIVATIONS, type Activation} from '../../../geometry/kernel_names';
import {isDepthwise, isRowMajor} from '../../../geometry/parts';
import {type TapRule, tapCount} from '../../../geometry/taps';
import {type Address, type Fields, FLOAT_BYTES} from './call_plan';

export type PartCall = Fields<'PartCall'>;

/** Where a part reads and writes. */
export type Operands = Pick<PartCall, 'x' | 'weights' | 'bias' | 'y' | 'residual'>;

/** Scratch of a part. */
export type PartScratch = Pick<PartCall, 'pointers' | 'zeros' | 'gathered' | 'edge'>;

/** The call of a part with the scratch that its form gives it. */
export type Describe = (scratch: PartScratch & {zeros: Address}) => PartCall;

/** Input columns that dense/product.ts copies at a time. */
export const STRIP_COLUMNS = 24;

/** Columns of a tile, into whose panels the weights are packed. */
export const PANEL = 8;

/** Floats of the largest tile, six rows. */
export const EDGE = 6 * PANEL;

/** Whether a part goes in the depthwise form: fewer outputs for each input than fill a tile of the dense one. */
export function readsAsTheyLie(part: ConvPart): boolean {
  return isDepthwise(part) && part.outputChannels < PANEL * part.groups;
}

/** What the module knows an activation by: its place in the list, or the bits of a slope, which are greater as a whole number. */
export function codeOf(activation: Activation): number {
  if (typeof activation === 'string') return ACTIVATIONS.indexOf(activation);
  // Of a slope below the normal floats nothing is left in a product, and its bits could be taken for a place.
  if (activation.leakyRelu < LEAST_NORMAL) return ACTIVATIONS.indexOf('relu');
  return new Int32Array(Float32Array.of(activation.leakyRelu).buffer)[0]!;
}

/** The least float32 that has all its digits. */
const LEAST_NORMAL = 2 ** -126;

/**
 * The call of part number `index`. The first part of some output channels starts their sums; the last one ends them
 * with the residual and the activation.
 */
export function partCall(
  info: ConvInfo,
  index: number,
  activation: number,
  operands: Operands,
  scratch: PartScratch,
): PartCall {
  const part = info.parts[index]!;
  const turns = info.parts.map(({outputChannel}) => outputChannel);
  const ends = turns.lastIndexOf(part.outputChannel) === index;
  return {
    ...sumsCall(info, part, turns.indexOf(part.outputChannel) === index, operands, scratch),
    residual: ends ? operands.residual : 0,
    activation: ends ? activation : 0,
  };
}

/** The call of a part that ends with its sums. `starts` is false if they are added to what is there. */
export function sumsCall(
  info: ConvInfo,
  part: ConvPart,
  starts: boolean,
  operands: Omit<Operands, 'residual'>,
  scratch: PartScratch,
): PartCall {
  const [, inputTime, inputHeight, inputWidth, inputChannels] = info.inputShape;
  const [, outputTime, outputHeight, outputWidth, outputChannels] = info.outputShape;
  const [, , filterColumns] = info.filterView;
  const rowChannels = info.place?.channels ?? outputChannels;
  return {
    ...operands,
    ...scratch,
    residual: 0,
    starts: starts ? 1 : 0,
    activation: 0,
    xRowBytes: inputChannels * FLOAT_BYTES,
    yRowBytes: rowChannels * FLOAT_BYTES,
    tapBytes: filterColumns * FLOAT_BYTES,
    groups: part.groups,
    inputs: part.inputChannels / part.groups,
    outputs: part.outputChannels / part.groups,
    taps: tapCount(part.rule),
    ...{inputTime, inputHeight, inputWidth, outputTime, outputHeight, outputWidth},
    ...ruleFields(part.rule),
    // A frame in rows, one after the other, is a grid of one line.
    ...(isRowMajor(part.rule) && {
      ...{inputHeight: 1, inputWidth: inputHeight * inputWidth},
      ...{outputHeight: 1, outputWidth: outputHeight * outputWidth},
    }),
  };
}

type RuleField = Extract<keyof PartCall, 'rule' | `${'taps' | 'stride' | 'dilation' | 'padding'}${string}`>;

function ruleFields(rule: TapRule): Pick<PartCall, Exclude<RuleField, 'taps'>> {
  if (rule.kind === 'grid') {
    const [tapsTime, tapsHeight, tapsWidth] = rule.taps;
    const [strideTime, strideHeight, strideWidth] = rule.strides;
    const [dilationTime, dilationHeight, dilationWidth] = rule.dilations;
    const [paddingTime, paddingHeight, paddingWidth] = rule.padding;
    return {
      rule: 0,
      ...{tapsTime, tapsHeight, tapsWidth, strideTime, strideHeight, strideWidth},
      ...{dilationTime, dilationHeight, dilationWidth, paddingTime, paddingHeight, paddingWidth},
    };
  }
  return {
    rule: isRowMajor(rule) ? 0 : 1,
    ...{tapsTime: 1, tapsHeight: 1, tapsWidth: rule.taps},
    ...{strideTime: rule.timeStride, strideHeight: 1, strideWidth: rule.stride},
    ...{dilationTime: 1, dilationHeight: 1, dilationWidth: 1},
    ...{paddingTime: 0, paddingHeight: 0, paddingWidth: rule.padding},
  };
}
