/**
 * All shape, padding, channel-split and stride arithmetic of the convolutions, as pure numbers. Ops, layers and
 * kernels read a ConvInfo and never compute a shape themselves. Nothing here touches a tensor.
 *
 * A ConvInfo is a list of parts. A part says: these output channels are the sum over the taps of this rule of these
 * input channels times these filter positions. An ordinary convolution is one part; STS convolution is several, which
 * share one filter. Parts that name the same output channels add up.
 */
import {InvalidArgumentError} from '../util/errors';
import {checkOptions, optionNames} from '../util/names';
import {positiveTriple, type Shape5D, sizeOf, type Triple} from '../util/shapes';
import {type GridTaps, type LineTaps, type TapRule, tapCount} from './taps';

/** 'same' and 'valid' as TensorFlow defines them, one number for all sides, or `[before, after]` for time, height, width. */
export type Padding3D = 'same' | 'valid' | number | readonly (readonly [number, number])[];

/** How an odd number of channels is split into a static and a dynamic half: 'ceil' gives the static half one more. */
export type SplitRounding = 'ceil' | 'floor';

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

export interface ConvOptions {
  strides?: number | readonly number[];
  pad?: Padding3D;
  dilations?: number | readonly number[];
}

export interface GroupedConvOptions extends ConvOptions {
  groups?: number;
}

export interface StsConvOptions extends GroupedConvOptions {
  split?: SplitRounding;
}

const CONV_OPTIONS = optionNames<ConvOptions>({strides: true, pad: true, dilations: true});
const GROUPED_OPTIONS = [...CONV_OPTIONS, 'groups'];
const STS_OPTIONS = [...GROUPED_OPTIONS, 'split'];

/** A function that refuses: throws an InvalidArgumentError that begins with the op's name. */
type Refuse = (message: string) => never;

function refuseFor(op: string): Refuse {
  return (message) => {
    throw new InvalidArgumentError(`${op}: ${message}.`);
  };
}

/** Ordinary and grouped 3D convolution, filter `[kt, kh, kw, in / groups, out]`. */
export function conv3dInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  options: GroupedConvOptions = {},
): ConvInfo {
  checkOptions('conv3dInfo', options, GROUPED_OPTIONS);
  const refuse = refuseFor('conv3d');
  const [input, filter] = checkShapes(xShape, filterShape, refuse);
  const groups = checkGroups(input, filter, options.groups ?? 1, refuse);
  const grid = gridTaps(input, filter, options, refuse);
  return ordinaryInfo(input, filter, [sizeOf(filter.slice(0, 3)), filter[3], filter[4]], groups, grid);
}

/** Depthwise 3D convolution, filter `[kt, kh, kw, channels, multiplier]`; output channel `c * multiplier + m`. */
export function depthwiseConv3dInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  options: ConvOptions = {},
): ConvInfo {
  checkOptions('depthwiseConv3dInfo', options, CONV_OPTIONS);
  const refuse = refuseFor('depthwiseConv3d');
  const [input, filter] = checkShapes(xShape, filterShape, refuse);
  checkDepthwise(input, filter, refuse);
  const grid = gridTaps(input, filter, options, refuse);
  const view: ConvInfo['filterView'] = [sizeOf(filter.slice(0, 3)), 1, filter[3] * filter[4]];
  return ordinaryInfo(input, filter, view, input[4], grid);
}

/**
 * STS convolution of an ordinary filter `[kt, kh, kw, in / groups, out]`: the dense temporal form for kt x 1 x 1 with
 * one group, the depthwise form (section "depthwise" of `stsDepthwiseConv3dInfo`) for two groups and more.
 */
export function stsConv3dInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  options: StsConvOptions = {},
): ConvInfo {
  checkOptions('stsConv3dInfo', options, STS_OPTIONS);
  const refuse = refuseFor('stsConv3d');
  const [input, filter] = checkShapes(xShape, filterShape, refuse);
  const groups = checkGroups(input, filter, options.groups ?? 1, refuse);
  if (options.split !== undefined && options.split !== 'ceil' && options.split !== 'floor') {
    refuse(`split must be 'ceil' or 'floor'; got ${JSON.stringify(options.split)}`);
  }
  const view: ConvInfo['filterView'] = [sizeOf(filter.slice(0, 3)), filter[3], filter[4]];
  if (groups === 1) return temporalInfo(input, filter, view, options, refuse);
  if (filter[1] === 1 && filter[2] === 1) {
    refuse(
      `a temporal filter (${filter.slice(0, 3).join(' x ')}) must connect all channels; got groups ${groups}, needed 1`,
    );
  }
  if (options.split === 'floor')
    refuse("split 'floor' is the rounding of the temporal form; with groups leave it out");
  return separableInfo(input, filter, view, groups, options, refuse);
}

