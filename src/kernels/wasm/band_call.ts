/**
 * Depthwise parts that the module computes band by band (module/assembly/bands.ts): which these are, how large a band
 * is, what is written into its call.
 */
import type {ConvPart} from '../../ops/conv_info';
import {type GridTaps, type LineTaps, tapCount} from '../../ops/taps';
import type {Shape5D} from '../../util/shapes';
import {
  type Addresses,
  FLOAT_BYTES,
  PART_CALL_FIELDS,
  type PartCall,
  writeFields,
  writePartCall,
} from './part_call';

/** The fields of the module's class `BandCall`. */
export const BAND_CALL_FIELDS = [
  ...(['part', 'slots', 'sums', 'weights', 'channels', 'lines'] as const),
  ...(['ring', 'pitch', 'phaseLines', 'slotBytes', 'sumsBytes', 'span'] as const),
] as const;

type BandCall = Record<(typeof BAND_CALL_FIELDS)[number], number>;

/** Channels of a band where there are more: whole cache lines of each position, and bands for threads to share. */
const CHANNELS = 64;

/** Floats of all slots of a band, which then stay in an L2 cache of 512 kB beside the sums. */
const SLOT_FLOATS = 96 * 1024;

/** A plane is one vector for each position, of four channels. */
const VECTOR_BYTES = 4 * FLOAT_BYTES;

/** Outputs of a tile: sums have room for so many more than there are, and slots for what these read. */
const TILE = 8;

/** How a part is cut into bands. */
export interface Bands {
  part: ConvPart;
  /** In all clips. */
  count: number;
  fields: Omit<BandCall, 'part' | 'slots' | 'sums' | 'weights'>;
}

/**
 * The bands of a part, or undefined for one that has none: several outputs a channel, or taps in time alone, which read
 * everything in place and have no borders.
 */
export function bandsOf(part: ConvPart, inputShape: Shape5D, outputShape: Shape5D): Bands | undefined {
  const {rule, groups} = part;
  if (part.outputChannels !== groups) return undefined;
  if (rule.kind === 'grid' && rule.taps[1] * rule.taps[2] === 1) return undefined;
  const channels = Math.min(CHANNELS, Math.ceil(groups / 4) * 4);
  const most = SLOT_FLOATS / channels;
  const shape =
    rule.kind === 'grid'
      ? gridShape(rule, inputShape[3], outputShape, most)
      : lineShape(rule, outputShape, most);
  const {slot, sums, all, ...fields} = shape;
  return {
    part,
    count: inputShape[0] * Math.ceil(all / fields.lines) * Math.ceil(groups / channels),
    fields: {...fields, channels, slotBytes: slot * VECTOR_BYTES, sumsBytes: sums * VECTOR_BYTES},
  };
}

/** What does not depend on the channels. `all` output lines; `slot` and `sums` are positions of a plane. */
interface Shape extends Pick<BandCall, 'lines' | 'ring' | 'pitch' | 'phaseLines' | 'span'> {
  all: number;
  slot: number;
  sums: number;
}

/** @param most positions that all slots together should not exceed */
function gridShape(rule: GridTaps, inputWidth: number, outputShape: Shape5D, most: number): Shape {
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
  const bands = Math.max(1, Math.ceil(outputHeight / Math.max(1, fitting)));
  const lines = Math.ceil(outputHeight / bands);
  const phaseLines = Math.ceil(((lines - 1) * strideHeight + halo + 1) / strideHeight);
  return {
    ...{lines, ring, pitch, phaseLines, all: outputHeight},
    span: spanOf(tapsWidth, strideWidth, dilationWidth),
    slot: phaseLines * strideHeight * pitch + TILE * strideWidth + reach,
    sums: lines * neighbours + TILE,
  };
}

function lineShape({taps, stride}: LineTaps, outputShape: Shape5D, most: number): Shape {
  const all = outputShape[2] * outputShape[3];
  const bands = Math.max(1, Math.ceil(all / Math.max(TILE, Math.floor((most - taps) / stride))));
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

/** Scratch of a part: offsets in bytes from its start, where the BandCall stands, and its size. */
function layoutOf({part, fields}: Bands) {
  const planes = fields.channels / 4;
  const taps = tapCount(part.rule);
  let bytes = 0;
  const take = (size: number) => {
    const at = bytes;
    bytes += Math.ceil(size / VECTOR_BYTES) * VECTOR_BYTES;
    return at;
  };
  take(BAND_CALL_FIELDS.length * FLOAT_BYTES);
  return {
    part: take(PART_CALL_FIELDS.length * FLOAT_BYTES),
    zeros: take(part.groups * FLOAT_BYTES),
    pointers: take(taps * FLOAT_BYTES),
    weights: take(planes * (taps + 1) * VECTOR_BYTES),
    sums: take(2 * planes * fields.sumsBytes),
    slots: take(fields.ring * planes * fields.slotBytes),
    bytes,
  };
}

export function bandScratch(bands: Bands): number {
  return layoutOf(bands).bytes;
}

/**
 * Writes the calls of a part to `at`, the start of its scratch.
 *
 * @param describe the part's own call
 */
export function writeBandCall(
  memory: WebAssembly.Memory,
  at: number,
  bands: Bands,
  describe: (rooms: Pick<Addresses, 'zeros' | 'pointers' | 'edge' | 'gathered'>) => PartCall,
): void {
  const {part, fields} = bands;
  const layout = layoutOf(bands);
  const zeros = at + layout.zeros;
  new Float32Array(memory.buffer, zeros, part.groups).fill(0);
  const call = describe({zeros, pointers: at + layout.pointers, edge: 0, gathered: 0});
  writePartCall(memory, at + layout.part, lineAsColumns(part, call));
  writeFields(memory, at, BAND_CALL_FIELDS, {
    ...fields,
    part: at + layout.part,
    slots: at + layout.slots,
    sums: at + layout.sums,
    weights: at + layout.weights,
  });
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
