/**
 * Depthwise parts that the module computes band by band (module/assembly/depthwise/bands.ts): which these are, how large a band
 * is, its call.
 */
import type {ConvPart} from '../../../geometry/conv_info';
import {isRowMajor} from '../../../geometry/parts';
import {type GridTaps, type LineTaps, type TapRule, tapCount} from '../../../geometry/taps';
import type {Shape5D, Triple} from '../../../util/shapes';
import {CallPlan, type Fields, FLOAT_BYTES, further, type RowPlan} from './call_plan';
import type {Describe, PartCall} from './part_call';

type BandCall = Fields<'BandCall'>;

/** Most channels of a band: more of a position, which lie side by side, would leave room for fewer lines. */
const CHANNELS = 64;

/** Floats of all slots of a band, which then stay in an L2 cache of 512 kB beside the sums. */
const SLOT_FLOATS = 96 * 1024;

/**
 * Bands that there should be at least where threads share them: cut along the lines if each has so many of them, since those
 * at their ends are copied for both neighbours, or of a line rule so many positions; then into fewer channels, but not into
 * so few that most of a cache line is read in vain.
 */
const SHARES = 8;
const LEAST_LINES = 8;
const LEAST_POSITIONS = 64;
const LEAST_CHANNELS = 24;

/** A plane is one vector for each position, of four channels. */
const VECTOR_BYTES = 4 * FLOAT_BYTES;

/** Outputs of a tile: sums have room for so many more than there are, and slots for what these read. */
const TILE = 8;

/** How a part is cut into bands. */
export interface Bands {
  part: ConvPart;
  /** In all clips. */
  count: number;
  fields: Omit<BandCall, 'part' | 'slots' | 'sums' | 'weights' | keyof Placing>;
}

/** Where outputs are put: over the positions of a tensor, a rule whose one tap "reads" the place of an output. */
export interface Place {
  shape: Shape5D;
  rule: TapRule;
}

/** Whether rows of a part are better read where they lie: taps in time alone have no borders, and share little. */
export function readsInPlace({rule, groups, outputChannels}: ConvPart): boolean {
  if (outputChannels !== groups) return true;
  return rule.kind === 'grid' ? rule.taps[1] * rule.taps[2] === 1 : isRowMajor(rule) && rule.stride > 2;
}

/**
 * The bands of a depthwise part with one output a channel.
 *
 * @param shared whether several threads compute them; one is the slower for every cut
 */
export function bandsOf(part: ConvPart, inputShape: Shape5D, outputShape: Shape5D, shared: boolean): Bands {
  const {rule, groups} = part;
  const shares = shared ? SHARES : 1;
  const [batch, , height, width] = outputShape;
  const cuts =
    rule.kind === 'grid' ? evenCuts(height, LEAST_LINES) : evenCuts(height * width, LEAST_POSITIONS);
  const wanted = Math.ceil(shares / (batch * cuts));
  const pieces = Math.max(
    Math.ceil(groups / CHANNELS),
    Math.min(wanted, Math.floor(groups / LEAST_CHANNELS)),
  );
  const channels = Math.ceil(groups / pieces / 4) * 4;
  const most = SLOT_FLOATS / channels;
  const least = Math.min(shares / (batch * pieces), cuts);
  const shape =
    rule.kind === 'grid'
      ? gridShape(rule, inputShape[3], outputShape, most, least)
      : lineShape(rule, outputShape, most, least);
  const {slot, sums, all, ...fields} = shape;
  return {
    part,
    count: batch * Math.ceil(all / fields.lines) * Math.ceil(groups / channels),
    fields: {...fields, channels, slotBytes: slot * VECTOR_BYTES, sumsBytes: sums * VECTOR_BYTES},
  };
}

/** Into how many pieces of about `least` a length may be cut: two threads share an even number. */
export function evenCuts(length: number, least: number): number {
  return length < 2 * least ? 1 : 2 * Math.round(length / (2 * least));
}

/** What does not depend on the channels. `all` output lines; `slot` and `sums` are positions of a plane. */
interface Shape extends Pick<BandCall, 'lines' | 'ring' | 'pitch' | 'phaseLines' | 'span'> {
  all: number;
  slot: number;
  sums: number;
}

/**
 * @param most positions that all slots together should not exceed
 * @param least bands that there should be, for threads to share
 */