/** STS convolution of a depthwise filter `[kt, kh, kw, channels, multiplier]`, kt odd and at least 3, two channels or more. */
export function stsDepthwiseConv3dInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  options: ConvOptions = {},
): ConvInfo {
  checkOptions('stsDepthwiseConv3dInfo', options, CONV_OPTIONS);
  const refuse = refuseFor('stsDepthwiseConv3d');
  const [input, filter] = checkShapes(xShape, filterShape, refuse);
  checkDepthwise(input, filter, refuse);
  const view: ConvInfo['filterView'] = [sizeOf(filter.slice(0, 3)), 1, filter[3] * filter[4]];
  return separableInfo(input, filter, view, input[4], options, refuse);
}

function ordinaryInfo(
  input: Shape5D,
  filter: Shape5D,
  filterView: ConvInfo['filterView'],
  groups: number,
  grid: PaddedGrid,
): ConvInfo {
  const outputChannels = filterView[2];
  const part: ConvPart = {
    rule: grid.rule,
    firstTap: 0,
    inputChannel: 0,
    inputChannels: input[4],
    outputChannel: 0,
    outputChannels,
    groups,
  };
  return {
    inputShape: input,
    filterShape: filter,
    outputShape: [input[0], ...grid.output, outputChannels],
    filterView,
    parts: [part],
  };
}

/**
 * Dense temporal form (`[kt, 1, 1, in, out]`): a first quarter of the outputs reads the row-major line of its frame, a
 * second quarter the column-major line, the rest reads neighbours in time. Rounding: the authors' `STS_3dconv` takes
 * ceil(out / 2) static channels, their `Conv2plus1d_reshape` floor(out / 2); of these ceil(half) are row-major.
 */
function temporalInfo(
  input: Shape5D,
  filter: Shape5D,
  filterView: ConvInfo['filterView'],
  options: StsConvOptions,
  refuse: Refuse,
): ConvInfo {
  const [kt, kh, kw, , out] = filter;
  if (kh !== 1 || kw !== 1) {
    refuse(
      `an ungrouped filter must be temporal, [kt, 1, 1, in, out]; got ${kt} x ${kh} x ${kw}. ` +
        'Use stsDepthwiseConv3d, or groups of at least 2, for spatial filters',
    );
  }
  if (kt % 2 === 0) refuse(`kt must be odd so that the taps have a centre; got ${kt}`);
  const floor = options.split === 'floor';
  const least = floor ? 4 : 3;
  if (out < least) {
    refuse(
      `each of the three channel groups needs a channel, at least ${least} in all (split '${floor ? 'floor' : 'ceil'}'); got ${out}`,
    );
  }
  const grid = stsGrid(input, filter, options, refuse);
  if (grid.rule.strides[1] !== 1 || grid.rule.strides[2] !== 1) {
    refuse(
      `the temporal form keeps height and width; got spatial strides [${grid.rule.strides.slice(1).join(', ')}], needed [1, 1]. ` +
        "(The authors' code ignores them: pass 1 for its result)",
    );
  }
  const half = floor ? Math.floor(out / 2) : Math.ceil(out / 2);
  const quarter = Math.ceil(half / 2);
  const channels = {firstTap: 0, inputChannel: 0, inputChannels: input[4], groups: 1};
  const line: Omit<LineTaps, 'order'> = {
    kind: 'line',
    taps: kt,
    stride: 1,
    padding: (kt - 1) / 2,
    timeStride: grid.rule.strides[0],
  };
  return {
    inputShape: input,
    filterShape: filter,
    outputShape: [input[0], ...grid.output, out],
    filterView,
    parts: [
      {...channels, rule: {...line, order: 'row-major'}, outputChannel: 0, outputChannels: quarter},
      {
        ...channels,
        rule: {...line, order: 'column-major'},
        outputChannel: quarter,
        outputChannels: half - quarter,
      },
      {...channels, rule: grid.rule, outputChannel: half, outputChannels: out - half},
    ],
  };
}

