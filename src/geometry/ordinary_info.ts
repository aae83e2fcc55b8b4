/** The ConvInfo of ordinary, grouped and depthwise 3D convolution: one part. */
import {checkOptions} from '../util/names';
import {type Shape5D, sizeOf} from '../util/shapes';
import type {ConvInfo, ConvPart} from './conv_info';
import {
  CONV_OPTIONS,
  type ConvOptions,
  checkDepthwise,
  checkGroups,
  checkShapes,
  GROUPED_OPTIONS,
  type GroupedConvOptions,
  refuseFor,
} from './conv_options';
import {gridTaps, type PaddedGrid} from './padded_grid';

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