function gridShape(
  rule: GridTaps,
  inputWidth: number,
  outputShape: Shape5D,
  most: number,
  least: number,
): Shape {
  const [, , outputHeight, outputWidth] = outputShape;
  const [tapsTime, tapsHeight, tapsWidth] = rule.taps;
  const [, strideHeight, strideWidth] = rule.strides;
  const [dilationTime, dilationHeight, dilationWidth] = rule.dilations;
  const ring = (tapsTime - 1) * dilationTime + 1;
  const reach = (tapsWidth - 1) * dilationWidth;
  const zeros = Math.max(0, rule.padding[2]);
  const skipped = zeros - rule.padding[2];
  // The zeros before a line are those after the line before it, too.
  const read = (outputWidth - 1) * strideWidth + reach + 1 - zeros;
  const width = Math.max(Math.min(inputWidth - skipped, read) + zeros, read);
  const neighbours = Math.max(outputWidth, Math.ceil(width / strideWidth));
  const pitch = neighbours * strideWidth;
  const halo = (tapsHeight - 1) * dilationHeight;
  const fitting = Math.floor((most / ring / pitch - halo - 1) / strideHeight) + 1;
  const bands = Math.ceil(Math.max(1, outputHeight / Math.max(1, fitting), least));
  const lines = Math.ceil(outputHeight / bands);
  const phaseLines = Math.ceil(((lines - 1) * strideHeight + halo + 1) / strideHeight);
  return {
    ...{lines, ring, pitch, phaseLines, all: outputHeight},
    span: spanOf(tapsWidth, strideWidth, dilationWidth),
    slot: phaseLines * strideHeight * pitch + TILE * strideWidth + reach,
    sums: lines * neighbours + TILE,
  };
}

function lineShape({taps, stride}: LineTaps, outputShape: Shape5D, most: number, least: number): Shape {
  const all = outputShape[2] * outputShape[3];
  const bands = Math.ceil(Math.max(1, all / Math.max(TILE, Math.floor((most - taps) / stride)), least));
  const lines = Math.ceil(all / bands);
  const pitch = (lines - 1) * stride + taps;
  return {
    ...{lines, ring: 1, pitch, phaseLines: 1, all},
    span: spanOf(taps, stride, 1),
    slot: pitch + TILE * stride,
    sums: lines + TILE,
  };
}

/** How many neighbouring taps a tile takes at once. */
function spanOf(taps: number, stride: number, dilation: number): number {
  if (dilation > 1) return 1;
  if (taps % 3 === 0 && stride <= 2) return 3;
  return taps % 5 === 0 && stride === 1 ? 5 : 1;
}

/**
 * The rows of a part are its bands.
 *
 * @param describe the part's own call, its `y` the position of the first place
 */
export function planBands(bands: Bands, place: Place, steps: number, describe: Describe): RowPlan {
  const {part, fields, count} = bands;
  const planes = fields.channels / 4;
  const taps = tapCount(part.rule);
  const plan = new CallPlan();
  const [head, partAddress] = [plan.call('BandCall'), plan.call('PartCall')];
  const zeros = plan.zeros(part.groups);
  const call = describe({zeros, pointers: plan.floats(taps), edge: 0, gathered: 0});
  const {first, ...placing} = placingOf(place, call.yRowBytes);
  const placed = {...call, y: further(call.y, first), residual: further(call.residual, first)};
  plan.write(partAddress, 'PartCall', lineAsColumns(part, placed));
  plan.write(head, 'BandCall', {
    ...fields,
    ...placing,
    part: partAddress,
    weights: plan.reserve(planes * (taps + 1) * VECTOR_BYTES),
    sums: plan.reserve(2 * planes * fields.sumsBytes),
    slots: plan.reserve(fields.ring * planes * fields.slotBytes),
  });
  return plan.finish('convolveBands', {rows: count, steps});
}

/** The call of either kind of line as that of a column-major one; a row-major line is one column. */
function lineAsColumns(part: ConvPart, call: PartCall): PartCall {
  if (part.rule.kind === 'grid' || call.rule === 1) return call;
  const {inputWidth, outputWidth} = call;
  return {
    ...call,
    rule: 1,
    inputHeight: inputWidth,
    inputWidth: 1,
    outputHeight: outputWidth,
    outputWidth: 1,
  };
}

export type Placing = Pick<
  BandCall,
  'yClip' | 'yFrame' | 'yLine' | 'yStep' | 'yHeight' | 'yWidth' | 'yFirst' | 'yApart'
>;

/** The place of outputs that are those of a tensor, in their order. */
export function inOrder({rule}: ConvPart, shape: Shape5D): Place {
  if (rule.kind === 'line') return {shape, rule: {...rule, taps: 1, stride: 1, padding: 0, timeStride: 1}};
  return {shape, rule: {...rule, taps: [1, 1, 1], strides: [1, 1, 1], padding: [0, 0, 0]}};
}

/** A place in bytes. `first` is that of the first output. */
export function placingOf({shape, rule}: Place, row: number): Placing & {first: number} {
  const [, time, height, width] = shape;
  const frame = height * width * row;
  const yClip = time * frame;
  if (rule.kind === 'grid') {
    const [st, sh, sw] = rule.strides;
    const [t, h, w] = rule.padding.map((zeros) => 0 - zeros) as Triple;
    return {
      ...{yClip, yFrame: st * frame, yLine: sh * width * row, yStep: sw * row},
      ...{yHeight: 0, yWidth: 0, yFirst: 0, yApart: 0},
      first: t * frame + (h * width + w) * row,
    };
  }
  const [yHeight, yWidth] = isRowMajor(rule) ? [height * width, 1] : [height, width];
  return {
    ...{yClip, yFrame: rule.timeStride * frame, yLine: 0, yStep: 0},
    ...{yHeight, yWidth, yFirst: 0 - rule.padding, yApart: rule.stride},
    first: 0,
  };
}
