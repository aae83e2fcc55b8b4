/**
 * Parts with few channels, which the module computes band by band in planes (module/assembly/narrow): which these are,
 * how large a band is, its call.
 */
import type {ConvPart} from '../../../geometry/conv_info';
import {type GridTaps, tapCount} from '../../../geometry/taps';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {evenCuts, type Place, type Placing, placingOf} from './bands';
import {type Address, CallPlan, type Fields, FLOAT_BYTES, further, type RowPlan} from './call_plan';
import {type Describe, PANEL, readsAsTheyLie} from './part_call';
import {apart} from './winograd';

type NarrowCall = Fields<'NarrowCall'>;

/** With as many channels on both sides, a tap is long enough for the dense form. */
const LEAST_CHANNELS = 32;

/** Floats of the slots and sums of a band, which then stay in an L2 cache of 512 kB. */
const BAND_FLOATS = 96 * 1024;

/** Channels of a band, of several groups that are short: what a position holds of them is worth its cache line. */
const CHANNELS = 64;

/** Columns into which a line is not cut, however many channels it has. */
const LEAST_COLUMNS = 64;

/** Bands that there should be at least, if they have about so many lines: threads share them. */
const SHARES = 8;
const LEAST_LINES = 8;

/** Outputs of the longest tile: planes have room for so many more than there are. */
const TILE = 32;

/** Outputs of the tile that most sums are made in: a line that is summed by itself is rounded up to it. */
const COMMON_TILE = 8;

/** How a part is cut into bands. */
export interface NarrowBands {
  part: ConvPart;
  /** In all clips. */
  count: number;
  fields: Omit<NarrowCall, 'part' | 'slots' | 'sums' | keyof Placing | keyof typeof NO_BAND>;
}

/** What the module sets. */
const NO_BAND = {
  ...{clip: 0, frame: 0, line: 0, column: 0, group: 0},
  ...{lineCount: 0, columnCount: 0, groupCount: 0},
};

/**
 * The bands of a part, or undefined where it does not go in this form or would not gain.
 *
 * @param whole   what decides whether it gains, if `outputShape` is some frames of it
 * @param product whether it is the gradient with respect to the filter
 */
export function narrowOf(
  part: ConvPart,
  inputShape: Shape5D,
  outputShape: Shape5D,
  whole: Shape5D = outputShape,
  product = false,
): NarrowBands | undefined {
  const {rule} = part;
  if (rule.kind !== 'grid' || readsAsTheyLie(part) || !isNarrow(part)) return undefined;
  if (sizeOf(outputShape) === 0) return undefined;
  const bandsOf = (shape: Shape5D) => cutInBands(part, rule, inputShape[0], shape);
  return gains(part, rule, bandsOf(whole).fields, product) ? bandsOf(outputShape) : undefined;
}

function cutInBands(part: ConvPart, rule: GridTaps, batch: number, outputShape: Shape5D): NarrowBands {
  const [, time, height, width] = outputShape;
  const sets = Math.ceil(
    part.groups / Math.max(1, Math.floor((CHANNELS * part.groups) / part.inputChannels)),
  );
  const groups = Math.ceil(part.groups / sets);
  const times = classesOf(rule.strides[0], rule.dilations[0], time);
  const heights = classesOf(rule.strides[1], rule.dilations[1], height);
  const all = Math.ceil(height / heights.period);
  const shape = (lines: number, columns: number) =>
    bandShape(part, rule, groups, heights.step, lines, columns);
  const others = batch * times.period * heights.period * sets;
  let bands = Math.ceil(Math.max(1, Math.min(SHARES / others, evenCuts(all, LEAST_LINES))));
  while (bands < all && shape(Math.ceil(all / bands), width).floats > BAND_FLOATS) bands++;
  const lines = Math.ceil(all / bands);
  let pieces = 1;
  while (width / pieces > LEAST_COLUMNS && shape(lines, Math.ceil(width / pieces)).floats > BAND_FLOATS)
    pieces++;
  const columns = Math.ceil(width / pieces);
  const {floats: _, ...sizes} = shape(lines, columns);
  const fields = {
    ...{groups, lines, columns},
    ...{periodTime: times.period, periodHeight: heights.period},
    ...{stepTime: times.step, stepHeight: heights.step},
    ...sizes,
  };
  return {part, count: others * Math.ceil(all / lines) * Math.ceil(width / columns), fields};
}

/**
 * Outputs that a dilation keeps apart: those a period apart read inputs that lie `step` dilations apart, so that they are a
 * convolution without dilation.
 */