/**
 * Depthwise (and grouped) form: the first half of the groups is static. There slice 1 of the filter is a 2D kernel on
 * the output's own frame, slice 0 runs along the row-major line, slice 2 along the column-major line, both with stride
 * `sh * sw`; slices beyond the third are not read (authors' `STS_3dconv`, also for kt = 5). The second half is the
 * ordinary 3D convolution. The authors need an even number of groups and sizes that the stride divides; here an odd
 * group is static, output sizes round up, and taps beyond the line read zeros.
 */
function separableInfo(
  input: Shape5D,
  filter: Shape5D,
  filterView: ConvInfo['filterView'],
  groups: number,
  options: ConvOptions,
  refuse: Refuse,
): ConvInfo {
  const [kt, kh, kw] = filter;
  if (kt < 3 || kt % 2 === 0)
    refuse(`kt must be odd and at least 3 (slices 0, 1, 2 are the row, frame and column kernels); got ${kt}`);
  if (kh % 2 === 0 || kw % 2 === 0)
    refuse(`the spatial kernel must be odd so that its taps have a centre; got ${kh} x ${kw}`);
  if (groups < 2) refuse(`at least 2 channel groups are needed, one static and one dynamic; got ${groups}`);
  const grid = stsGrid(input, filter, options, refuse);
  const {strides, padding} = grid.rule;
  const outputs = filterView[2];
  const staticGroups = Math.ceil(groups / 2);
  const inStatic = (input[4] / groups) * staticGroups;
  const outStatic = (outputs / groups) * staticGroups;
  const channels = {
    inputChannel: 0,
    inputChannels: inStatic,
    outputChannel: 0,
    outputChannels: outStatic,
    groups: staticGroups,
  };
  const plane = kh * kw;
  const frame: GridTaps = {...grid.rule, taps: [1, kh, kw], padding: [0, padding[1], padding[2]]};
  const line: Omit<LineTaps, 'order'> = {
    kind: 'line',
    taps: plane,
    stride: strides[1] * strides[2],
    padding: (plane - 1) / 2,
    timeStride: strides[0],
  };
  return {
    inputShape: input,
    filterShape: filter,
    outputShape: [input[0], ...grid.output, outputs],
    filterView,
    parts: [
      {...channels, rule: frame, firstTap: plane},
      {...channels, rule: {...line, order: 'row-major'}, firstTap: 0},
      {...channels, rule: {...line, order: 'column-major'}, firstTap: 2 * plane},
      {
        rule: grid.rule,
        firstTap: 0,
        inputChannel: inStatic,
        inputChannels: input[4] - inStatic,
        outputChannel: outStatic,
        outputChannels: outputs - outStatic,
        groups: groups - staticGroups,
      },
    ],
  };
}

interface PaddedGrid {
  rule: GridTaps;
  output: Triple;
}

/** The grid of an STS convolution: no dilation, and an output of ceil(input / stride) on every axis. */
function stsGrid(input: Shape5D, filter: Shape5D, options: ConvOptions, refuse: Refuse): PaddedGrid {
  const grid = gridTaps(input, filter, {...options, pad: options.pad ?? 'same'}, refuse);
  if (grid.rule.dilations.some((dilation) => dilation !== 1)) {
    refuse(
      `dilation has no meaning along a frame read as a line; got dilations [${grid.rule.dilations.join(', ')}], needed 1`,
    );
  }
  const needed = [1, 2, 3].map((axis) => Math.ceil(input[axis]! / grid.rule.strides[axis - 1]!));
  if (needed.some((length, axis) => length !== grid.output[axis])) {
    refuse(
      `the output must be ceil(input / stride), [${needed.join(', ')}], since a line has no border to give up; ` +
        `padding ${JSON.stringify(options.pad)} gives [${grid.output.join(', ')}]. Use 'same' or (k - 1) / 2 on every side`,
    );
  }
  return grid;
}

function gridTaps(input: Shape5D, filter: Shape5D, options: ConvOptions, refuse: Refuse): PaddedGrid {
  const strides = positiveTriple(options.strides ?? 1, 'strides', refuse);
  const dilations = positiveTriple(options.dilations ?? 1, 'dilations', refuse);
  const pad = options.pad ?? 'valid';
  checkPadding(pad, refuse);
  const axes = [0, 1, 2].map((axis) =>
    padAxis(pad, axis, input[axis + 1]!, filter[axis]!, strides[axis]!, dilations[axis]!),
  );
  const output = axes.map(({length}) => length) as Triple;
  if (output.some((length) => length < 1)) {
    refuse(
      `the filter ${filter.slice(0, 3).join(' x ')} (dilations ${dilations.join(', ')}) is larger than the padded input ` +
        `${input.slice(1, 4).join(' x ')} with padding ${JSON.stringify(pad)}; the output would be ${output.join(' x ')}`,
    );
  }
  const rule: GridTaps = {
    kind: 'grid',
    taps: [filter[0], filter[1], filter[2]],
    strides,
    dilations,
    padding: axes.map(({before}) => before) as Triple,
  };
  return {rule, output};
}

