/**
 * What the module is told about one part of a convolution: the fields of `PartCall` in module/assembly/layout.ts, in
 * their order, and how they follow from a ConvInfo. Addresses are the caller's business.
 */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {ACTIVATIONS, type Activation} from '../../../geometry/kernel_names';
import {type TapRule, tapCount} from '../../../geometry/taps';

/** In the order of the module's class; test/kernels/wasm/module.test.ts compares. */
export const PART_CALL_FIELDS = [
  ...(['x', 'weights', 'bias', 'y', 'pointers', 'zeros', 'gathered', 'edge', 'residual'] as const),
  ...(['starts', 'activation'] as const),
  ...(['xRowBytes', 'yRowBytes', 'tapBytes', 'groups', 'inputs', 'outputs', 'taps'] as const),
  ...(['inputTime', 'inputHeight', 'inputWidth', 'outputTime', 'outputHeight', 'outputWidth'] as const),
  ...(['rule', 'tapsTime', 'tapsHeight', 'tapsWidth', 'strideTime', 'strideHeight', 'strideWidth'] as const),
  ...(['dilationTime', 'dilationHeight', 'dilationWidth'] as const),
  ...(['paddingTime', 'paddingHeight', 'paddingWidth'] as const),
] as const;

export type PartCall = Record<(typeof PART_CALL_FIELDS)[number], number>;

export type Addresses = Pick<
  PartCall,
  'x' | 'weights' | 'bias' | 'y' | 'pointers' | 'zeros' | 'gathered' | 'edge' | 'residual'
>;

/** Addresses of a part's scratch. */
export type Rooms = Pick<PartCall, 'pointers' | 'zeros' | 'gathered' | 'edge'>;

export const FLOAT_BYTES = 4;

/** Input columns that product.ts copies at a time. */
export const STRIP_COLUMNS = 16;

/** Columns of a tile, into whose panels the weights are packed. */
export const PANEL = 8;

/** One input channel a group, of several groups, and fewer outputs than fill a tile of the dense form. */
export function isDepthwise(part: ConvPart): boolean {
  return part.groups === part.inputChannels && part.groups > 1 && part.outputChannels < 8 * part.groups;
}

/** What the module knows an activation by: its place in the list, or the bits of a slope, which are greater as a whole number. */
function codeOf(activation: Activation): number {
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
  activation: Activation,
  addresses: Addresses,
): PartCall {
  const part = info.parts[index]!;
  const turns = info.parts.map(({outputChannel}) => outputChannel);
  const ends = turns.lastIndexOf(part.outputChannel) === index;
  return {
    ...sumsCall(info, part, turns.indexOf(part.outputChannel) === index, addresses),
    residual: ends ? addresses.residual : 0,
    activation: ends ? codeOf(activation) : 0,
  };
}

/** The call of a part that ends with its sums. `starts` is false if they are added to what is there. */
export function sumsCall(
  info: ConvInfo,
  part: ConvPart,
  starts: boolean,
  addresses: Omit<Addresses, 'residual'>,
): PartCall {
  const [, inputTime, inputHeight, inputWidth, inputChannels] = info.inputShape;
  const [, outputTime, outputHeight, outputWidth, outputChannels] = info.outputShape;
  const [, , filterColumns] = info.filterView;
  return {
    ...addresses,
    residual: 0,
    starts: starts ? 1 : 0,
    activation: 0,
    xRowBytes: inputChannels * FLOAT_BYTES,
    yRowBytes: outputChannels * FLOAT_BYTES,
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

export function isRowMajor(rule: TapRule): boolean {
  return rule.kind === 'line' && rule.order === 'row-major';
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

/** Writes a call where the module will read it. */
export function writePartCall(memory: WebAssembly.Memory, address: number, call: PartCall): void {
  writeFields(memory, address, PART_CALL_FIELDS, call);
}

/** The fields of the module's class `ScatterCall`. */
export const SCATTER_CALL_FIELDS = ['part', 'place', 'sums'] as const;
/** The fields of the module's class `ProductCall`. */
export const PRODUCT_CALL_FIELDS = ['part', 'panels', 'strips', 'rows'] as const;

/** Writes the fields of any of the module's classes, in the order in which it reads them. */
export function writeFields<Field extends string>(
  memory: WebAssembly.Memory,
  address: number,
  fields: readonly Field[],
  values: Record<Field, number>,
): void {
  const view = new Int32Array(memory.buffer, address, fields.length);
  fields.forEach((field, i) => {
    view[i] = values[field];
  });
}
