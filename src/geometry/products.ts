/**
 * A convolution, or its gradient by the input, as a product of rows and columns, and its tap rules as plain numbers: what programs
 * on a GPU are given. Rows are positions of the destination, columns its channels. Both are the same product; the gradient reads
 * the rules backward and the filter with its two sides exchanged.
 */
import {sizeOf, type Triple} from '../util/shapes';
import type {ConvInfo, ConvPart} from './conv_info';
import {tapCount} from './taps';

/** Which way a rule is read: from outputs to inputs, or from inputs to the outputs that read them. */
export type Direction = 'forward' | 'backward';

/** Columns of the destination that the same parts add up to. */
export interface Segment {
  /** The first channel of the destination. */
  readonly first: number;
  readonly groups: number;
  /** Channels of a group in the destination. */
  readonly columns: number;
  readonly terms: readonly Term[];
}

/** What a part adds to the columns of a group: for each tap, a run of channels of the source times a run of the filter. */
export interface Term {
  readonly part: ConvPart;
  /** The first channel of the source. */
  readonly source: number;
  /** Channels of a group in the source. */
  readonly depth: number;
}

export interface Product {
  readonly info: ConvInfo;
  readonly direction: Direction;
  readonly segments: readonly Segment[];
  readonly rows: number;
  readonly sourceChannels: number;
  readonly destinationChannels: number;
}

export function productOf(info: ConvInfo, direction: Direction): Product {
  const forward = direction === 'forward';
  const shape = forward ? info.outputShape : info.inputShape;
  const segments = new Map<string, Segment & {terms: Term[]}>();
  for (const part of info.parts) {
    const inputs = {first: part.inputChannel, perGroup: part.inputChannels / part.groups};
    const outputs = {first: part.outputChannel, perGroup: part.outputChannels / part.groups};
    const [source, destination] = forward ? [inputs, outputs] : [outputs, inputs];
    const {first, perGroup: columns} = destination;
    const name = `${first} ${part.groups} ${columns}`;
    const segment = segments.get(name) ?? {first, groups: part.groups, columns, terms: []};
    segment.terms.push({part, source: source.first, depth: source.perGroup});
    segments.set(name, segment);
  }
  return {
    info,
    direction,
    segments: [...segments.values()],
    rows: sizeOf(shape.slice(0, 4)),
    sourceChannels: (forward ? info.inputShape : info.outputShape)[4],
    destinationChannels: shape[4],
  };
}

/** How often a destination takes a product: taps times depth, of the deepest segment. */
export function longestSum({segments}: Product): number {
  const sums = segments.map(({terms}) =>
    terms.reduce((sum, {part, depth}) => sum + tapCount(part.rule) * depth, 0),
  );
  return Math.max(...sums);
}

/** Four whole numbers, of which uniforms are made. */
export type Quad = readonly [number, number, number, number];

/** Quads of a rule. */
export const RULE_QUADS = 7;

interface Axes {
  /** How a frame is read: as it is, or as a line in the order of rows or of columns. */
  order: 0 | 1 | 2;
  taps: Triple;
  strides: Triple;
  padding: Triple;
  dilations: Triple;
}

/** A rule as three axes; those of a line are time, nothing, the line. */
function axesOf({rule}: ConvPart): Axes {
  if (rule.kind === 'grid') return {order: 0, ...rule};
  return {
    order: rule.order === 'row-major' ? 1 : 2,
    taps: [1, 1, rule.taps],
    strides: [rule.timeStride, 1, rule.stride],
    padding: [0 - (rule.firstFrame ?? 0), 0, rule.padding],
    dilations: [1, 1, 1],
  };
}

/**
 * A rule as numbers, so that a program serves every kernel, stride, padding and dilation, frames read as lines too: a line is a
 * grid of one axis over the pixels of a frame in its order.
 *
 * Along an axis, tap k of row o reads `(o * scale + offset + k * step) / divisor` where that is whole and inside. Forward the
 * divisor is 1; backward, where a row is an input and reads the outputs that have read it, it is the stride.
 *
 * The quads: order, taps, first tap, height of the source; taps of the axes and its width; scale; offset; step; divisor; sizes of
 * the axes and positions of a clip.
 */
export function ruleQuads(info: ConvInfo, part: ConvPart, direction: Direction): Quad[] {
  const {order, taps, strides, padding, dilations} = axesOf(part);
  const [, time, height, width] = direction === 'forward' ? info.inputShape : info.outputShape;
  const size: Triple = order === 0 ? [time, height, width] : [time, 1, height * width];
  const ones: Triple = [1, 1, 1];
  const quad = ([t, h, w]: Triple, last = 0): Quad => [t, h, w, last];
  const negative = (triple: Triple) => triple.map((n) => 0 - n) as Triple;
  const [scale, offset, step, divisor] =
    direction === 'forward'
      ? [strides, negative(padding), dilations, ones]
      : [ones, padding, negative(dilations), strides];
  return [
    [order, tapCount(part.rule), part.firstTap, height],
    quad(taps, width),
    quad(scale),
    quad(offset),
    quad(step),
    quad(divisor),
    quad(size, time * height * width),
  ];
}