/**
 * One axis of TensorFlow's padding. 'same' never pads a negative amount: where the kernel is shorter than the stride
 * the first tap still reads position 0 (stock tfjs reads 1, 3, 5, ... there).
 */
function padAxis(
  pad: Padding3D,
  axis: number,
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): {before: number; length: number} {
  const reach = (kernel - 1) * dilation + 1;
  if (pad === 'same') {
    const length = Math.ceil(input / stride);
    return {before: Math.floor(Math.max(0, (length - 1) * stride + reach - input) / 2), length};
  }
  const [before, after] = pad === 'valid' ? [0, 0] : typeof pad === 'number' ? [pad, pad] : pad[axis]!;
  return {before, length: Math.floor((input + before + after - reach) / stride) + 1};
}

function checkPadding(pad: unknown, refuse: Refuse): void {
  if (pad === 'same' || pad === 'valid') return;
  const natural = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  if (natural(pad)) return;
  const pair = (value: unknown) => Array.isArray(value) && value.length === 2 && value.every(natural);
  if (Array.isArray(pad) && pad.length === 3 && pad.every(pair)) return;
  refuse(
    "pad must be 'same', 'valid', one number of zeros, or [[before, after], [before, after], [before, after]] for time, " +
      `height, width; got ${JSON.stringify(pad)}`,
  );
}

function checkShapes(
  xShape: readonly number[],
  filterShape: readonly number[],
  refuse: Refuse,
): [Shape5D, Shape5D] {
  if (xShape.length !== 5) {
    refuse(
      `x must have rank 5, [batch, time, height, width, channels] (or 4, without batch); got shape [${xShape.join(', ')}]`,
    );
  }
  if (filterShape.length !== 5) {
    refuse(`filter must have rank 5, [kt, kh, kw, in, out]; got shape [${filterShape.join(', ')}]`);
  }
  const whole = (shape: readonly number[]) => shape.every((n) => Number.isInteger(n) && n >= 0);
  if (!whole(xShape) || !whole(filterShape)) {
    refuse(
      `shapes must be whole numbers; got x [${xShape.join(', ')}] and filter [${filterShape.join(', ')}]`,
    );
  }
  if (xShape.slice(1).some((n) => n < 1) || filterShape.some((n) => n < 1)) {
    refuse(
      `only the batch may be empty; got x [${xShape.join(', ')}] and filter [${filterShape.join(', ')}]`,
    );
  }
  return [[...xShape] as Shape5D, [...filterShape] as Shape5D];
}

function checkGroups(input: Shape5D, filter: Shape5D, groups: number, refuse: Refuse): number {
  if (!Number.isInteger(groups) || groups < 1)
    refuse(`groups must be a whole number of at least 1; got ${groups}`);
  if (filter[3] * groups !== input[4]) {
    refuse(
      `the filter takes ${filter[3]} input channels a group and there are ${groups} groups, ${filter[3] * groups} channels in all; ` +
        `x has ${input[4]} (shape [${input.join(', ')}], filter [${filter.join(', ')}])`,
    );
  }
  if (filter[4] % groups !== 0)
    refuse(`the filter's ${filter[4]} output channels must divide evenly into ${groups} groups`);
  return groups;
}

function checkDepthwise(input: Shape5D, filter: Shape5D, refuse: Refuse): void {
  if (filter[3] === input[4]) return;
  refuse(
    `a depthwise filter is [kt, kh, kw, channels, multiplier] with the channels of x; x has ${input[4]} channels, ` +
      `the filter ${filter[3]} (x [${input.join(', ')}], filter [${filter.join(', ')}])`,
  );
}

/** Multiply-accumulates of one forward pass, the taps that fall outside counted too (as every FLOP counter does). */
export function convMacs(info: ConvInfo): number {
  const positions = sizeOf(info.outputShape.slice(0, 4));
  return info.parts.reduce(
    (sum, part) =>
      sum + positions * tapCount(part.rule) * part.outputChannels * (part.inputChannels / part.groups),
    0,
  );
}