function classesOf(stride: number, dilation: number, outputs: number): {period: number; step: number} {
  const common = greatestDivisor(stride, dilation);
  return {period: Math.min(dilation / common, outputs), step: stride / common};
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** The planes of a band of `groups` groups, `lines` lines and `columns` columns; and all that it holds in floats. */
function bandShape(
  part: ConvPart,
  rule: GridTaps,
  groups: number,
  step: number,
  lines: number,
  columns: number,
) {
  const {taps, strides, dilations} = rule;
  const pitch = columns + Math.floor(((taps[2] - 1) * dilations[2]) / strides[2]);
  const phases = Math.min(step, taps[1]);
  const phaseLines = Math.ceil(((lines - 1) * step + taps[1]) / step);
  const joined = (lines - 1) * pitch + columns <= lines * roundUp(columns, COMMON_TILE);
  const sumsPitch = joined ? pitch : roundUp(columns, TILE);
  const planeBytes = apart(columnClasses(rule) * phases * phaseLines * pitch + TILE);
  const sumsBytes = apart(lines * sumsPitch + TILE);
  const inputs = (taps[0] * part.inputChannels) / part.groups;
  const outputs = part.outputChannels / part.groups;
  const floats = (groups * (inputs * planeBytes + outputs * sumsBytes)) / FLOAT_BYTES;
  return {pitch, sumsPitch, phases, phaseLines, planeBytes, sumsBytes, floats};
}

function roundUp(count: number, multiple: number): number {
  return Math.ceil(count / multiple) * multiple;
}

function isNarrow({groups, inputChannels, outputChannels}: ConvPart): boolean {
  return Math.min(inputChannels, outputChannels) < LEAST_CHANNELS * groups;
}

/**
 * Whether this form is faster than the dense one: the time of an output position and group in either, counted in products
 * of the dense form's tiles. Constants are from measurements in Node 20 and 22, without and with relaxed SIMD.
 */
function gains(part: ConvPart, rule: GridTaps, fields: NarrowBands['fields'], product: boolean): boolean {
  const [inputs, outputs] = [part.inputChannels / part.groups, part.outputChannels / part.groups];
  const products = tapCount(rule) * inputs;
  const {lines, columns, pitch, sumsPitch, phases, phaseLines, stepTime} = fields;
  const summed = sumsPitch === pitch ? (lines - 1) * pitch + columns : lines * roundUp(columns, COMMON_TILE);
  const copied = columnClasses(rule) * phases * phaseLines * pitch * Math.min(stepTime, rule.taps[0]);
  const [perRead, perCopy] = [32, 8];
  const narrow =
    (1.05 * products * outputs * summed + perCopy * inputs * copied + perRead * products) /
      (lines * columns) +
    perCopy * outputs;
  // Lines of taps, or taps, are copied together; tiles that are not full are copied to full ones.
  const [perPiece, perEdge] = [80, 400];
  const inLine = rule.dilations[2] === 1 && part.groups === 1;
  const pieces =
    inputs >= LEAST_CHANNELS || tapCount(rule) === 1 ? 0 : tapCount(rule) / (inLine ? rule.taps[2] : 1);
  // Of the gradient with respect to the filter what is copied together is copied again, into strips.
  const gathered = product && pieces > 0 ? 2 * perCopy * products : 0;
  const dense =
    products * roundUp(outputs, PANEL) + perPiece * pieces + gathered + (outputs < PANEL ? perEdge : 0);
  return narrow < dense;
}

/** Classes of columns that a plane holds. */
function columnClasses({taps, strides}: GridTaps): number {
  return taps[2] === 1 ? 1 : strides[2];
}

/** The rows that threads share are the bands. */
export function planNarrow(bands: NarrowBands, place: Place, steps: number, describe: Describe): RowPlan {
  const plan = new CallPlan();
  writeNarrow(plan, bands, place, describe);
  return plan.finish('convolveNarrow', {rows: bands.count, steps});
}

/**
 * The calls of a part in this form; where they stand.
 *
 * @param describe the part's own call, its `y` the position of the first place
 */
export function writeNarrow(
  plan: CallPlan,
  {part, fields}: NarrowBands,
  place: Place,
  describe: Describe,
): Address {
  const [inputs, outputs] = [part.inputChannels / part.groups, part.outputChannels / part.groups];
  const taps = (part.rule as GridTaps).taps[0];
  const [head, partAddress] = [plan.call('NarrowCall'), plan.call('PartCall')];
  const zeros = plan.zeros(part.outputChannels);
  const edge = plan.floats(PANEL);
  const pointers = plan.floats(tapCount(part.rule) * inputs);
  const call = describe({zeros, pointers, edge, gathered: 0});
  const {first, yClip, yFrame, yLine, yStep} = placingOf(place, call.yRowBytes);
  const placed = {...call, y: further(call.y, first), residual: further(call.residual, first)};
  plan.write(partAddress, 'PartCall', placed);
  plan.write(head, 'NarrowCall', {
    ...fields,
    ...{yClip, yFrame, yLine, yStep},
    ...NO_BAND,
    part: partAddress,
    sums: plan.reserve(fields.groups * outputs * fields.sumsBytes),
    slots: plan.reserve(taps * fields.groups * inputs * fields.planeBytes),
  });
  return head;
}
