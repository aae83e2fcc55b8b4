/** The ConvInfo of spatial-temporal separable convolution: static parts along lines and frames, and a dynamic one. */
import {checkOptions} from '../util/names';
import {type Shape5D, sizeOf} from '../util/shapes';
import type {ConvInfo} from './conv_info';
import {
  CONV_OPTIONS,
  type ConvOptions,
  checkDepthwise,
  checkGroups,
  checkShapes,
  type Refuse,
  refuseFor,
  STS_OPTIONS,
  type StsConvOptions,
} from './conv_options';
import {gridTaps, type PaddedGrid} from './padded_grid';
import type {GridTaps, LineTaps} from './taps';

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
